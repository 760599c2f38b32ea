/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-timetable.h"

#include "model/bgc-timetable-window.h"

#define MINUTE 60 /* seconds */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MICROSECONDS ((gint64) G_USEC_PER_SEC)

static void
add (GArray *list, const char *text)
{
  BgcTimetableWindow window;
  GError *error = NULL;

  g_assert_true (bgc_timetable_window_parse (text, &window, &error));
  g_assert_no_error (error);
  g_array_append_val (list, window);
}

static GTimeZone *
zone_of (const char *name)
{
  GTimeZone *zone = g_time_zone_new_identifier (name);

  g_assert_nonnull (zone);
  return zone;
}

/* "2026-03-29T01:59:00" of that place, in seconds; of two the first. */
static gint64
moment (GTimeZone *zone, const char *text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, zone);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time);
}

/* At @text the cap on all is @limit, and until @until (NULL = for ever). */
static void
assert_at (const BgcTimetable *table, GTimeZone *zone, const char *text, guint64 limit, const char *until)
{
  BgcCaps caps;
  gint64 next = bgc_timetable_at (table, zone, moment (zone, text) * MICROSECONDS, &caps);

  g_assert_cmpuint (caps.all, ==, limit);
  if (until == NULL)
    g_assert_cmpint (next, ==, BGC_TIMETABLE_NEVER);
  else
    g_assert_cmpint (next, ==, moment (zone, until) * MICROSECONDS);
}

static void
test_week (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("Europe/Berlin");
  g_auto (BgcTimetable) table = { 0 };

  bgc_timetable_init (&table);
  table.base.all = 9;
  assert_at (&table, zone, "2026-11-24T12:00:00", 9, NULL);
  g_assert_false (bgc_timetable_varies (&table));
  add (table.windows, "Mon..Fri 08:00-18:00 limit=1");
  g_assert_true (bgc_timetable_varies (&table));
  /* 2026-11-27 is a Friday. */
  assert_at (&table, zone, "2026-11-27T07:59:59", 9, "2026-11-27T08:00:00");
  assert_at (&table, zone, "2026-11-27T08:00:00", 1, "2026-11-27T18:00:00");
  assert_at (&table, zone, "2026-11-27T17:59:59", 1, "2026-11-27T18:00:00");
  assert_at (&table, zone, "2026-11-27T18:00:00", 9, "2026-11-30T08:00:00");
  assert_at (&table, zone, "2026-11-29T23:59:59", 9, "2026-11-30T08:00:00");
}

static void
test_midnight (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("America/New_York");
  g_auto (BgcTimetable) table = { 0 };

  bgc_timetable_init (&table);
  add (table.windows, "Sun 22:00-06:00 limit=1");
  assert_at (&table, zone, "2026-11-29T21:59:00", BGC_CAP_NONE, "2026-11-29T22:00:00");
  assert_at (&table, zone, "2026-11-29T22:00:00", 1, "2026-11-30T06:00:00");
  assert_at (&table, zone, "2026-11-30T00:00:00", 1, "2026-11-30T06:00:00");
  assert_at (&table, zone, "2026-11-30T06:00:00", BGC_CAP_NONE, "2026-12-06T22:00:00");
}

/* Windows that touch are one; whole days follow one another without an edge. */
static void
test_touching (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("Europe/Berlin");
  g_auto (BgcTimetable) table = { 0 };
  g_auto (BgcTimetable) whole = { 0 };

  bgc_timetable_init (&table);
  bgc_timetable_init (&whole);
  add (table.windows, "08:00-12:00 limit=1");
  add (table.windows, "12:00-18:00 limit=1");
  assert_at (&table, zone, "2026-11-27T09:00:00", 1, "2026-11-27T18:00:00");
  add (whole.windows, "Fri..Sun 00:00-24:00 limit=1");
  assert_at (&whole, zone, "2026-11-27T00:00:00", 1, "2026-11-30T00:00:00");
  add (whole.windows, "Mon..Thu 00:00-24:00 limit=1");
  assert_at (&whole, zone, "2026-11-27T00:00:00", 1, NULL);
  /* The change of the clocks is no edge either. */
  assert_at (&whole, zone, "2026-03-28T12:00:00", 1, NULL);
}

