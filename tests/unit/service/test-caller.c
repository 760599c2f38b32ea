/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-caller.h"

static guint dropped;

static void
drop (gpointer call)
{
  dropped++;
  g_free (call);
}

static void
test_waits_until_known (void)
{
  g_autoptr (BgcCaller) caller = bgc_caller_new (":1.1", drop);
  gpointer first = g_new0 (int, 1), second = g_new0 (int, 1);

  g_assert_true (bgc_caller_admit (caller, first));
  g_assert_true (bgc_caller_admit (caller, second));
  g_assert_null (bgc_caller_next (caller));
  caller->status = BGC_CALLER_KNOWN;
  g_assert_true (bgc_caller_next (caller) == first);
  g_assert_true (bgc_caller_next (caller) == second);
  g_assert_null (bgc_caller_next (caller));
  g_free (first);
  g_free (second);
}

static void
test_bounds (void)
{
  g_autoptr (BgcCaller) caller = bgc_caller_new (":1.1", drop);
  g_autofree int *refused = g_new0 (int, 1);

  caller->status = BGC_CALLER_KNOWN;
  for (guint i = 0; i < BGC_CALLER_MAX_CALLS; i++)
    g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  g_assert_false (bgc_caller_admit (caller, refused));
  for (guint i = 0; i < BGC_CALLER_MAX_WORKING; i++)
    g_free (bgc_caller_next (caller));
  g_assert_null (bgc_caller_next (caller));
  /* What is worked on counts too, until it has been answered. */
  g_assert_false (bgc_caller_admit (caller, refused));
  bgc_caller_done (caller);
  g_assert_true (bgc_caller_admit (caller, g_steal_pointer (&refused)));
  g_free (bgc_caller_next (caller));
}

/* Refusing takes no place of those that are worked on, and is bounded too. */
static void
test_holds (void)
{
  g_autoptr (BgcCaller) caller = bgc_caller_new (":1.1", drop);

  caller->status = BGC_CALLER_KNOWN;
  g_assert_cmpuint (bgc_caller_next_held (caller), ==, 0);
  caller->working = BGC_CALLER_MAX_WORKING;
  g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  g_assert_false (bgc_caller_is_ready (caller));
  for (guint i = 1; i <= BGC_CALLER_MAX_CALLS; i++)
    g_assert_true (bgc_caller_hold (caller, i));
  g_assert_false (bgc_caller_hold (caller, 1000));
  g_assert_true (bgc_caller_is_ready (caller));
  g_assert_null (bgc_caller_next (caller));
  g_assert_cmpuint (bgc_caller_next_held (caller), ==, 1);
  g_assert_cmpuint (bgc_caller_next_held (caller), ==, 2);
  bgc_caller_leave (caller);
  g_assert_cmpuint (bgc_caller_next_held (caller), ==, 0);
}

static void
test_leaving_drops_what_waits (void)
{
  BgcCaller *caller = bgc_caller_new (":1.1", drop);

  dropped = 0;
  g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  bgc_caller_leave (caller);
  g_assert_true (caller->gone);
  g_assert_cmpuint (dropped, ==, 2);
  g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  bgc_caller_unref (caller);
  g_assert_cmpuint (dropped, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/caller/waits-until-known", test_waits_until_known);
  g_test_add_func ("/caller/bounds", test_bounds);
  g_test_add_func ("/caller/holds", test_holds);
  g_test_add_func ("/caller/leaving-drops-what-waits", test_leaving_drops_what_waits);
  return g_test_run ();
}
