/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-bandwidth.h"

#include "base/bgc-error.h"
#include "base/bgc-text.h"
#include "model/bgc-timetable-window.h"

/* A cap of the base, or a list of windows. */
typedef struct {
  const char *name;
  gsize offset;   /* in BgcTimetable: of a guint64, or of a GArray * if list */
  gboolean list;
  gboolean bare;  /* a window may be without words */
} Key;

#define CAP(name, field) { name, G_STRUCT_OFFSET (BgcTimetable, base.field), FALSE, FALSE }

static const Key keys[] = {
  CAP ("Limit", all),
  CAP ("LimitForeground", priorities[BGC_PRIORITY_FOREGROUND]),
  CAP ("LimitHigh", priorities[BGC_PRIORITY_HIGH]),
  CAP ("LimitNormal", priorities[BGC_PRIORITY_NORMAL]),
  CAP ("LimitLow", priorities[BGC_PRIORITY_LOW]),
  CAP ("LimitPerOwner", owner),
  { "Window", G_STRUCT_OFFSET (BgcTimetable, windows), TRUE, FALSE },
  { "Maintenance", G_STRUCT_OFFSET (BgcTimetable, maintenance), TRUE, TRUE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (keys) == BGC_CONFIG_BANDWIDTH_KEYS);

static guint64 *
cap_of (const Key *key, BgcTimetable *timetable)
{
  return G_STRUCT_MEMBER_P (timetable, key->offset);
}

static GArray *
list_of (const Key *key, const BgcTimetable *timetable)
{
  return G_STRUCT_MEMBER (GArray *, timetable, key->offset);
}

/* The error says "25:00 is no time of day"; FALSE if it is set. */
static gboolean
add_window (const Key *key, GArray *list, const char *value, GError **error)
{
  BgcTimetableWindow window;

  if (!bgc_timetable_window_parse (value, &window, error))
    return FALSE;
  if (window.words == 0 && !key->bare)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                   "nothing is limited; limit=, foreground=, high=, normal=, low= or owner= must follow");
      return FALSE;
    }
  if (list->len >= BGC_TIMETABLE_WINDOWS_MAX)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "more than %u are too many",
                   BGC_TIMETABLE_WINDOWS_MAX);
      return FALSE;
    }
  g_array_append_val (list, window);
  return TRUE;
}

static void
assign_list (BgcConfigBandwidth *self, guint index, BgcConfigLines *lines, const char *value)
{
  GArray *list = list_of (&keys[index], self->timetable);
  g_autoptr (GError) error = NULL;

  if (value[0] == '\0')
    {
      g_array_set_size (list, 0);
      self->refused[index] = FALSE;
      return;
    }
  if (add_window (&keys[index], list, value, &error))
    return;
  self->refused[index] = TRUE;
  bgc_config_lines_refuse (lines, "%s=: %s", keys[index].name, error->message);
}

static void
assign_cap (BgcConfigBandwidth *self, guint index, BgcConfigLines *lines, const char *value)
{
  g_autofree char *shown = NULL;
  guint64 cap = BGC_CAP_NONE;

  if (value[0] == '\0' || bgc_timetable_window_parse_cap (value, &cap))
    {
      *cap_of (&keys[index], self->timetable) = cap;
      self->refused[index] = FALSE;
      return;
    }
  self->refused[index] = TRUE;
  shown = bgc_text_escape (value, BGC_CONFIG_LINES_SHOWN_MAX);
  bgc_config_lines_refuse (lines,
                           "%s must be a whole number of bytes a second, or with K, M or G behind it, "
                           "or none, not \"%s\"",
                           keys[index].name, shown);
}

static void
assign (BgcConfigLines *lines, guint index, const char *value, gpointer data)
{
  if (keys[index].list)
    assign_list (data, index, lines, value);
  else
    assign_cap (data, index, lines, value);
}

void
bgc_config_bandwidth_group (BgcConfigBandwidth *self, BgcConfigGroup *group)
{
  *group = (BgcConfigGroup) { "Bandwidth", bgc_config_bandwidth_key, assign, self };
}

void
bgc_config_bandwidth_keep (BgcConfigBandwidth *self, const BgcTimetable *running, gboolean all)
{
  g_auto (BgcTimetable) kept = { 0 };

  bgc_timetable_copy (&kept, running);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      GArray *list, *old;

      if (!self->refused[i] && !all)
        continue;
      if (!keys[i].list)
        {
          *cap_of (&keys[i], self->timetable) = *cap_of (&keys[i], &kept);
          continue;
        }
      list = list_of (&keys[i], self->timetable);
      old = list_of (&keys[i], &kept);
      g_array_set_size (list, 0);
      g_array_append_vals (list, old->data, old->len);
    }
}

const char *
bgc_config_bandwidth_key (guint index)
{
  return index < G_N_ELEMENTS (keys) ? keys[index].name : NULL;
}
