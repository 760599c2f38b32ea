/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-timetable-window.h"

#include <string.h>

#include "base/bgc-error.h"
#include "base/bgc-text.h"

#define SHOWN_MAX 64u /* bytes of what somebody wrote that a message repeats */
#define DAYS 7u
#define HOUR 60u /* minutes */
#define DAY (24u * HOUR)

static const char *const day_names[DAYS]
  = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
#define SHORT_NAME 3u /* letters of a name that are enough */

/* Each word and its cap. */
static const struct {
  const char *name;
  gsize offset; /* of a guint64 in BgcCaps */
} words[] = {
  { "limit", G_STRUCT_OFFSET (BgcCaps, all) },
  { "foreground", G_STRUCT_OFFSET (BgcCaps, priorities[BGC_PRIORITY_FOREGROUND]) },
  { "high", G_STRUCT_OFFSET (BgcCaps, priorities[BGC_PRIORITY_HIGH]) },
  { "normal", G_STRUCT_OFFSET (BgcCaps, priorities[BGC_PRIORITY_NORMAL]) },
  { "low", G_STRUCT_OFFSET (BgcCaps, priorities[BGC_PRIORITY_LOW]) },
  { "owner", G_STRUCT_OFFSET (BgcCaps, owner) },
};

/* FALSE with what is wrong about @text. */
static gboolean
refuse (const char *text, const char *what, GError **error)
{
  g_autofree char *shown = bgc_text_escape (text, SHOWN_MAX);

  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "%s %s",
               shown[0] != '\0' ? shown : "\"\"", what);
  return FALSE;
}

/* ---- caps ---- */

gboolean
bgc_timetable_window_parse_cap (const char *text, guint64 *cap)
{
  static const char suffixes[] = "KMG";
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  const char *suffix = strchr (suffixes, text[digits]);
  guint shift = 0;

  if (strcmp (text, "none") == 0)
    {
      *cap = BGC_CAP_NONE;
      return TRUE;
    }
  if (text[digits] != '\0')
    {
      if (suffix == NULL || text[digits + 1] != '\0')
        return FALSE;
      shift = 10 * (guint)(suffix - suffixes + 1);
    }
  if (!g_ascii_string_to_unsigned (number, 10, 0, (guint64)G_MAXINT64 >> shift, cap, NULL))
    return FALSE;
  *cap <<= shift;
  return TRUE;
}

static gboolean
parse_word (const char *text, BgcTimetableWindow *window, GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *name = g_strndup (text, equals != NULL ? (gsize)(equals - text) : strlen (text));
  guint index = 0;

  while (index < G_N_ELEMENTS (words) && strcmp (words[index].name, name) != 0)
    index++;
  if (equals == NULL || index == G_N_ELEMENTS (words))
    return refuse (text, "is none of limit=, foreground=, high=, normal=, low= and owner=", error);
  if (window->words & 1u << index)
    return refuse (text, "names what was named before", error);
  if (!bgc_timetable_window_parse_cap (equals + 1,
                                       &G_STRUCT_MEMBER (guint64, &window->caps, words[index].offset)))
    return refuse (text, "is no number of bytes a second, with K, M or G behind it or without, and not none",
                   error);
  window->words |= 1u << index;
  return TRUE;
}

void
bgc_timetable_window_apply (const BgcTimetableWindow *self, BgcCaps *caps)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (self->words & 1u << i)
      G_STRUCT_MEMBER (guint64, caps, words[i].offset)
        = G_STRUCT_MEMBER (guint64, &self->caps, words[i].offset);
}

/* ---- days ---- */

static gboolean
parse_day (const char *text, guint *day, GError **error)
{
  for (*day = 0; *day < DAYS; (*day)++)
    {
      gsize length = strlen (text);
      gboolean whole = length == strlen (day_names[*day]);

      if ((whole || length == SHORT_NAME) && g_ascii_strncasecmp (text, day_names[*day], length) == 0)
        return TRUE;
    }
  return refuse (text, "is no day of the week", error);
}