/* The first window that is open holds; maintenance goes before all, and lifts what it does not name. */
static void
test_precedence (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("UTC");
  g_auto (BgcTimetable) table = { 0 };
  BgcCaps caps;

  bgc_timetable_init (&table);
  table.base.all = 9;
  table.base.owner = 8;
  add (table.windows, "10:00-12:00 limit=1");
  add (table.windows, "08:00-18:00 limit=2 low=0");
  add (table.maintenance, "11:00-11:30");
  add (table.maintenance, "11:15-11:45 limit=5");
  assert_at (&table, zone, "2026-11-27T09:00:00", 2, "2026-11-27T10:00:00");
  assert_at (&table, zone, "2026-11-27T10:00:00", 1, "2026-11-27T11:00:00");
  assert_at (&table, zone, "2026-11-27T11:00:00", BGC_CAP_NONE, "2026-11-27T11:30:00");
  assert_at (&table, zone, "2026-11-27T11:30:00", 5, "2026-11-27T11:45:00");
  bgc_timetable_at (&table, zone, moment (zone, "2026-11-27T10:30:00") * MICROSECONDS, &caps);
  g_assert_cmpuint (caps.owner, ==, 8);
  g_assert_cmpuint (caps.priorities[BGC_PRIORITY_LOW], ==, BGC_CAP_NONE);
  bgc_timetable_at (&table, zone, moment (zone, "2026-11-27T11:40:00") * MICROSECONDS, &caps);
  g_assert_cmpuint (caps.owner, ==, BGC_CAP_NONE);
}

/* A window that begins in the hour that is left out begins when the clock goes on; one that lies in it is
 * left out that day. */
static void
test_missing_hour (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("Europe/Berlin");
  g_autoptr (GTimeZone) lord_howe = zone_of ("Australia/Lord_Howe");
  g_auto (BgcTimetable) table = { 0 };
  g_auto (BgcTimetable) within = { 0 };

  bgc_timetable_init (&table);
  bgc_timetable_init (&within);
  add (table.windows, "02:30-04:00 limit=1");
  assert_at (&table, zone, "2026-03-29T01:59:00", BGC_CAP_NONE, "2026-03-29T03:00:00");
  assert_at (&table, zone, "2026-03-29T03:00:00", 1, "2026-03-29T04:00:00");
  add (within.windows, "Sun 02:10-02:20 limit=1");
  assert_at (&within, zone, "2026-03-28T12:00:00", BGC_CAP_NONE, "2026-04-05T02:10:00");
  /* Half an hour, at 02:00 on 2026-10-04. */
  assert_at (&within, lord_howe, "2026-10-03T12:00:00", BGC_CAP_NONE, "2026-10-11T02:10:00");
}

/* One in the hour that comes twice comes twice. */
static void
test_doubled_hour (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("America/New_York");
  g_auto (BgcTimetable) table = { 0 };
  gint64 change = G_GINT64_CONSTANT (1793512800); /* 2026-11-01 02:00 EDT, which is 01:00 EST */
  gint64 expected[]
    = { change - 30 * MINUTE, change - 20 * MINUTE, change + 30 * MINUTE, change + 40 * MINUTE };
  gint64 at = change - 2 * HOUR;

  bgc_timetable_init (&table);
  add (table.windows, "01:30-01:40 limit=1");
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      BgcCaps caps;
      gint64 next = bgc_timetable_at (&table, zone, at * MICROSECONDS, &caps);

      g_assert_cmpuint (caps.all, ==, i % 2 == 0 ? BGC_CAP_NONE : 1);
      g_assert_cmpint (next, ==, expected[i] * MICROSECONDS);
      at = expected[i];
    }
}

