/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-allotment.h"

#define NONE  BGC_CAP_NONE
#define FORE  BGC_PRIORITY_FOREGROUND
#define HIGH  BGC_PRIORITY_HIGH
#define PLAIN BGC_PRIORITY_NORMAL
#define LOW   BGC_PRIORITY_LOW

typedef struct
{
  const char *name;
  guint64 all, owner;
  guint64 priorities[BGC_N_PRIORITIES]; /* 0 = none */
  guint n;
  BgcAllotment jobs[4]; /* rate: as expected */
} Case;

static const Case cases[] = {
  { "nobody", 1000, NONE, { 0 }, 0, { { 0 } } },
  { "no-caps", NONE, NONE, { 0 }, 2, { { 1, PLAIN, NONE, NONE, NONE }, { 2, LOW, 500, 10, 500 } } },
  { "one", 1000, NONE, { 0 }, 1, { { 1, LOW, NONE, NONE, 1000 } } },
  /* Owners the same, however many jobs each has. */
  { "owners", 1200, NONE, { 0 }, 3,
    { { 1, PLAIN, NONE, NONE, 600 }, { 2, PLAIN, NONE, NONE, 300 }, { 2, PLAIN, NONE, NONE, 300 } } },
  /* An owner's own jobs by weight; the other's priority is nothing to it. */
  { "weights", 1400, NONE, { 0 }, 4,
    { { 1, HIGH, NONE, NONE, 400 }, { 1, PLAIN, NONE, NONE, 200 }, { 1, LOW, NONE, NONE, 100 },
      { 2, LOW, NONE, NONE, 700 } } },
  { "foreground", 900, NONE, { 0 }, 2, { { 1, FORE, NONE, NONE, 800 }, { 1, LOW, NONE, NONE, 100 } } },
  { "per-owner", 1000, 300, { 0 }, 3,
    { { 1, PLAIN, NONE, NONE, 150 }, { 1, PLAIN, NONE, NONE, 150 }, { 2, PLAIN, NONE, NONE, 300 } } },
  { "own-limit", 1000, NONE, { 0 }, 2, { { 1, PLAIN, 100, NONE, 100 }, { 2, PLAIN, NONE, NONE, 900 } } },
  { "limit-above", 1000, NONE, { 0 }, 1, { { 1, PLAIN, 5000, NONE, 1000 } } },
  /* What one cannot use stays with its owner as long as that can use it. */
  { "within-first", 1000, NONE, { 0 }, 3,
    { { 1, PLAIN, 100, NONE, 100 }, { 1, PLAIN, NONE, NONE, 400 }, { 2, PLAIN, NONE, NONE, 500 } } },
  { "priority", NONE, NONE, { [LOW] = 100 }, 3,
    { { 1, LOW, NONE, NONE, 50 }, { 2, LOW, NONE, NONE, 50 }, { 1, PLAIN, NONE, NONE, NONE } } },
  { "priority-and-all", 1000, NONE, { [LOW] = 100 }, 2,
    { { 1, LOW, NONE, NONE, 100 }, { 2, PLAIN, NONE, NONE, 900 } } },
  /* The one moves 160 of its 500: the other has all the rest, and it itself a quarter more, and a little. */
  { "used", 1000, NONE, { 0 }, 2, { { 1, PLAIN, NONE, 160, 231 }, { 1, PLAIN, NONE, NONE, 840 } } },
  { "stuck", 3200, NONE, { 0 }, 2, { { 1, PLAIN, NONE, 0, 100 }, { 1, PLAIN, NONE, NONE, 3200 } } },
  /* It is held back by its share, not by what it could use. */
  { "used-more", 1000, NONE, { 0 }, 2, { { 1, PLAIN, NONE, 900, 500 }, { 1, PLAIN, NONE, NONE, 500 } } },
  { "used-and-limit", 1600, NONE, { 0 }, 2, { { 1, PLAIN, 170, 160, 170 }, { 1, PLAIN, NONE, NONE, 1440 } } },
  /* Never 0, which would be no rate at all. */
  { "zero", 1000, NONE, { [LOW] = 1 }, 2, { { 1, LOW, NONE, NONE, 1 }, { 1, LOW, NONE, NONE, 1 } } },
};

static void
test_case (gconstpointer data)
{
  const Case *given = data;
  BgcAllotment jobs[G_N_ELEMENTS (given->jobs)];
  BgcCaps caps;

  bgc_caps_init (&caps);
  caps.all = given->all;
  caps.owner = given->owner;
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    if (given->priorities[i] != 0)
      caps.priorities[i] = given->priorities[i];
  for (guint i = 0; i < given->n; i++)
    {
      jobs[i] = given->jobs[i];
      jobs[i].rate = 0;
    }
  bgc_allotment_share (jobs, given->n, &caps);
  for (guint i = 0; i < given->n; i++)
    g_assert_cmpuint (jobs[i].rate, ==, given->jobs[i].rate);
}

static guint64
least (guint64 a, guint64 b, guint64 c, guint64 d)
{
  return MIN (MIN (a, b), MIN (c, d));
}

/* Whatever is asked: no cap is passed, nothing that could be used is left, and nobody is above a limit. */
static void
test_random (void)
{
  for (guint round = 0; round < 2000; round++)
    {
      g_autoptr (GRand) random = g_rand_new_with_seed (round);
      guint n = (guint)g_rand_int_range (random, 1, 30);
      g_autofree BgcAllotment *jobs = g_new0 (BgcAllotment, n);
      guint64 sum = 0, wanted = 0;
      BgcCaps caps;

      bgc_caps_init (&caps);
      caps.all = (guint64)g_rand_int_range (random, 100000, 100000000);
      if (g_rand_boolean (random))
        caps.owner = (guint64)g_rand_int_range (random, 100000, 100000000);
      if (g_rand_boolean (random))
        caps.priorities[LOW] = (guint64)g_rand_int_range (random, 1000, 100000000);
      for (guint i = 0; i < n; i++)
        jobs[i] = (BgcAllotment){ .owner = (guint32)g_rand_int_range (random, 0, 5),
                                  .priority = (BgcPriority)g_rand_int_range (random, 0, BGC_N_PRIORITIES),
                                  .limit = g_rand_boolean (random) ? g_rand_int (random) / 100 + 1 : NONE,
                                  .used = NONE };
      bgc_allotment_share (jobs, n, &caps);
      for (guint i = 0; i < n; i++)
        {
          guint64 most = least (jobs[i].limit, caps.all, caps.owner, caps.priorities[jobs[i].priority]);

          g_assert_cmpuint (jobs[i].rate, <=, most);
          g_assert_cmpuint (jobs[i].rate, >, 0);
          sum += jobs[i].rate;
          wanted += most;
        }
      g_assert_cmpuint (sum, <=, caps.all + n);
      if (caps.owner == NONE && caps.priorities[LOW] == NONE)
        g_assert_cmpuint (sum + 2 * n, >=, MIN (wanted, caps.all));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/allotment/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/allotment/random", test_random);
  return g_test_run ();
}
