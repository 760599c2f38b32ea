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
  bgc_foreign_traffic_add (traffic, 1000);
  g_assert_false (bgc_foreign_traffic_look (traffic, G_USEC_PER_SEC));
  bgc_foreign_traffic_free (traffic);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/foreign-traffic/beginning", test_beginning);
  g_test_add_func ("/foreign-traffic/lasting", test_lasting);
  g_test_add_func ("/foreign-traffic/noise", test_noise);
  g_test_add_func ("/foreign-traffic/counter", test_counter);
  return g_test_run ();
}