static void
test_opens (void)
{
  g_autoptr (GTimeZone) zone = zone_of ("Europe/Berlin");
  g_auto (BgcTimetable) table = { 0 };
  gint64 noon = moment (zone, "2026-11-27T12:00:00") * MICROSECONDS;

  bgc_timetable_init (&table);
  add (table.windows, "Fri 08:00-18:00 low=0");
  add (table.windows, "Fri 18:00-24:00 low=0 limit=1M");
  g_assert_cmpint (bgc_timetable_opens (&table, zone, noon, BGC_PRIORITY_NORMAL), ==, noon);
  g_assert_cmpint (bgc_timetable_opens (&table, zone, noon, BGC_PRIORITY_LOW), ==,
                   noon + 12 * HOUR * MICROSECONDS);
  /* Only the whole machine's cap of the evening lets anything go, and that not low ones. */
  table.base.all = 0;
  g_assert_cmpint (bgc_timetable_opens (&table, zone, noon, BGC_PRIORITY_LOW), ==, BGC_TIMETABLE_NEVER);
  g_assert_cmpint (bgc_timetable_opens (&table, zone, noon, BGC_PRIORITY_HIGH), ==,
                   noon + 6 * HOUR * MICROSECONDS);
}

/* ---- against an oracle ---- */

/* Word by word what the manual says, asked GDateTime for what the clock shows. */
static gboolean
oracle_holds (const BgcTimetableWindow *window, int weekday, int hour, int minute)
{
  guint today = (guint)weekday - 1, yesterday = (today + 6) % 7, now = (guint)(hour * 60 + minute);

  if (window->end > window->begin)
    return (window->days >> today & 1) && now >= window->begin && now < window->end;
  return ((window->days >> today & 1) && now >= window->begin)
         || ((window->days >> yesterday & 1) && now < window->end);
}

static BgcCaps
oracle (const BgcTimetable *table, GTimeZone *zone, gint64 seconds)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (seconds);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
  const GArray *lists[] = { table->maintenance, table->windows };
  BgcCaps caps;

  for (guint list = 0; list < G_N_ELEMENTS (lists); list++)
    for (guint i = 0; i < lists[list]->len; i++)
      {
        const BgcTimetableWindow *window = &g_array_index (lists[list], BgcTimetableWindow, i);

        if (!oracle_holds (window, g_date_time_get_day_of_week (local), g_date_time_get_hour (local),
                           g_date_time_get_minute (local)))
          continue;
        if (list == 0)
          bgc_caps_init (&caps);
        else
          caps = table->base;
        bgc_timetable_window_apply (window, &caps);
        return caps;
      }
  return table->base;
}

/* Mostly near the changes of the clocks and near midnight. */
static char *
random_window (gboolean maintenance)
{
  static const char *const days[] = { "", "Sat ", "Sun ", "Mon ", "Sat..Mon ", "Mon..Fri ", "Thu,Sun " };
  static const char *const times[] = { "00:00", "01:00", "01:30", "01:45", "02:00", "02:10", "02:30", "03:00",
                                       "03:15", "12:00", "23:00", "23:59" };
  static const char *const words[] = { " limit=1", " limit=2", " low=0", " limit=1 owner=7", " high=none" };
  int begin = g_test_rand_int_range (0, G_N_ELEMENTS (times));
  int end = (begin + g_test_rand_int_range (1, G_N_ELEMENTS (times))) % (int)G_N_ELEMENTS (times);
  const char *word = words[g_test_rand_int_range (0, G_N_ELEMENTS (words))];

  return g_strdup_printf ("%s%s-%s%s", days[g_test_rand_int_range (0, G_N_ELEMENTS (days))], times[begin],
                          g_test_rand_int_range (0, 6) == 0 ? "24:00" : times[end],
                          maintenance && g_test_rand_bit () ? "" : word);
}