/* One day or FIRST..LAST, which may go over the end of the week. */
static gboolean
parse_days_from_to (const char *text, guint *days, GError **error)
{
  const char *dots = strstr (text, "..");
  g_autofree char *first_name = dots != NULL ? g_strndup (text, (gsize)(dots - text)) : g_strdup (text);
  guint first, last;

  if (!parse_day (first_name, &first, error) || !parse_day (dots != NULL ? dots + 2 : text, &last, error))
    return FALSE;
  for (guint day = first; day != last; day = (day + 1) % DAYS)
    *days |= 1u << day;
  *days |= 1u << last;
  return TRUE;
}

static gboolean
parse_days (const char *text, guint *days, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (!parse_days_from_to (parts[i], days, error))
      return FALSE;
  return TRUE;
}

/* ---- hours ---- */

static gboolean
parse_time (const char *text, guint *minutes, GError **error)
{
  gsize hours = strspn (text, "0123456789");
  gsize length = strlen (text);
  guint hour, minute;

  if (hours < 1 || hours > 2 || length != hours + 3 || text[hours] != ':'
      || strspn (text + hours + 1, "0123456789") != 2)
    return refuse (text, "is no time of day", error);
  hour = hours == 1 ? (guint)g_ascii_digit_value (text[0])
                    : (guint)(g_ascii_digit_value (text[0]) * 10 + g_ascii_digit_value (text[1]));
  minute = (guint)(g_ascii_digit_value (text[hours + 1]) * 10 + g_ascii_digit_value (text[hours + 2]));
  *minutes = hour * HOUR + minute;
  if (minute >= HOUR || *minutes > DAY)
    return refuse (text, "is no time of day", error);
  return TRUE;
}

static gboolean
parse_hours (const char *text, BgcTimetableWindow *window, GError **error)
{
  const char *dash = strchr (text, '-');
  g_autofree char *begin = NULL;

  if (dash == NULL)
    return refuse (text, "is no time from HH:MM-HH:MM", error);
  begin = g_strndup (text, (gsize)(dash - text));
  if (!parse_time (begin, &window->begin, error) || !parse_time (dash + 1, &window->end, error))
    return FALSE;
  if (window->begin == DAY)
    return refuse (text, "begins when the day is over", error);
  if (window->begin == window->end)
    return refuse (text, "ends when it begins; a whole day is 00:00-24:00", error);
  if (window->end == 0)
    window->end = DAY;
  return TRUE;
}

/* ---- the whole ---- */

gboolean
bgc_timetable_window_parse (const char *text, BgcTimetableWindow *window, GError **error)
{
  g_auto (GStrv) parts = g_strsplit_set (text, " \t", -1);
  gboolean has_hours = FALSE;
  guint n_parts = 0;

  memset (window, 0, sizeof *window);
  bgc_caps_init (&window->caps);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      gboolean ok;

      if (parts[i][0] == '\0')
        continue;
      if (has_hours)
        ok = parse_word (parts[i], window, error);
      else if (n_parts++ == 0 && !g_ascii_isdigit (parts[i][0]))
        ok = parse_days (parts[i], &window->days, error);
      else
        ok = has_hours = parse_hours (parts[i], window, error);
      if (!ok)
        return FALSE;
    }
  if (!has_hours)
    return refuse (text, "has no hours such as 08:00-18:00", error);
  if (window->days == 0)
    window->days = (1u << DAYS) - 1;
  return TRUE;
}

static gboolean
begins_on (const BgcTimetableWindow *self, guint day)
{
  return (self->days & 1u << (day % DAYS)) != 0;
}

gboolean
bgc_timetable_window_holds (const BgcTimetableWindow *self, guint day, guint minute)
{
  if (self->begin < self->end)
    return begins_on (self, day) && minute >= self->begin && minute < self->end;
  return (begins_on (self, day) && minute >= self->begin)
         || (begins_on (self, day + DAYS - 1) && minute < self->end);
}
