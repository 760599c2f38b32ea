/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-bottleneck.h"

#define MILLISECOND 1000
#define SECOND      G_USEC_PER_SEC
/* Between two samples, microseconds. */
#define STEP (5 * MILLISECOND)

/* A link with a sender that keeps a whole window under way. */
typedef struct
{
  BgcDelayControl control;
  gint64 now;      /* microseconds */
  double rate;     /* bytes a microsecond */
  double base;     /* microseconds */
  double foreign;  /* microseconds of somebody else's queue */
  double most;     /* bytes that the sender keeps under way at most; 0 = what it may */
  double moved;    /* bytes, in all */
  double queue;    /* microseconds of ours, the longest since it was set to 0 */
  guint slowed;    /* steps spent in slow-downs */
} Path;

static void
path_init (Path *self, double megabits, double milliseconds, guint64 ceiling)
{
  const BgcDelayControlSettings settings
    = { .target = 2500, .segment = 1448, .floor = 1448, .ceiling = ceiling };

  *self = (Path){ .now = SECOND, .rate = megabits / 8, .base = milliseconds * MILLISECOND };
  bgc_delay_control_init (&self->control, &settings);
}

static double
path_bytes (const Path *self)
{
  return self->rate * self->base;
}

static void
path_run (Path *self, gint64 time)
{
  for (gint64 end = self->now + time; self->now < end; self->now += STEP)
    {
      double window = (double)bgc_delay_control_window (&self->control);
      double sent = self->most > 0 ? MIN (window, self->most) : window;
      double queue = MAX (0, sent - path_bytes (self)) / self->rate;
      double round_trip = self->base + self->foreign + queue;
      double moved = sent / round_trip * STEP;

      self->moved += moved;
      self->queue = MAX (self->queue, queue);
      bgc_delay_control_sample (&self->control, self->now, (guint32)round_trip, (guint64)moved);
      self->slowed += self->control.phase == BGC_DELAY_CONTROL_SLOWED ? 1 : 0;
    }
}

/* Part of what the link carried in that time. */
static double
path_use (Path *self, gint64 time)
{
  double before = self->moved;

  path_run (self, time);
  return (self->moved - before) / (self->rate * (double)time);
}

static void
test_first_window (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), ==, 10 * 1448);
}

static void
test_others (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  path_run (&path, 3 * SECOND);
  path.foreign = 100 * MILLISECOND;
  path_run (&path, SECOND);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), <, 3 * 1448);
  path_run (&path, SECOND);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), ==, 1448);
  /* Does not take that for the path. */
  path_run (&path, 4 * SECOND);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), ==, 1448);
  path.foreign = 0;
  path_run (&path, 2 * SECOND);
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

/* Alone it gives way to nobody, not even while it slows down; beside somebody's queue it does, until that
 * is gone. */
static void
test_gives_way (void)
{
  static const double cases[][2] = { { 2, 5 }, { 20, 20 }, { 200, 20 }, { 20, 200 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Path path;
      guint given = 0;

      path_init (&path, cases[i][0], cases[i][1], 16 << 20);
      path_run (&path, 3 * SECOND);
      for (guint second = 0; second < 60; second++)
        {
          path_run (&path, SECOND);
          given += bgc_delay_control_gives_way (&path.control);
        }
      g_test_message ("%.0f Mbit/s, %.0f ms: %u of 60", cases[i][0], cases[i][1], given);
      /* Where less than a segment fills the path, its own saw-tooth looks like that now and then. */
      g_assert_cmpuint (given, <=, i == 0 ? 6 : 0);
      path.foreign = 100 * MILLISECOND;
      path_run (&path, 3 * SECOND);
      g_assert_true (bgc_delay_control_gives_way (&path.control));
      path.foreign = 0;
      path_run (&path, 5 * SECOND);
      g_assert_false (bgc_delay_control_gives_way (&path.control));
    }
}

static void
test_slow_down (void)
{
  Path path;
  double use;

  path_init (&path, 20, 20, 16 << 20);
  use = path_use (&path, 120 * SECOND);
  g_test_message ("%u ms in slow-downs, use %.3f", path.slowed * 5, use);
  g_assert_cmpuint (path.slowed, >, 0);
  g_assert_cmpfloat (use, >, 0.93);
}

/* Who begins beside somebody's queue believes that it is the path, until it is gone for a moment. */
static void
test_late (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  path.foreign = 50 * MILLISECOND;
  path_run (&path, 3 * SECOND);
  g_assert_cmpuint (path.control.base, >=, 60 * MILLISECOND);
  bgc_delay_control_sample_empty (&path.control, path.now, 20 * MILLISECOND);
  g_assert_cmpuint (path.control.base, ==, 20 * MILLISECOND);
  path_run (&path, 2 * SECOND);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), ==, 1448);
}

