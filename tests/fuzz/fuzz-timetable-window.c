/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "model/bgc-timetable.h"

#include <string.h>

#define DAYS 7u
#define DAY_MINUTES 1440u
#define NOW (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

static void
check_window (const BgcTimetableWindow *window)
{
  guint open = 0;

  g_assert_cmpuint (window->days, >, 0);
  g_assert_cmpuint (window->days, <, 1u << DAYS);
  g_assert_cmpuint (window->begin, <, DAY_MINUTES);
  g_assert_cmpuint (window->end, <=, DAY_MINUTES);
  for (guint day = 0; day < DAYS; day++)
    for (guint minute = 0; minute < DAY_MINUTES; minute++)
      open += bgc_timetable_window_holds (window, day, minute) ? 1 : 0;
  g_assert_cmpuint (open, >, 0);
}

/* One that opens at times has an edge, and what it says there is what it says then. */
static void
check_table (const BgcTimetableWindow *window)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_auto (BgcTimetable) table = { 0 };
  BgcCaps caps, later;
  gint64 next;

  bgc_timetable_init (&table);
  g_array_append_val (table.windows, *window);
  next = bgc_timetable_at (&table, zone, NOW, &caps);
  g_assert_cmpint (next, >, NOW);
  if (next == BGC_TIMETABLE_NEVER)
    return;
  bgc_timetable_at (&table, zone, next, &later);
  g_assert_false (bgc_caps_equal (&caps, &later));
  bgc_timetable_at (&table, zone, next - 1, &later);
  g_assert_true (bgc_caps_equal (&caps, &later));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  BgcTimetableWindow window;
  guint64 cap;

  bgc_timetable_window_parse_cap (text, &cap);
  if (bgc_timetable_window_parse (text, &window, &error))
    {
      check_window (&window);
      check_table (&window);
    }
  else
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (strlen (error->message), <, 256);
    }
  return 0;
}
