/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-display.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/bgc-limits.h"
#include "base/bgc-text.h"

/* A terminal line never needs more of one piece of foreign text; bytes. */
#define TEXT_MAX_BYTES 8192u

gboolean
bgc_display_is_unsafe (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL: /* C0, DEL and C1 steer terminals */
    case G_UNICODE_FORMAT: /* turn or hide what follows them: bidi controls, tags, joiners */
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE: /* mean something else, or nothing, everywhere */
    case G_UNICODE_UNASSIGNED:
      return TRUE;
    default:
      return FALSE;
    }
}

char *
bgc_display_text (const char *text)
{
  g_autofree char *escaped = bgc_text_escape (text, TEXT_MAX_BYTES);
  GString *out = g_string_new (NULL);

  for (const char *p = escaped; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      if (bgc_display_is_unsafe (c))
        g_string_append_printf (out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

char *
bgc_display_size (guint64 bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
  double value = bytes;
  guint unit = 0;

  if (bytes == BGC_SIZE_UNKNOWN)
    return g_strdup ("?");
  if (bytes < 1024)
    return g_strdup_printf ("%u B", (guint) bytes);
  value /= 1024;
  /* 1023.95 would be shown as 1024.0. */
  while (value >= 1023.95 && unit + 1 < G_N_ELEMENTS (units))
    {
      value /= 1024;
      unit++;
    }
  return g_strdup_printf ("%.1f %s", value, units[unit]);
}

char *
bgc_display_rate (guint64 bytes_per_second)
{
  g_autofree char *size = bgc_display_size (bytes_per_second);

  return g_strdup_printf ("%s/s", size);
}

char *
bgc_display_duration (guint64 seconds)
{
  guint64 days = seconds / 86400;
  guint hours = seconds / 3600 % 24;
  guint minutes = seconds / 60 % 60;

  if (days > 0)
    return g_strdup_printf (_("%u d %02u:%02u"), (guint) MIN (days, G_MAXUINT), hours, minutes);
  if (hours > 0)
    return g_strdup_printf ("%u:%02u:%02u", hours, minutes, (guint) (seconds % 60));
  return g_strdup_printf ("%u:%02u", minutes, (guint) (seconds % 60));
}

static GDateTime *
local_time (gint64 time)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);

  return utc != NULL ? g_date_time_to_local (utc) : NULL;
}

char *
bgc_display_time (gint64 time)
{
  g_autoptr (GDateTime) local = NULL;
  char *text;

  if (time == 0)
    return g_strdup ("-");
  local = local_time (time);
  text = local != NULL ? g_date_time_format (local, "%Y-%m-%dT%H:%M:%S%:z") : NULL;
  return text != NULL ? text : g_strdup ("?");
}

char *
bgc_display_clock (gint64 time, gint64 now)
{
  g_autoptr (GDateTime) then = local_time (time);
  g_autoptr (GDateTime) today = local_time (now);
  char *text = NULL;

  if (then == NULL || today == NULL)
    return g_strdup ("?");
  if (g_date_time_get_year (then) == g_date_time_get_year (today)
      && g_date_time_get_day_of_year (then) == g_date_time_get_day_of_year (today))
    text = g_date_time_format (then, "%H:%M");
  else if (time - now < 6 * G_TIME_SPAN_DAY)
    text = g_date_time_format (then, "%a %H:%M");
  else
    text = g_date_time_format (then, "%Y-%m-%d %H:%M");
  return text != NULL ? text : g_strdup ("?");
}

guint
bgc_display_percent (guint64 transferred, guint64 total)
{
  if (transferred >= total)
    return 100;
  /* In this order the product cannot overflow for any size that exists, and 99.9 % is not 100. */
  return transferred < G_MAXUINT64 / 100 ? transferred * 100 / total : transferred / (total / 100 + 1);
}

char *
bgc_display_progress (guint64 transferred, guint64 total)
{
  g_autofree char *size = bgc_display_size (total == BGC_SIZE_UNKNOWN ? transferred : total);

  if (total == BGC_SIZE_UNKNOWN)
    return g_steal_pointer (&size);
  /* Translators: a share of a size, as in "45% of 2.0 GiB". */
  return g_strdup_printf (_("%u%% of %s"), bgc_display_percent (transferred, total), size);
}

static guint
char_columns (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

guint
bgc_display_columns (const char *text)
{
  guint columns = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    columns += char_columns (g_utf8_get_char (p));
  return columns;
}

char *
bgc_display_ellipsize (const char *text, guint columns, gboolean unicode)
{
  const char *ellipsis = unicode ? "…" : "...";
  guint dots = unicode ? 1 : 3;
  guint used = 0;
  const char *end = text;

  if (bgc_display_columns (text) <= columns)
    return g_strdup (text);
  if (columns < dots)
    return g_strnfill (columns, '.');
  while (*end != '\0' && used + char_columns (g_utf8_get_char (end)) <= columns - dots)
    {
      used += char_columns (g_utf8_get_char (end));
      end = g_utf8_next_char (end);
    }
  return g_strdup_printf ("%.*s%s", (int) (end - text), text, ellipsis);
}

static char *
blanks_up_to (const char *text, guint columns)
{
  guint used = bgc_display_columns (text);

  return g_strnfill (used < columns ? columns - used : 0, ' ');
}

char *
bgc_display_pad (const char *text, guint columns)
{
  g_autofree char *blanks = blanks_up_to (text, columns);

  return g_strconcat (text, blanks, NULL);
}

char *
bgc_display_pad_left (const char *text, guint columns)
{
  g_autofree char *blanks = blanks_up_to (text, columns);

  return g_strconcat (blanks, text, NULL);
}
