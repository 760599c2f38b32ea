/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-view.h"

#include <glib/gi18n.h>

#include "base/bgc-enums.h"
#include "base/bgc-limits.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-job-argument.h"

struct _BgcJobView
{
  char *path;        /* (owned) */
  GTree *properties; /* (owned) name → GVariant, sorted so that output is stable */
};

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  return g_strcmp0 (a, b);
}

BgcJobView *
bgc_job_view_new (const char *path)
{
  BgcJobView *self = g_new0 (BgcJobView, 1);

  self->path = g_strdup (path);
  self->properties = g_tree_new_full (compare_names, NULL, g_free, (GDestroyNotify) g_variant_unref);
  return self;
}

void
bgc_job_view_free (BgcJobView *self)
{
  g_tree_unref (self->properties);
  g_free (self->path);
  g_free (self);
}

void
bgc_job_view_update (BgcJobView *self, GVariant *properties)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_tree_replace (self->properties, g_strdup (name), g_variant_ref (value));
}

const char *
bgc_job_view_path (const BgcJobView *self)
{
  return self->path;
}

const char *
bgc_job_view_id (const BgcJobView *self)
{
  return bgc_job_argument_id (self->path);
}

GVariant *
bgc_job_view_peek (const BgcJobView *self, const char *property)
{
  return g_tree_lookup (self->properties, property);
}

const char *
bgc_job_view_string (const BgcJobView *self, const char *property)
{
  GVariant *value = bgc_job_view_peek (self, property);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
           ? g_variant_get_string (value, NULL)
           : "";
}

guint64
bgc_job_view_number (const BgcJobView *self, const char *property, guint64 fallback)
{
  GVariant *value = bgc_job_view_peek (self, property);

  if (value == NULL)
    return fallback;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_variant_get_uint64 (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return g_variant_get_uint32 (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) && g_variant_get_int64 (value) >= 0)
    return g_variant_get_int64 (value);
  return fallback;
}

gboolean
bgc_job_view_boolean (const BgcJobView *self, const char *property)
{
  GVariant *value = bgc_job_view_peek (self, property);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
         && g_variant_get_boolean (value);
}

gboolean
bgc_job_view_is_in (const BgcJobView *self, const char *state)
{
  return g_str_equal (bgc_job_view_string (self, "State"), state);
}

char *
bgc_job_view_name (const BgcJobView *self)
{
  const char *name = bgc_job_view_string (self, "DisplayName");

  return bgc_display_text (name[0] != '\0' ? name : bgc_job_view_id (self));
}

char *
bgc_job_view_progress (const BgcJobView *self)
{
  return bgc_display_progress (bgc_job_view_number (self, "BytesTransferred", 0),
                               bgc_job_view_number (self, "BytesTotal", BGC_SIZE_UNKNOWN));
}

/* In the order of BgcWaitReason. */
static const char *const reasons[BGC_N_WAIT_REASONS] = {
  NULL,
  N_("waiting for its turn"),
  N_("waiting to try again"),
  N_("waiting for the network"),
  N_("waiting for a network that is not metered"),
  N_("waiting for mains power"),
  N_("waiting for space on the disk"),
  N_("waiting for the hours in which transfers are allowed"),
  N_("waiting for its owner to log in"),
  N_("waiting for a new worker process"),
  N_("waiting for the server to take note of the cancellation"),
  N_("waiting for the directory to be there"),
};

char *
bgc_job_view_reason (const BgcJobView *self)
{
  BgcWaitReason reason;
  const char *word = bgc_job_view_string (self, "WaitReason");

  if (bgc_job_view_is_in (self, "suspended"))
    return g_strdup (_("suspended"));
  if (bgc_enums_wait_reason_from_string (word, &reason))
    return reasons[reason] != NULL ? g_strdup (_(reasons[reason])) : NULL;
  /* A newer service may know more reasons. */
  return word[0] != '\0' ? bgc_display_text (word) : NULL;
}

char *
bgc_job_view_waiting (const BgcJobView *self, gint64 now)
{
  g_autofree char *reason = bgc_job_view_reason (self);
  guint64 next = bgc_job_view_number (self, "NextAttempt", 0);
  GVariant *error = bgc_job_view_peek (self, "Error");
  g_autofree char *problem = error != NULL ? bgc_error_line_for_job (error) : NULL;
  GString *text;

  if (reason == NULL)
    return NULL;
  text = g_string_new (reason);
  if (next > (guint64) now)
    {
      g_autofree char *wait = bgc_display_duration ((next - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
      /* Translators: a time from now, as in "waiting to try again in 0:12". */
      g_string_append_printf (text, _(" in %s"), wait);
    }
  if (problem != NULL)
    g_string_append_printf (text, ": %s", problem);
  return g_string_free (text, FALSE);
}

static gboolean
add_property (gpointer name, gpointer value, gpointer data)
{
  g_variant_builder_add (data, "{sv}", name, value);
  return FALSE;
}

GVariant *
bgc_job_view_to_variant (const BgcJobView *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
  g_tree_foreach (self->properties, add_property, &builder);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