static void
random_table (BgcTimetable *table)
{
  bgc_timetable_init (table);
  if (g_test_rand_bit ())
    table->base.all = 1;
  for (int i = g_test_rand_int_range (0, 5); i > 0; i--)
    {
      g_autofree char *text = random_window (FALSE);

      add (table->windows, text);
    }
  for (int i = g_test_rand_int_range (0, 3); i > 0; i--)
    {
      g_autofree char *text = random_window (TRUE);

      add (table->maintenance, text);
    }
}

/* Nine days from @begin minute by minute, backwards, so that the next edge is known. */
static void
compare (const BgcTimetable *table, GTimeZone *zone, gint64 begin)
{
  BgcCaps later = { 0 };
  gint64 edge = 0; /* 0 = none within the nine days */

  for (gint64 at = begin + 9 * DAY; at >= begin; at -= MINUTE)
    {
      BgcCaps caps, expected = oracle (table, zone, at);
      gint64 next;

      if (at < begin + 9 * DAY && !bgc_caps_equal (&expected, &later))
        edge = at + MINUTE;
      later = expected;
      /* Each minute is the oracle's; the edges are looked for where they may go wrong, and now and then. */
      if (at % (7 * MINUTE) != 0 && edge != at + MINUTE && edge != 0)
        continue;
      next = bgc_timetable_at (table, zone, at * MICROSECONDS + g_test_rand_int_range (0, 60000000), &caps);
      g_assert_true (bgc_caps_equal (&caps, &expected));
      if (edge != 0)
        g_assert_cmpint (next, ==, edge * MICROSECONDS);
      else
        g_assert_cmpint (next, >, (begin + 9 * DAY) * MICROSECONDS);
    }
}

static void
test_oracle (void)
{
  static const struct {
    const char *zone;
    gint64 change; /* of the clocks, seconds */
  } places[] = {
    { "Europe/Berlin", G_GINT64_CONSTANT (1774746000) },
    { "Europe/Berlin", G_GINT64_CONSTANT (1792890000) },
    { "America/New_York", G_GINT64_CONSTANT (1772953200) },
    { "America/New_York", G_GINT64_CONSTANT (1793512800) },
    { "Australia/Lord_Howe", G_GINT64_CONSTANT (1775314800) },
    { "Australia/Lord_Howe", G_GINT64_CONSTANT (1791041400) },
    { "Asia/Kathmandu", G_GINT64_CONSTANT (1774746000) },
  };

  for (guint round = 0; round < (g_test_slow () ? 50 : 2); round++)
    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
      {
        g_autoptr (GTimeZone) zone = zone_of (places[i].zone);
        g_auto (BgcTimetable) table = { 0 };

        random_table (&table);
        compare (&table, zone, places[i].change - 4 * DAY - places[i].change % MINUTE);
      }
}

static void
test_copy (void)
{
  g_auto (BgcTimetable) table = { 0 };
  g_auto (BgcTimetable) copy = { 0 };

  bgc_timetable_init (&table);
  table.base.owner = 4;
  add (table.windows, "08:00-18:00 limit=1");
  bgc_timetable_copy (&copy, &table);
  bgc_timetable_clear (&table);
  g_assert_cmpuint (copy.base.owner, ==, 4);
  g_assert_cmpuint (copy.windows->len, ==, 1);
  g_assert_cmpuint (copy.maintenance->len, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timetable/week", test_week);
  g_test_add_func ("/timetable/midnight", test_midnight);
  g_test_add_func ("/timetable/touching", test_touching);
  g_test_add_func ("/timetable/precedence", test_precedence);
  g_test_add_func ("/timetable/missing-hour", test_missing_hour);
  g_test_add_func ("/timetable/doubled-hour", test_doubled_hour);
  g_test_add_func ("/timetable/opens", test_opens);
  g_test_add_func ("/timetable/oracle", test_oracle);
  g_test_add_func ("/timetable/copy", test_copy);
  return g_test_run ();
}
