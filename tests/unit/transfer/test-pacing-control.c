/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-pacing-control.h"

#include <string.h>

#define MILLISECOND G_TIME_SPAN_MILLISECOND
#define SECOND      G_TIME_SPAN_SECOND
/* Between two samples, microseconds. */
#define STEP (5 * MILLISECOND)
#define SEGMENT 1448
/* Steps that a round trip can last in a test. */
#define STEPS 256u

/* A link with a queue of its own, which shows a round trip later. */
typedef struct
{
  BgcPacingControl control;
  gint64 now;       /* microseconds */
  double rate;      /* bytes a second */
  double base;      /* microseconds */
  double foreign;   /* microseconds of somebody else's queue */
  double share;     /* part of the link that is ours; 1 without others */
  double most;      /* bytes a second that we have to send; 0 = what we may */
  double queued;    /* bytes of ours */
  double left;      /* bytes that make no whole segment */
  double seen[STEPS];   /* microseconds of queue, of each step */
  double passed[STEPS]; /* bytes, of each step */
  guint step;
  double moved;     /* bytes, in all */
  double queue;     /* microseconds, the longest since it was set to 0 */
  guint slowed;     /* steps spent in slow-downs */
} Path;

static void
path_init (Path *self, double megabits, double milliseconds)
{
  const BgcPacingControlSettings settings = { .target = 5 * MILLISECOND, .segment = SEGMENT, .floor = 4 };

  *self = (Path){ .now = SECOND, .rate = megabits * 1e6 / 8, .base = milliseconds * MILLISECOND, .share = 1 };
  bgc_pacing_control_init (&self->control, &settings, (guint32)self->base);
  for (guint i = 0; i < STEPS; i++)
    self->seen[i] = 0;
}

/* What a step passes on is known a round trip later. */
static void
path_step (Path *self)
{
  double seconds = (double)STEP / SECOND;
  double sent = (double)bgc_pacing_control_rate (&self->control);
  double able = self->rate * self->share * seconds;
  guint trip = (guint)(self->base / STEP);
  double passed;
  guint before;

  self->queued += (self->most > 0 ? MIN (sent, self->most) : sent) * seconds;
  passed = MIN (self->queued, able);
  self->queued -= passed;
  self->passed[self->step % STEPS] = passed;
  self->seen[self->step % STEPS] = self->queued / able * seconds * SECOND + self->foreign;
  self->queue = MAX (self->queue, self->queued / able * seconds * SECOND);
  before = (self->step + STEPS - MIN (trip, STEPS - 1)) % STEPS;
  self->left += self->passed[before];
  passed = (double)((guint)(self->left / (2 * SEGMENT)) * 2 * SEGMENT);
  self->left -= passed;
  self->moved += passed;
  if (passed > 0)
    bgc_pacing_control_sample (&self->control, self->now, (guint32)(self->base + self->seen[before]),
                               (guint64)passed);
  self->slowed += self->control.phase == BGC_PACING_CONTROL_SLOWED ? 1 : 0;
  self->step++;
  self->now += STEP;
}

static void
path_run (Path *self, gint64 time)
{
  for (gint64 end = self->now + time; self->now < end;)
    path_step (self);
}

/* Part of what the link could carry in that time. */
static double
path_use (Path *self, gint64 time)
{
  double before = self->moved, use;

  self->queue = 0;
  path_run (self, time);
  use = (self->moved - before) / (self->rate * (double)time / SECOND);
  g_test_message ("%.0f Mbit/s, %.0f ms: use %.3f, longest queue %.1f ms, rate %.2f Mbit/s",
                  self->rate * 8 / 1e6, self->base / MILLISECOND, use, self->queue / MILLISECOND,
                  self->control.rate * 8 / 1e6);
  return use;
}

