/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-timetable-window.h"

#include "base/bgc-error.h"

static BgcTimetableWindow
parse (const char *text)
{
  BgcTimetableWindow window;
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_timetable_window_parse (text, &window, &error));
  g_assert_no_error (error);
  return window;
}

static void
test_days (void)
{
  static const struct {
    const char *text;
    guint days;
  } cases[] = {
    { "", 0x7f },          { "Mon ", 0x01 },         { "sunday ", 0x40 },       { "Mon..Fri ", 0x1f },
    { "Fri..Mon ", 0x71 }, { "Wed..Wed ", 0x04 },    { "Tue,Thu ", 0x0a },      { "Sat..Sun,Wed ", 0x64 },
    { "Mon..Sun ", 0x7f }, { "MONDAY..tue ", 0x03 }, { "Thu,Thu..Fri\t", 0x18 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (cases[i].text, "08:00-18:00 limit=1", NULL);

      g_assert_cmpuint (parse (text).days, ==, cases[i].days);
    }
}

static void
test_hours (void)
{
  static const struct {
    const char *text;
    guint begin;
    guint end;
  } cases[] = {
    { "08:00-18:00", 480, 1080 }, { "8:05-9:06", 485, 546 },     { "00:00-24:00", 0, 1440 },
    { "22:00-06:00", 1320, 360 }, { "23:59-24:00", 1439, 1440 }, { "22:00-00:00", 1320, 1440 },
    { "00:01-00:00", 1, 1440 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BgcTimetableWindow window = parse (cases[i].text);

      g_assert_cmpuint (window.begin, ==, cases[i].begin);
      g_assert_cmpuint (window.end, ==, cases[i].end);
      g_assert_cmpuint (window.words, ==, 0);
    }
}

static void
test_words (void)
{
  BgcTimetableWindow window
    = parse ("  Mon  08:00-18:00  limit=1M low=0\towner=500K high=2G normal=7 foreground=none ");
  BgcCaps caps;

  bgc_caps_init (&caps);
  caps.priorities[BGC_PRIORITY_FOREGROUND] = 3;
  bgc_timetable_window_apply (&window, &caps);
  g_assert_cmpuint (caps.all, ==, 1 << 20);
  g_assert_cmpuint (caps.owner, ==, 500 << 10);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_LOW], ==, 0);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_NORMAL], ==, 7);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_HIGH], ==, G_GUINT64_CONSTANT (2) << 30);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_FOREGROUND], ==, BGC_CAP_NONE);
  window = parse ("08:00-18:00 low=4");
  bgc_timetable_window_apply (&window, &caps);
  g_assert_cmpuint (caps.all, ==, 1 << 20);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_LOW], ==, 4);
}

/* What is wrong, exactly. */
static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
    { "", "\"\" has no hours such as 08:00-18:00" },
    { "Mon", "Mon has no hours such as 08:00-18:00" },
    { "Mon limit=1", "limit=1 is no time from HH:MM-HH:MM" },
    { "25:00-26:00", "25:00 is no time of day" },
    { "24:01-06:00", "24:01 is no time of day" },
    { "08:60-18:00", "08:60 is no time of day" },
    { "8-18", "8 is no time of day" },
    { "08:00", "08:00 is no time from HH:MM-HH:MM" },
    { "08:00-", "\"\" is no time of day" },
    { "008:00-18:00", "008:00 is no time of day" },
    { "08:000-18:00", "08:000 is no time of day" },
    { "08:00-18:00-20:00", "18:00-20:00 is no time of day" },
    { "24:00-06:00", "24:00-06:00 begins when the day is over" },
    { "08:00-08:00", "08:00-08:00 ends when it begins; a whole day is 00:00-24:00" },
    { "00:00-00:00", "00:00-00:00 ends when it begins; a whole day is 00:00-24:00" },
    { "Montag 08:00-18:00", "Montag is no day of the week" },
    { "Mon-Fri 08:00-18:00", "Mon-Fri is no day of the week" },
    { "Mon.. 08:00-18:00", "\"\" is no day of the week" },
    { "Mon,,Tue 08:00-18:00", "\"\" is no day of the week" },
    { "Mon..Fri..Sun 08:00-18:00", "Fri..Sun is no day of the week" },
    { "Mo 08:00-18:00", "Mo is no day of the week" },
    { "Mon Tue 08:00-18:00", "Tue is no time from HH:MM-HH:MM" },
    { "08:00-18:00 speed=1", "speed=1 is none of limit=, foreground=, high=, normal=, low= and owner=" },
    { "08:00-18:00 limit", "limit is none of limit=, foreground=, high=, normal=, low= and owner=" },
    { "08:00-18:00 limit=1 low=0 limit=2", "limit=2 names what was named before" },
    { "08:00-18:00 limit=",
      "limit= is no number of bytes a second, with K, M or G behind it or without, and not none" },
    { "08:00-18:00 limit=1Q",
      "limit=1Q is no number of bytes a second, with K, M or G behind it or without, and not none" },
    { "08:00-18:00 limit=\x01\xff",
      "limit=\\x01\\xFF is no number of bytes a second, with K, M or G behind it or without, and not none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BgcTimetableWindow window;
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_timetable_window_parse (cases[i].text, &window, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static void
test_caps (void)
{
  static const struct {
    const char *text;
    guint64 cap;
  } good[] = {
    { "0", 0 },
    { "007", 7 },
    { "1K", 1024 },
    { "none", BGC_CAP_NONE },
    { "9223372036854775807", G_MAXINT64 },
    { "8589934591G", G_GUINT64_CONSTANT (8589934591) << 30 },
  };
  static const char *const bad[]
    = { "",     "K",    "1T",   "1k",                  "1KB",         "-1", "+1", " 1", "1 K",
        "None", "1.5M", "0x10", "9223372036854775808", "8589934592G", "99999999999999999999999" };
  guint64 cap;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_assert_true (bgc_timetable_window_parse_cap (good[i].text, &cap));
      g_assert_cmpuint (cap, ==, good[i].cap);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (bgc_timetable_window_parse_cap (bad[i], &cap));
}

static void
test_holds (void)
{
  BgcTimetableWindow plain = parse ("Mon 08:00-18:00");
  BgcTimetableWindow night = parse ("Sun 22:00-06:00");

  g_assert_false (bgc_timetable_window_holds (&plain, 0, 479));
  g_assert_true (bgc_timetable_window_holds (&plain, 0, 480));
  g_assert_true (bgc_timetable_window_holds (&plain, 0, 1079));
  g_assert_false (bgc_timetable_window_holds (&plain, 0, 1080));
  g_assert_false (bgc_timetable_window_holds (&plain, 1, 600));
  g_assert_false (bgc_timetable_window_holds (&night, 6, 0));
  g_assert_true (bgc_timetable_window_holds (&night, 6, 1320));
  g_assert_true (bgc_timetable_window_holds (&night, 0, 359));
  g_assert_false (bgc_timetable_window_holds (&night, 0, 360));
  g_assert_false (bgc_timetable_window_holds (&night, 0, 1320));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timetable-window/days", test_days);
  g_test_add_func ("/timetable-window/hours", test_hours);
  g_test_add_func ("/timetable-window/words", test_words);
  g_test_add_func ("/timetable-window/refused", test_refused);
  g_test_add_func ("/timetable-window/caps", test_caps);
  g_test_add_func ("/timetable-window/holds", test_holds);
  return g_test_run ();
}
