/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-dispatch-table.h"

#include <string.h>

#include "service/bgc-job-properties.h"

struct _BgcDispatchTable {
  GHashTable *rows; /* (owned) member → BgcCallRow, both borrowed */
};

BgcDispatchTable *
bgc_dispatch_table_new (const BgcCallRow *rows, guint n_rows)
{
  BgcDispatchTable *self = g_new0 (BgcDispatchTable, 1);

  self->rows = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < n_rows; i++)
    g_hash_table_insert (self->rows, (gpointer) rows[i].member, (gpointer) &rows[i]);
  return self;
}

void
bgc_dispatch_table_free (BgcDispatchTable *self)
{
  g_hash_table_unref (self->rows);
  g_free (self);
}

const BgcCallRow *
bgc_dispatch_table_find (BgcDispatchTable *self, const char *interface, const char *member)
{
  const BgcCallRow *row = g_hash_table_lookup (self->rows, member);

  return row != NULL && strcmp (row->interface, interface) == 0 ? row : NULL;
}

static gboolean
disagree (const char *interface, const char *member, const char *why, GError **error)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "%s.%s: %s", interface, member, why);
  return FALSE;
}

static guint
count_rows (const BgcCallRow *rows, guint n_rows, const char *interface, const char *member)
{
  guint n_found = 0;

  for (guint i = 0; i < n_rows; i++)
    {
      if (strcmp (rows[i].interface, interface) == 0 && strcmp (rows[i].member, member) == 0)
        n_found++;
    }
  return n_found;
}

gboolean
bgc_dispatch_table_check_methods (const BgcCallRow *rows, guint n_rows, const GDBusInterfaceInfo *interface,
                                  GError **error)
{
  for (guint i = 0; interface->methods != NULL && interface->methods[i] != NULL; i++)
    {
      if (count_rows (rows, n_rows, interface->name, interface->methods[i]->name) != 1)
        return disagree (interface->name, interface->methods[i]->name, "not exactly one row", error);
    }
  for (guint i = 0; i < n_rows; i++)
    {
      if (strcmp (rows[i].interface, interface->name) != 0)
        continue;
      if (g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) interface, rows[i].member) == NULL)
        return disagree (interface->name, rows[i].member, "a row without a method", error);
      if (rows[i].rule == BGC_RULE_NOBODY || rows[i].function == NULL)
        return disagree (interface->name, rows[i].member, "a row without rule or function", error);
    }
  return TRUE;
}

gboolean
bgc_dispatch_table_check_properties (const GDBusInterfaceInfo *interface, GError **error)
{
  guint n_published = 0;

  for (; interface->properties != NULL && interface->properties[n_published] != NULL; n_published++)
    {
      const GDBusPropertyInfo *info = interface->properties[n_published];
      const BgcJobProperty *property = bgc_job_properties_find (info->name);

      if (property == NULL)
        return disagree (interface->name, info->name, "a property without a row", error);
      if (strcmp (property->signature, info->signature) != 0)
        return disagree (interface->name, info->name, "another type", error);
      if ((property->set != NULL) != ((info->flags & G_DBUS_PROPERTY_INFO_FLAGS_WRITABLE) != 0))
        return disagree (interface->name, info->name, "another access", error);
    }
  if (n_published != BGC_JOB_PROPERTIES_COUNT)
    return disagree (interface->name, "*", "a row without a property", error);
  return TRUE;
}
