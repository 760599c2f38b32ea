/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-shares.h"

#include "bgc-rig.h"

#define MB G_GUINT64_CONSTANT (1000000)

/* As much of an engine as shares need. */
typedef struct
{
  BgcEngine engine;
  BgcWorkersFake *workers;
  BgcClockFake *clock;
  BgcEntry *entries[4];
  guint n;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->workers = bgc_workers_fake_new ();
  scene->clock = bgc_clock_fake_new (RIG_WALL, RIG_BOOT);
  scene->engine.workers = BGC_WORKERS (scene->workers);
  scene->engine.clock = BGC_CLOCK (scene->clock);
  scene->engine.queue = bgc_queue_new ();
  bgc_caps_init (&scene->engine.caps);
  scene->engine.shares = bgc_shares_new (&scene->engine);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < scene->n; i++)
    bgc_shares_leave (scene->engine.shares, scene->entries[i]);
  bgc_shares_free (scene->engine.shares);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  bgc_queue_free (scene->engine.queue);
  g_object_unref (scene->clock);
  g_object_unref (scene->workers);
}

static BgcEntry *
start (Scene *scene, guint32 owner, guint64 limit)
{
  BgcJobId id = { { (guint8)++scene->n } };
  BgcLimits limits;
  BgcEntry *entry;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, owner, "job", 0, &limits);
  job->bandwidth_limit = limit;
  entry = scene->entries[scene->n - 1] = bgc_queue_add (scene->engine.queue, job, 0);
  bgc_workers_start_job_async (scene->engine.workers, job, 1, bgc_shares_join (scene->engine.shares, entry),
                               NULL, NULL);
  return entry;
}

static void
cap_all (Scene *scene, guint64 rate)
{
  scene->engine.caps.all = rate;
  bgc_shares_update (scene->engine.shares);
}

static void
set_limit (Scene *scene, BgcEntry *entry, guint64 limit)
{
  entry->job->bandwidth_limit = limit;
  bgc_shares_reconsider (scene->engine.shares, entry);
}

static guint64
rate_of (Scene *scene, BgcEntry *entry)
{
  guint64 rate = bgc_workers_fake_find (scene->workers, &entry->job->id)->rate;

  g_assert_cmpuint (bgc_shares_rate (entry), ==, rate);
  return rate;
}

/* Each job moves @rates bytes a second for a second, and says so four times. */
static void
move (Scene *scene, const guint64 *rates)
{
  for (guint quarter = 0; quarter < 4; quarter++)
    {
      bgc_clock_fake_advance (scene->clock, SECOND / 4);
      for (guint i = 0; i < scene->n; i++)
        {
          BgcWorkersFakeRun *run = bgc_workers_fake_find (scene->workers, &scene->entries[i]->job->id);

          run->received += rates[i] / 4;
          if (rates[i] > 0)
            bgc_shares_moved (scene->engine.shares, scene->entries[i], run->received);
        }
    }
}

static void
test_nothing_capped (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 0), *b = start (scene, 2, 0);

  g_assert_cmpuint (rate_of (scene, a), ==, BGC_CAP_NONE);
  g_assert_cmpuint (rate_of (scene, b), ==, BGC_CAP_NONE);
  /* Nothing is looked at. */
  g_assert_cmpint (bgc_clock_fake_next (scene->clock), ==, -1);
}

/* Shared by those that run: from the start, when others come and go, when the cap changes and ends. */
static void
test_cap (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 0), *b, *c;

  cap_all (scene, 12 * MB);
  g_assert_cmpuint (rate_of (scene, a), ==, 12 * MB);
  /* With nobody to share with there is nothing to look at. */
  g_assert_cmpint (bgc_clock_fake_next (scene->clock), ==, -1);
  b = start (scene, 1, 0);
  g_assert_cmpuint (rate_of (scene, a), ==, 6 * MB);
  g_assert_cmpuint (rate_of (scene, b), ==, 6 * MB);
  g_assert_cmpint (bgc_clock_fake_next (scene->clock), !=, -1);
  c = start (scene, 2, 0);
  g_assert_cmpuint (rate_of (scene, a), ==, 3 * MB);
  g_assert_cmpuint (rate_of (scene, c), ==, 6 * MB);
  bgc_shares_leave (scene->engine.shares, c);
  bgc_shares_leave (scene->engine.shares, c);
  g_assert_cmpuint (bgc_shares_rate (c), ==, BGC_CAP_NONE);
  g_assert_cmpuint (rate_of (scene, a), ==, 6 * MB);
  cap_all (scene, 2 * MB);
  g_assert_cmpuint (rate_of (scene, a), ==, MB);
  /* Another run of it. */
  g_assert_cmpuint (bgc_shares_join (scene->engine.shares, a), ==, MB);
  g_assert_cmpuint (rate_of (scene, b), ==, MB);
  cap_all (scene, BGC_CAP_NONE);
  g_assert_cmpuint (rate_of (scene, b), ==, BGC_CAP_NONE);
  g_assert_cmpint (bgc_clock_fake_next (scene->clock), ==, -1);
}