static void
test_start (void)
{
  static const double cases[][2] = { { 2, 5 },   { 2, 20 },   { 2, 80 },   { 20, 5 },  { 20, 20 },
                                     { 20, 80 }, { 20, 200 }, { 200, 20 }, { 200, 80 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Path path;
      double segment = 2 * SEGMENT * 8 / cases[i][0];

      path_init (&path, cases[i][0], cases[i][1]);
      path_use (&path, 3 * SECOND);
      path_run (&path, 4 * SECOND);
      g_assert_cmpfloat (path_use (&path, 10 * SECOND), >, 0.93);
      g_assert_cmpfloat (path.queue, <, 2.0 * bgc_pacing_control_target (&path.control) + segment);
    }
}

static void
test_others (void)
{
  Path path;

  path_init (&path, 20, 20);
  path_run (&path, 3 * SECOND);
  path.foreign = 100 * MILLISECOND;
  path.share = 0.1;
  path_run (&path, SECOND);
  g_assert_cmpfloat (path.control.rate, <, 1.2e6 / 8);
  path_run (&path, 4 * SECOND);
  /* What still trickles does not take the queue for the path. */
  g_assert_true (bgc_pacing_control_gives_way (&path.control));
  g_assert_cmpfloat (path.control.rate, <, 0.4e6 / 8);
  path.foreign = 0;
  path.share = 1;
  path_run (&path, SECOND);
  g_assert_false (bgc_pacing_control_gives_way (&path.control));
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

/* Somebody fills a short queue that our trickle does not see: each try to come back ends in it. */
static void
test_tries (void)
{
  Path path;
  double before;

  path_init (&path, 20, 20);
  path_run (&path, 3 * SECOND);
  path.foreign = 100 * MILLISECOND;
  path.share = 0.1;
  path_run (&path, 3 * SECOND);
  before = path.moved;
  for (guint i = 0; i < 2000; i++)
    {
      path.foreign = path.control.rate > 60000 ? 100 * MILLISECOND : 0;
      path_step (&path);
    }
  g_assert_true (bgc_pacing_control_gives_way (&path.control));
  /* A twentieth of the link, of ten seconds. */
  g_assert_cmpfloat (path.moved - before, <, 1.25e6);
  path.foreign = 0;
  path.share = 1;
  path_run (&path, 2 * SECOND);
  g_assert_false (bgc_pacing_control_gives_way (&path.control));
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

/* Half of the link is somebody's who never has a queue. */
static void
test_half (void)
{
  Path path;

  path_init (&path, 20, 20);
  path_run (&path, 3 * SECOND);
  path.share = 0.5;
  path_run (&path, 4 * SECOND);
  g_assert_cmpfloat (path_use (&path, 5 * SECOND), >, 0.46);
  g_assert_cmpfloat (path.queue, <, 8 * MILLISECOND);
  path.share = 1;
  path_run (&path, 2 * SECOND);
  g_assert_cmpfloat (path_use (&path, 2 * SECOND), >, 0.9);
}

static void
test_slow_down (void)
{
  Path path;

  path_init (&path, 20, 20);
  g_assert_cmpfloat (path_use (&path, 120 * SECOND), >, 0.93);
  g_assert_cmpuint (path.slowed, >, 0);
}

static void
test_step_aside (void)
{
  Path path;

  path_init (&path, 20, 20);
  path_run (&path, 3 * SECOND);
  for (guint i = 0; i < 20; i++)
    {
      bgc_pacing_control_step_aside (&path.control, path.now);
      g_assert_cmpfloat (path.control.rate, <, 0.4e6 / 8);
      path_run (&path, 20 * MILLISECOND);
    }
  path_run (&path, 700 * MILLISECOND);
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

static void
test_other_route (void)
{
  static const double longer[] = { 30, 35, 45, 60, 120 };

  for (guint i = 0; i < G_N_ELEMENTS (longer); i++)
    {
      Path path;

      path_init (&path, 20, 20);
      path_run (&path, 5 * SECOND);
      path.base = longer[i] * MILLISECOND;
      path_run (&path, 40 * SECOND);
      g_assert_cmpuint (path.control.base, >=, (guint32)path.base - MILLISECOND);
      g_assert_cmpfloat (path_use (&path, 3 * SECOND), >, 0.9);
    }
}

/* A source that is slow by itself does not make the rate run away. */
static void
test_unused (void)
{
  Path path;

  path_init (&path, 20, 20);
  path.most = 200000;
  path_run (&path, 10 * SECOND);
  g_assert_cmpfloat (path.control.rate, <=, 10.0 * SEGMENT * 50);
  path.most = 0;
  path_run (&path, 3 * SECOND);
  g_assert_cmpfloat (path_use (&path, SECOND), >, 0.9);
}

static void
test_base (void)
{
  Path path;

  path_init (&path, 20, 20);
  bgc_pacing_control_sample_empty (&path.control, path.now, 5 * MILLISECOND);
  bgc_pacing_control_sample_empty (&path.control, path.now + 6 * 60 * SECOND, 20 * MILLISECOND);
  g_assert_cmpuint (path.control.base, ==, 5 * MILLISECOND);
  bgc_pacing_control_sample_empty (&path.control, path.now + 12 * 60 * SECOND, 20 * MILLISECOND);
  g_assert_cmpuint (path.control.base, ==, 20 * MILLISECOND);
}

/* What a kernel may say. */
static void
test_nonsense (void)
{
  const BgcPacingControlSettings nothing = { 0 };
  BgcPacingControl control;

  bgc_pacing_control_init (&control, &nothing, 0);
  bgc_pacing_control_sample (&control, 0, 0, 0);
  bgc_pacing_control_sample (&control, 0, G_MAXUINT32, G_MAXUINT64);
  bgc_pacing_control_sample (&control, -5, 1, 1);
  bgc_pacing_control_sample (&control, G_MAXINT64 / 2, 1, 0);
  bgc_pacing_control_step_aside (&control, G_MAXINT64 / 2);
  g_assert_cmpuint (bgc_pacing_control_rate (&control), <, G_MAXINT32);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pacing-control/start", test_start);
  g_test_add_func ("/pacing-control/others", test_others);
  g_test_add_func ("/pacing-control/tries", test_tries);
  g_test_add_func ("/pacing-control/half", test_half);
  g_test_add_func ("/pacing-control/slow-down", test_slow_down);
  g_test_add_func ("/pacing-control/step-aside", test_step_aside);
  g_test_add_func ("/pacing-control/other-route", test_other_route);
  g_test_add_func ("/pacing-control/unused", test_unused);
  g_test_add_func ("/pacing-control/base", test_base);
  g_test_add_func ("/pacing-control/nonsense", test_nonsense);
  return g_test_run ();
}
