/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-foreign-traffic.h"

static gboolean
judge_often (BgcForeignTrafficRule *rule, guint times, guint64 all, guint64 own)
{
  gboolean seen = FALSE;

  for (guint i = 0; i < times; i++)
    seen = bgc_foreign_traffic_judge (rule, all, own) || seen;
  return seen;
}

static void
test_beginning (void)
{
  BgcForeignTrafficRule rule = { 0 };

  g_assert_false (judge_often (&rule, 10, 50000, 50000));
  g_assert_true (bgc_foreign_traffic_judge (&rule, 65000, 50000));
  g_assert_true (bgc_foreign_traffic_judge (&rule, 40000, 20000));
  g_assert_false (bgc_foreign_traffic_judge (&rule, 20000, 20000));
  /* A pause of a few intervals is not quiet. */
  g_assert_false (bgc_foreign_traffic_judge (&rule, 40000, 20000));
}

/* Another worker's background traffic, which lasts. */
static void
test_lasting (void)
{
  BgcForeignTrafficRule rule = { 0 };
  guint held = 0;

  g_assert_false (judge_often (&rule, 10, 0, 0));
  for (guint i = 0; i < 1000; i++)
    held += bgc_foreign_traffic_judge (&rule, 50000, 25000) ? 1 : 0;
  g_assert_cmpuint (held, >, 5);
  g_assert_cmpuint (held, <, 50);
}

static void
test_noise (void)
{
  BgcForeignTrafficRule rule = { 0 };

  g_assert_false (judge_often (&rule, 10, 2000, 0));
  g_assert_false (judge_often (&rule, 10, 2600000, 2500000));
  g_assert_false (judge_often (&rule, 10, 1000, 2000));
}

/* A machine that is busy between two looks counts some of our own an interval later: nobody has begun. */
static void
test_late (void)
{
  BgcForeignTrafficRule rule = { 0 };

  g_assert_false (judge_often (&rule, 10, 500000, 500000));
  g_assert_false (bgc_foreign_traffic_judge (&rule, 400000, 500000));
  g_assert_false (bgc_foreign_traffic_judge (&rule, 600000, 500000));
  g_assert_false (judge_often (&rule, 10, 500000, 500000));
  /* What was far too much hides somebody for one interval alone. */
  g_assert_false (bgc_foreign_traffic_judge (&rule, 500000, 50000000));
  g_assert_false (bgc_foreign_traffic_judge (&rule, 600000, 500000));
  g_assert_true (bgc_foreign_traffic_judge (&rule, 600000, 500000));
}

/* What others say comes in portions of its own: some of an interval is said in the next, or before. */
static void
test_said (void)
{
  const guint64 said[] = { 25000, 37000, 14000, 24000, 26000, 32000, 18000, 25000 };
  BgcForeignTrafficClaim claim = { 0 };
  BgcForeignTrafficRule rule = { 0 };
  guint noisy = 0;

  /* Said ahead of the interval, as others look at their sockets later than we look at the counter. */
  bgc_foreign_traffic_believe (&claim, 30000, 20000, 22000);
  for (guint i = 0; i < 1000; i++)
    {
      guint64 believed = bgc_foreign_traffic_believe (&claim, 45000, 20000, said[i % G_N_ELEMENTS (said)]);

      g_assert_cmpuint (believed, <=, 25000);
      noisy += bgc_foreign_traffic_judge (&rule, 45000, 20000 + believed) ? 1 : 0;
    }
  g_assert_cmpuint (noisy, ==, 0);
  /* Somebody else begins, beside them. */
  for (guint i = 0; i < 10; i++)
    noisy += bgc_foreign_traffic_judge (
               &rule, 70000, 20000 + bgc_foreign_traffic_believe (&claim, 70000, 20000, 25000))
               ? 1
               : 0;
  g_assert_cmpuint (noisy, >=, 8);
}

/* Who says too much hides somebody else only while he says it. */
static void
test_said_too_much (void)
{
  BgcForeignTrafficClaim claim = { 0 };

  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (bgc_foreign_traffic_believe (&claim, 50000, 20000, G_MAXUINT64), ==, 30000);
  g_assert_cmpuint (bgc_foreign_traffic_believe (&claim, 1000, 20000, G_MAXUINT64), ==, 0);
  g_assert_cmpuint (bgc_foreign_traffic_believe (&claim, 50000, 20000, 0), <=, 30000);
  g_assert_cmpuint (bgc_foreign_traffic_believe (&claim, 50000, 20000, 0), ==, 0);
}

static void
test_counter (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GInetAddress) nobody = g_inet_address_new_from_string ("192.0.2.77");
  BgcForeignTraffic *traffic = bgc_foreign_traffic_new (loopback, FALSE);

  g_assert_null (bgc_foreign_traffic_new (nobody, TRUE));
  if (traffic == NULL)
    {
      g_test_skip ("no counters in /sys");
      return;
    }
  bgc_foreign_traffic_count (traffic, G_USEC_PER_SEC);
  bgc_foreign_traffic_add (traffic, 1000);
  g_assert_false (bgc_foreign_traffic_look (traffic, G_USEC_PER_SEC));
  g_assert_cmpuint (bgc_foreign_traffic_interface (traffic), ==, 1);
  bgc_foreign_traffic_free (traffic);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/foreign-traffic/beginning", test_beginning);
  g_test_add_func ("/foreign-traffic/lasting", test_lasting);
  g_test_add_func ("/foreign-traffic/noise", test_noise);
  g_test_add_func ("/foreign-traffic/late", test_late);
  g_test_add_func ("/foreign-traffic/said", test_said);
  g_test_add_func ("/foreign-traffic/said-too-much", test_said_too_much);
  g_test_add_func ("/foreign-traffic/counter", test_counter);
  return g_test_run ();
}
