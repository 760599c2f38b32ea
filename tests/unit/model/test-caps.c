/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-caps.h"

static void
test_none (void)
{
  BgcCaps caps, other;

  bgc_caps_init (&caps);
  bgc_caps_init (&other);
  g_assert_true (bgc_caps_equal (&caps, &other));
  g_assert_false (bgc_caps_any (&caps));
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    g_assert_true (bgc_caps_allow (&caps, i));
}

static void
test_each_counts (void)
{
  BgcCaps caps, none;
  guint64 *const fields[] = { &caps.all, &caps.owner, &caps.priorities[BGC_PRIORITY_FOREGROUND],
                              &caps.priorities[BGC_PRIORITY_LOW] };

  bgc_caps_init (&none);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      bgc_caps_init (&caps);
      *fields[i] = 1000;
      g_assert_true (bgc_caps_any (&caps));
      g_assert_false (bgc_caps_equal (&caps, &none));
      g_assert_true (bgc_caps_allow (&caps, BGC_PRIORITY_LOW));
    }
}

static void
test_nothing_runs (void)
{
  BgcCaps caps;

  bgc_caps_init (&caps);
  caps.priorities[BGC_PRIORITY_LOW] = 0;
  g_assert_false (bgc_caps_allow (&caps, BGC_PRIORITY_LOW));
  g_assert_true (bgc_caps_allow (&caps, BGC_PRIORITY_NORMAL));
  caps.all = 0;
  g_assert_false (bgc_caps_allow (&caps, BGC_PRIORITY_FOREGROUND));
  bgc_caps_init (&caps);
  caps.owner = 0;
  g_assert_false (bgc_caps_allow (&caps, BGC_PRIORITY_NORMAL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/caps/none", test_none);
  g_test_add_func ("/caps/each-counts", test_each_counts);
  g_test_add_func ("/caps/nothing-runs", test_nothing_runs);
  return g_test_run ();
}