static void
test_other_route (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  path_run (&path, 5 * SECOND);
  path.base = 60 * MILLISECOND;
  path_run (&path, 25 * SECOND);
  g_assert_cmpuint (path.control.base, >=, 59 * MILLISECOND);
  g_assert_cmpfloat (path_use (&path, 3 * SECOND), >, 0.9);
  /* A shorter one hides behind a queue of our own until the next slow-down. */
  path.base = 10 * MILLISECOND;
  path_run (&path, 60 * SECOND);
  g_assert_cmpuint (path.control.base, <, 15 * MILLISECOND);
}

static void
test_minutes (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  bgc_delay_control_sample_empty (&path.control, path.now, 5 * MILLISECOND);
  for (guint i = 1; i <= 10; i++)
    {
      g_assert_cmpuint (path.control.base, ==, 5 * MILLISECOND);
      bgc_delay_control_sample_empty (&path.control, path.now + i * 60 * SECOND, 20 * MILLISECOND);
    }
  g_assert_cmpuint (path.control.base, ==, 20 * MILLISECOND);
}

static void
test_ceiling (void)
{
  Path path;

  path_init (&path, 20, 20, 20000);
  for (guint i = 0; i < 1000; i++)
    {
      path_run (&path, STEP);
      g_assert_cmpuint (bgc_delay_control_window (&path.control), <=, 20000);
    }
  g_assert_cmpuint (bgc_delay_control_window (&path.control), ==, 20000);
}

