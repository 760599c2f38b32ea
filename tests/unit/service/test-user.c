/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-user.h"

static BgcCaller *
known_caller (const char *name)
{
  BgcCaller *caller = bgc_caller_new (name, g_free);

  caller->status = BGC_CALLER_KNOWN;
  return caller;
}

static void
assert_refused (const BgcUser *user, guint64 bytes)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_user_allows (user, bytes, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED);
}

static void
test_bounds (void)
{
  g_autoptr (BgcUser) user = bgc_user_new (1000);

  g_assert_true (bgc_user_is_idle (user));
  user->connections = BGC_USER_MAX_CONNECTIONS;
  user->calls = BGC_USER_MAX_CALLS - 1;
  g_assert_true (bgc_user_allows (user, 0, NULL));
  user->calls++;
  assert_refused (user, 0);
  user->calls = 1;
  user->bytes = BGC_USER_MAX_BYTES;
  g_assert_true (bgc_user_allows (user, 0, NULL));
  assert_refused (user, 1);
  user->bytes = 0;
  user->connections++;
  assert_refused (user, 0);
  /* One call may be as large as the bus lets it. */
  user->connections = 1;
  user->calls = 0;
  g_assert_true (bgc_user_allows (user, BGC_USER_MAX_BYTES + 1, NULL));
}

static void
test_turns (void)
{
  g_autoptr (BgcUser) user = bgc_user_new (1000);
  g_autoptr (BgcCaller) first = known_caller (":1.1");
  g_autoptr (BgcCaller) second = known_caller (":1.2");

  bgc_user_line_up (user, first);
  g_assert_false (bgc_user_is_ready (user));
  g_assert_true (bgc_caller_admit (first, g_new0 (int, 1)));
  g_assert_true (bgc_caller_admit (second, g_new0 (int, 1)));
  bgc_user_line_up (user, first);
  bgc_user_line_up (user, second);
  bgc_user_line_up (user, first);
  user->working = BGC_USER_MAX_WORKING;
  g_assert_null (bgc_user_next (user));
  user->working--;
  g_assert_true (bgc_user_is_ready (user));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (BgcCaller) next = bgc_user_next (user);

      g_assert_true (next == (i == 0 ? first : second));
      g_assert_false (next->in_line);
    }
  g_assert_null (bgc_user_next (user));
}

/* Who has much waiting is answered at a pace, after the first few; others when it is their turn. */
static void
test_pace (void)
{
  g_autoptr (BgcUser) user = bgc_user_new (1000);
  gint64 now = 1000000;

  user->calls = BGC_USER_FEW_CALLS;
  user->connections = BGC_USER_FEW_CONNECTIONS;
  for (guint i = 0; i < 1000; i++)
    bgc_user_pace (user, now);
  g_assert_cmpint (bgc_user_due (user, now), <=, now);
  /* Then nothing is owed, but there is nothing left to catch up with either. */
  user->connections++;
  g_assert_cmpint (bgc_user_due (user, now), ==, now);
  bgc_user_pace (user, now);
  g_assert_cmpint (bgc_user_due (user, now), ==, now + BGC_USER_PACE);
  user->connections--;
  user->held = 1;
  g_assert_cmpint (bgc_user_due (user, now), ==, now + BGC_USER_PACE);
  now += 2000 * BGC_USER_PACE;
  for (guint i = 0; i <= BGC_USER_BURST; i++)
    {
      g_assert_cmpint (bgc_user_due (user, now), <=, now);
      bgc_user_pace (user, now);
    }
  g_assert_cmpint (bgc_user_due (user, now), ==, now + BGC_USER_PACE);
  now += 2 * BGC_USER_PACE;
  g_assert_cmpint (bgc_user_due (user, now), <, now);
}

/* So many answers, and then the bus has to be heard. */
static void
test_window (void)
{
  g_autoptr (BgcUser) user = bgc_user_new (1000);
  g_autoptr (BgcCaller) caller = known_caller (":1.1");
  guint asked = 0;

  g_assert_true (bgc_caller_admit (caller, g_new0 (int, 1)));
  bgc_user_line_up (user, caller);
  for (guint i = 0; i < BGC_USER_WINDOW; i++)
    {
      g_assert_true (bgc_user_is_ready (user));
      asked += bgc_user_answered (user);
    }
  g_assert_cmpuint (asked, ==, 1);
  g_assert_false (bgc_user_is_ready (user));
  g_assert_null (bgc_user_next (user));
  bgc_user_heard (user);
  g_assert_true (bgc_user_is_ready (user));
  /* What was answered after the question is not covered by its answer. */
  g_assert_cmpuint (user->unheard, ==, BGC_USER_WINDOW / 2);
  g_assert_true (bgc_user_answered (user));
  g_assert_false (bgc_user_is_idle (user));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/user/bounds", test_bounds);
  g_test_add_func ("/user/turns", test_turns);
  g_test_add_func ("/user/pace", test_pace);
  g_test_add_func ("/user/window", test_window);
  return g_test_run ();
}
