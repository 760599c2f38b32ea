/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-deadline.h"

#define THIS_BOOT "6a1b8f1e-94b6-4a54-8c1b-000000000001"
#define NEXT_BOOT "6a1b8f1e-94b6-4a54-8c1b-000000000002"
#define SECOND ((gint64)G_USEC_PER_SEC)
#define DAY (86400 * SECOND)
#define WALL (1700000000 * SECOND)

/* The wall clock may say what it likes. */
static void
test_same_boot (void)
{
  g_autoptr (BgcDeadline) deadline = bgc_deadline_new (THIS_BOOT, 100, WALL, DAY);

  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, 100, WALL), ==, DAY);
  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, 100 + SECOND, WALL + 2 * DAY), ==, DAY - SECOND);
  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, 100 + SECOND, WALL - 2 * DAY), ==, DAY - SECOND);
  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, 100 + DAY - 1, WALL), ==, 1);
  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, 100 + DAY, WALL), ==, 0);
  g_assert_cmpint (bgc_deadline_left (deadline, THIS_BOOT, G_MAXINT64, WALL), ==, 0);
  g_assert_cmpint (bgc_deadline_wall (deadline), ==, WALL + DAY);
}

/* Never more than was left, whichever way the wall clock went. */
static void
test_other_boot (void)
{
  g_autoptr (BgcDeadline) deadline = bgc_deadline_new (THIS_BOOT, 100 * DAY, WALL, DAY);

  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, WALL + 3600 * SECOND), ==, DAY - 3600 * SECOND);
  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, WALL - 2 * DAY), ==, DAY);
  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, WALL + 2 * DAY), ==, 0);
  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, G_MAXINT64), ==, 0);
  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, G_MININT64), ==, DAY);
}

static void
test_refresh (void)
{
  g_autoptr (BgcDeadline) deadline = bgc_deadline_new (THIS_BOOT, 100, WALL, DAY);
  g_autoptr (BgcDeadline) copy = NULL;

  /* An hour goes by, and the wall clock is set back by two days meanwhile. */
  bgc_deadline_refresh (deadline, THIS_BOOT, 100 + 3600 * SECOND, WALL - 2 * DAY);
  g_assert_cmpint (deadline->boot, ==, 100 + DAY);
  g_assert_cmpint (deadline->remaining, ==, DAY - 3600 * SECOND);
  g_assert_cmpint (bgc_deadline_wall (deadline), ==, WALL - DAY - 3600 * SECOND);
  g_assert_cmpint (bgc_deadline_left (deadline, NEXT_BOOT, 5, WALL - 2 * DAY + SECOND), ==,
                   DAY - 3601 * SECOND);
  bgc_deadline_refresh (deadline, NEXT_BOOT, 5, WALL - 2 * DAY + SECOND);
  g_assert_cmpstr (deadline->boot_id, ==, NEXT_BOOT);
  g_assert_cmpint (deadline->boot, ==, 5 + DAY - 3601 * SECOND);
  copy = bgc_deadline_copy (deadline);
  g_assert_cmpmem (copy, sizeof *copy, deadline, sizeof *deadline);
  g_assert_null (bgc_deadline_copy (NULL));
}

/* Boots that nobody knows are never the same one. */
static void
test_unknown_boot (void)
{
  g_autoptr (BgcDeadline) deadline = bgc_deadline_new ("", 100, WALL, DAY);
  g_autoptr (BgcDeadline) strange = bgc_deadline_new ("not an id", 100, WALL, -7);

  g_assert_cmpint (bgc_deadline_left (deadline, "", 100 + DAY, WALL + SECOND), ==, DAY - SECOND);
  g_assert_cmpstr (strange->boot_id, ==, "");
  g_assert_cmpint (bgc_deadline_left (strange, "", 100, WALL), ==, 0);
}

/* Nothing that a damaged store holds goes astray. */
static void
test_extremes (void)
{
  BgcDeadline deadline = { THIS_BOOT, G_MININT64, G_MAXINT64, G_MININT64 };

  g_assert_cmpint (bgc_deadline_left (&deadline, THIS_BOOT, G_MAXINT64, 0), ==, 0);
  g_assert_cmpint (bgc_deadline_left (&deadline, NEXT_BOOT, 0, G_MAXINT64), ==, 0);
  g_assert_cmpint (bgc_deadline_wall (&deadline), ==, -1);
  deadline.remaining = G_MININT64;
  g_assert_cmpint (bgc_deadline_left (&deadline, NEXT_BOOT, 0, G_MAXINT64), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deadline/same-boot", test_same_boot);
  g_test_add_func ("/deadline/other-boot", test_other_boot);
  g_test_add_func ("/deadline/refresh", test_refresh);
  g_test_add_func ("/deadline/unknown-boot", test_unknown_boot);
  g_test_add_func ("/deadline/extremes", test_extremes);
  return g_test_run ();
}