/* A server that is slow by itself: a large window would be of no use, and be given back slowly. */
static void
test_unused (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  path.most = 5000;
  path_run (&path, 10 * SECOND);
  g_assert_cmpuint (bgc_delay_control_window (&path.control), <=, 10 * 1448);
  path.most = 0;
  path_run (&path, 3 * SECOND);
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

static void
test_step_aside (void)
{
  Path path;

  path_init (&path, 20, 20, 16 << 20);
  path_run (&path, 3 * SECOND);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpuint (bgc_delay_control_step_aside (&path.control, path.now), ==, 1448);
      path_run (&path, 20 * MILLISECOND);
    }
  path_run (&path, 500 * MILLISECOND);
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

/* What a kernel may say. */
static void
test_nonsense (void)
{
  const BgcDelayControlSettings nothing = { 0 };
  BgcDelayControl control;

  bgc_delay_control_init (&control, &nothing);
  g_assert_cmpuint (bgc_delay_control_sample (&control, 0, 0, 0), ==, 0);
  g_assert_cmpuint (bgc_delay_control_sample (&control, 0, G_MAXUINT32, G_MAXUINT64), ==, 0);
  g_assert_cmpuint (bgc_delay_control_sample (&control, -5, 1, 1), ==, 0);
  g_assert_cmpuint (bgc_delay_control_step_aside (&control, G_MAXINT64 / 2), ==, 0);
}

/* ---- beside others, packet by packet ------------------------------------------------------------ */

/* The round trips of kernels before and since Linux 6.16. */
static const gboolean kernels[] = { FALSE, TRUE };

static void
control_init (BgcDelayControl *self, guint32 target)
{
  const BgcDelayControlSettings settings
    = { .target = target, .segment = 1448, .floor = 1448, .ceiling = 16 << 20 };

  bgc_delay_control_init (self, &settings);
}

static double
page_time (BgcBottleneck *link)
{
  return bgc_bottleneck_run_until_done (link, bgc_bottleneck_add (link, NULL, 100000));
}

/* What a page and a transfer take that are alone. */
static double
alone (const BgcBottleneckSettings *settings, double *page)
{
  BgcBottleneck *link = bgc_bottleneck_new (settings);
  double use;

  *page = page_time (link);
  bgc_bottleneck_add (link, NULL, 0);
  use = bgc_bottleneck_use (link, NULL, 8);
  bgc_bottleneck_free (link);
  return use;
}

static void
assert_idle_use (const BgcBottleneckSettings *settings)
{
  BgcBottleneck *link = bgc_bottleneck_new (settings);
  BgcDelayControl control;
  double wait, use;

  control_init (&control, 2500);
  bgc_bottleneck_add (link, &control, 0);
  /* Where even a sender that nobody holds back is not faster. */
  bgc_bottleneck_run (link, settings->base < 100 ? 2 : 4);
  bgc_bottleneck_take_wait (link);
  use = bgc_bottleneck_use (link, &control, settings->rate < 100 ? 60 : 10);
  wait = bgc_bottleneck_take_wait (link);
  g_test_message ("%.0f Mbit/s, %.0f ms, %s: use %.3f, wait %.1f ms", settings->rate, settings->base,
                  settings->latest ? "latest" : "average", use, wait);
  g_assert_cmpfloat (use, >, 0.9);
  g_assert_cmpfloat (wait * MILLISECOND, <, 1.7 * bgc_delay_control_target (&control));
  bgc_bottleneck_free (link);
}

static void
test_idle_use (void)
{
  static const double rates[] = { 2, 20, 200 };
  static const double bases[] = { 5, 20, 80, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (rates) * G_N_ELEMENTS (bases); i++)
    for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
      assert_idle_use (&(BgcBottleneckSettings){ .rate = rates[i / G_N_ELEMENTS (bases)],
                                                 .base = bases[i % G_N_ELEMENTS (bases)],
                                                 .buffer = 200,
                                                 .latest = kernels[k] });
}

/* Parts of what others have when they are alone that they keep, and seconds until the link is ours again. */
typedef struct
{
  double rate, base, buffer;
  guint ours;
  double kept;
  double page;
  double back;
} Beside;

static void
assert_beside (const Beside *beside, gboolean latest)
{
  BgcBottleneckSettings settings = { beside->rate, beside->base, beside->buffer, latest, 0 };
  BgcBottleneck *link = bgc_bottleneck_new (&settings);
  BgcDelayControl control;
  double page_alone, page, use_alone, use;
  guint transfer;

  use_alone = alone (&settings, &page_alone);
  control_init (&control, 2500);
  for (guint i = 0; i < beside->ours; i++)
    bgc_bottleneck_add (link, &control, 0);
  bgc_bottleneck_run (link, 5);
  page = page_time (link);
  bgc_bottleneck_run (link, 2);
  transfer = bgc_bottleneck_add (link, NULL, 0);
  use = bgc_bottleneck_use (link, NULL, 8);
  bgc_bottleneck_end (link, transfer);
  g_test_message ("%.0f Mbit/s, %.0f ms, buffer %.0f ms, %u of ours: kept %.3f, page %.2f", beside->rate,
                  beside->base, beside->buffer, beside->ours, use / use_alone, page / page_alone);
  g_assert_cmpfloat (use / use_alone, >, beside->kept);
  g_assert_cmpfloat (page / page_alone, <, beside->page);
  bgc_bottleneck_run (link, beside->back);
  g_assert_cmpfloat (bgc_bottleneck_use (link, &control, 1), >, 0.85);
  bgc_bottleneck_free (link);
}

static void
test_beside (void)
{
  static const Beside cases[] = {
    { 20, 20, 200, 1, 0.93, 1.25, 2 },   { 20, 20, 200, 4, 0.88, 1.25, 2 }, { 20, 20, 20, 1, 0.92, 1.25, 2 },
    { 20, 20, 20, 4, 0.85, 1.5, 2 },     { 2, 20, 200, 1, 0.93, 1.4, 2 },   { 20, 80, 200, 1, 0.97, 1.25, 4 },
    { 20, 200, 200, 1, 0.97, 1.25, 10 }, { 200, 20, 200, 1, 0.97, 1.3, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
      assert_beside (&cases[i], kernels[k]);
}

/* What is to be reached on a long and fast path by a time after which nobody could have done much better. */
typedef struct
{
  double rate, base, stall;
  double up;      /* seconds from the beginning */
  double back[2]; /* seconds after others end, by kernel: an average forgets their queue slowly */
} Long;

static const Long longs[] = {
  { 20, 200, 0, 2.5, { 8.5, 3 } },
  { 200, 80, 0, 2.5, { 4, 2 } },
  { 200, 80, 8, 2.5, { 4, 2 } },
  { 200, 200, 0, 3, { 9, 3 } },
  { 200, 200, 3, 3, { 10, 4 } },
};

/* Seconds until it carries what the link does, as a tenth of a second shows it. */
static double
time_to_fill (BgcBottleneck *link, const BgcDelayControl *control)
{
  double seconds = 0;

  do
    seconds += 0.1;
  while (bgc_bottleneck_use (link, control, 0.1) < 0.9 && seconds < 20);
  return seconds;
}

/* Whoever starts there finds the end of the path by its delay, so that our own queue must not move much. */
static void
assert_comes_and_goes (const Long *path, guint kernel)
{
  BgcBottleneckSettings settings = { path->rate, path->base, 200, kernels[kernel], path->stall };
  BgcBottleneck *link = bgc_bottleneck_new (&settings);
  BgcDelayControl control;
  double page, use_alone = alone (&settings, &page), up, back, use;

  control_init (&control, 2500);
  bgc_bottleneck_add (link, &control, 0);
  up = time_to_fill (link, &control);
  g_test_message ("%.0f Mbit/s, %.0f ms, stalls %.0f ms: up %.1f s", path->rate, path->base, path->stall, up);
  g_assert_cmpfloat (up, <=, path->up + 0.05);
  bgc_bottleneck_run (link, 2);
  g_assert_cmpfloat (bgc_bottleneck_use (link, &control, 5), >, 0.9);
  for (guint i = 0; i < 3; i++)
    {
      guint other = bgc_bottleneck_add (link, NULL, 0);

      use = bgc_bottleneck_use (link, NULL, 8);
      bgc_bottleneck_end (link, other);
      back = time_to_fill (link, &control);
      g_test_message ("kept %.3f, back %.1f s", use / use_alone, back);
      g_assert_cmpfloat (use / use_alone, >, 0.93);
      g_assert_cmpfloat (back, <=, path->back[kernel] + 0.05);
      bgc_bottleneck_run (link, 3 + i * 0.137);
    }
  bgc_bottleneck_free (link);
}

static void
test_comes_and_goes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (longs); i++)
    for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
      assert_comes_and_goes (&longs[i], k);
}

/* A machine that has other things to do is no queue. */
static void
test_busy_machine (void)
{
  static const double rates[] = { 20, 200 };
  static const double bases[] = { 80, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (rates) * G_N_ELEMENTS (bases); i++)
    {
      BgcBottleneckSettings settings = { rates[i / 2], bases[i % 2], 200, TRUE, 10 };
      BgcBottleneck *link = bgc_bottleneck_new (&settings);
      BgcDelayControl control;
      double use;

      control_init (&control, 2500);
      bgc_bottleneck_add (link, &control, 0);
      bgc_bottleneck_run (link, 4);
      use = bgc_bottleneck_use (link, &control, 20);
      g_test_message ("%.0f Mbit/s, %.0f ms: use %.3f", settings.rate, settings.base, use);
      g_assert_cmpfloat (use, >, 0.93);
      bgc_bottleneck_free (link);
    }
}

/* Looking at the empty path now and then costs little on long ones too. */
static void
test_slow_down_long (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    {
      BgcBottleneckSettings settings = { 200, 200, 200, kernels[k], 0 };
      BgcBottleneck *link = bgc_bottleneck_new (&settings);
      BgcDelayControl control;
      double use, least = 1;

      control_init (&control, 2500);
      bgc_bottleneck_add (link, &control, 0);
      bgc_bottleneck_run (link, 4);
      for (guint i = 0; i < 12; i++)
        {
          use = bgc_bottleneck_use (link, &control, 5);
          least = MIN (least, use);
        }
      g_test_message ("least %.3f", least);
      g_assert_cmpfloat (least, <, 0.8);
      g_assert_cmpfloat (least, >, 0.3);
      bgc_bottleneck_free (link);
    }
}

/* Who begins beside somebody else's queue never saw the path without it. */
static void
test_late_beside (void)
{
  for (guint k = 0; k < 2 * G_N_ELEMENTS (kernels); k++)
    {
      BgcBottleneckSettings settings = { 20, 20, k < 2 ? 200 : 20, kernels[k % 2], 0 };
      BgcBottleneck *link = bgc_bottleneck_new (&settings);
      BgcDelayControl control;

      control_init (&control, 2500);
      bgc_bottleneck_add (link, NULL, 0);
      bgc_bottleneck_run (link, 4);
      bgc_bottleneck_add (link, &control, 0);
      g_assert_cmpfloat (bgc_bottleneck_use (link, NULL, 20), >, 0.93);
      bgc_bottleneck_free (link);
    }
}

static void
test_priorities (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    {
      BgcBottleneckSettings settings = { 20, 20, 200, kernels[k], 0 };
      BgcBottleneck *link = bgc_bottleneck_new (&settings);
      BgcDelayControl high, low;

      control_init (&high, 5000);
      control_init (&low, 1500);
      bgc_bottleneck_add (link, &low, 0);
      bgc_bottleneck_run (link, 5);
      bgc_bottleneck_add (link, &high, 0);
      bgc_bottleneck_run (link, 3);
      g_assert_cmpfloat (bgc_bottleneck_use (link, &high, 10), >, 0.7);
      bgc_bottleneck_free (link);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/delay-control/first-window", test_first_window);
  g_test_add_func ("/delay-control/others", test_others);
  g_test_add_func ("/delay-control/slow-down", test_slow_down);
  g_test_add_func ("/delay-control/gives-way", test_gives_way);
  g_test_add_func ("/delay-control/late", test_late);
  g_test_add_func ("/delay-control/other-route", test_other_route);
  g_test_add_func ("/delay-control/minutes", test_minutes);
  g_test_add_func ("/delay-control/ceiling", test_ceiling);
  g_test_add_func ("/delay-control/unused", test_unused);
  g_test_add_func ("/delay-control/step-aside", test_step_aside);
  g_test_add_func ("/delay-control/nonsense", test_nonsense);
  g_test_add_func ("/delay-control/idle-use", test_idle_use);
  g_test_add_func ("/delay-control/beside", test_beside);
  g_test_add_func ("/delay-control/comes-and-goes", test_comes_and_goes);
  g_test_add_func ("/delay-control/busy-machine", test_busy_machine);
  g_test_add_func ("/delay-control/slow-down-long", test_slow_down_long);
  g_test_add_func ("/delay-control/late-beside", test_late_beside);
  g_test_add_func ("/delay-control/priorities", test_priorities);
  return g_test_run ();
}