/* A job's own, from the start and while it runs, alone and with a cap. */
static void
test_limit (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 100000), *b = start (scene, 1, 0);

  g_assert_cmpuint (rate_of (scene, a), ==, 100000);
  g_assert_cmpuint (rate_of (scene, b), ==, BGC_CAP_NONE);
  g_assert_cmpint (bgc_clock_fake_next (scene->clock), ==, -1);
  cap_all (scene, MB);
  g_assert_cmpuint (rate_of (scene, b), ==, 900000);
  set_limit (scene, a, 300000);
  g_assert_cmpuint (rate_of (scene, a), ==, 300000);
  g_assert_cmpuint (rate_of (scene, b), ==, 700000);
  set_limit (scene, a, 0);
  g_assert_cmpuint (rate_of (scene, a), ==, 500000);
  a->job->priority = BGC_PRIORITY_HIGH;
  bgc_shares_reconsider (scene->engine.shares, a);
  g_assert_cmpuint (rate_of (scene, a), ==, 666666);
  cap_all (scene, BGC_CAP_NONE);
  g_assert_cmpuint (rate_of (scene, a), ==, BGC_CAP_NONE);
}

/* What a slow server leaves goes to the other after a moment, and comes back when it is fast. */
static void
test_slow (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 0), *b = start (scene, 1, 0);
  guint64 rates[2] = { 100000, 500000 };

  cap_all (scene, MB);
  for (guint second = 0; second < 4; second++)
    {
      move (scene, rates);
      rates[1] = rate_of (scene, b);
    }
  g_assert_cmpuint (rates[1], >=, 895000);
  g_assert_cmpuint (rates[1], <=, 905000);
  /* It may show that it can do more. */
  g_assert_cmpuint (rate_of (scene, a), >=, 125000);
  g_assert_cmpuint (rate_of (scene, a), <=, 170000);
  /* It stays so as long as the server does. */
  for (guint second = 0; second < 20; second++)
    {
      move (scene, rates);
      g_assert_cmpuint (rate_of (scene, b), >=, 890000);
    }
  for (guint second = 0; second < 3; second++)
    {
      rates[0] = rate_of (scene, a);
      rates[1] = rate_of (scene, b);
      move (scene, rates);
    }
  g_assert_cmpuint (rate_of (scene, a), ==, 500000);
  g_assert_cmpuint (rate_of (scene, b), ==, 500000);
}

/* A server that says nothing at all. */
static void
test_stuck (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 0), *b = start (scene, 1, 0);
  guint64 rates[2] = { 0, 500000 };

  cap_all (scene, MB);
  for (guint second = 0; second < 3; second++)
    {
      move (scene, rates);
      rates[1] = rate_of (scene, b);
    }
  g_assert_cmpuint (rate_of (scene, b), ==, MB);
  g_assert_cmpuint (rate_of (scene, a), <, 50000);
}

/* Those that use all they may keep it, also where others come and go all the time. */
static void
test_steady (Scene *scene, gconstpointer data)
{
  BgcEntry *a = start (scene, 1, 0), *b = start (scene, 1, 0), *c = start (scene, 2, 0);

  cap_all (scene, MB);
  for (guint second = 0; second < 12; second++)
    {
      guint64 rates[3] = { rate_of (scene, a), rate_of (scene, b), 0 };

      g_assert_cmpuint (rates[0], ==, second % 2 == 0 ? 250000 : 500000);
      g_assert_cmpuint (rates[1], ==, rates[0]);
      move (scene, rates);
      if (second % 2 == 0)
        bgc_shares_leave (scene->engine.shares, c);
      else
        bgc_shares_join (scene->engine.shares, c);
    }
}

static gboolean
modify_limit (BgcJob *draft, gpointer limit, GError **error)
{
  draft->bandwidth_limit = GPOINTER_TO_UINT (limit);
  return TRUE;
}

/* With the rest of the engine: a job's limit holds from its start and changes with no new one, and a crash
 * does not forget it. */
static void
test_whole (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_create (rig, 1, FALSE);
  guint started;

  rig_modify (rig, &id, modify_limit, GUINT_TO_POINTER (1234));
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
  g_assert_cmpuint (bgc_workers_fake_find (rig->workers, &id)->rate, ==, 1234);
  started = bgc_workers_fake_log (rig->workers)->len;
  rig_modify (rig, &id, modify_limit, GUINT_TO_POINTER (5678));
  g_assert_cmpuint (bgc_workers_fake_find (rig->workers, &id)->rate, ==, 5678);
  g_assert_cmpuint (bgc_workers_fake_log (rig->workers)->len, ==, started);
  rig_crash (rig);
  rig_start (rig);
  rig_settle (rig);
  g_assert_cmpuint (bgc_workers_fake_find (rig->workers, &id)->rate, ==, 5678);
  rig_modify (rig, &id, modify_limit, GUINT_TO_POINTER (0));
  g_assert_cmpuint (bgc_workers_fake_find (rig->workers, &id)->rate, ==, BGC_CAP_NONE);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*run) (Scene *scene, gconstpointer data);
  } tests[] = {
    { "/shares/nothing-capped", test_nothing_capped },
    { "/shares/cap", test_cap },
    { "/shares/limit", test_limit },
    { "/shares/slow", test_slow },
    { "/shares/stuck", test_stuck },
    { "/shares/steady", test_steady },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Scene, NULL, set_up, tests[i].run, tear_down);
  g_test_add_func ("/shares/whole", test_whole);
  return g_test_run ();
}
