/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-limits.h"
#include "model/bgc-placement.h"

static void
test_copy (void)
{
  BgcPlacement *placement = bgc_placement_new (4, "/srv", ".bgcopy-x", "f", 5, 6, TRUE);
  g_autoptr (BgcPlacement) copy = NULL;

  g_assert_cmpuint (placement->size, ==, BGC_SIZE_UNKNOWN);
  placement->size = 7;
  copy = bgc_placement_copy (placement);
  bgc_placement_free (placement);
  g_assert_cmpuint (copy->size, ==, 7);
  g_assert_cmpuint (copy->index, ==, 4);
  g_assert_cmpstr (copy->directory, ==, "/srv");
  g_assert_cmpstr (copy->temporary, ==, ".bgcopy-x");
  g_assert_cmpstr (copy->target, ==, "f");
  g_assert_cmpuint (copy->device, ==, 5);
  g_assert_cmpuint (copy->inode, ==, 6);
  g_assert_true (copy->overwrite);
  bgc_placement_free (NULL);
}

static void
test_deletion (void)
{
  g_autoptr (BgcPlacement) placement = bgc_placement_new (0, "/srv", ".bgcopy-x", NULL, 0, 0, FALSE);
  g_autoptr (BgcPlacement) copy = bgc_placement_copy (placement);

  g_assert_null (copy->target);
  g_assert_false (copy->overwrite);
}

static void
test_results (void)
{
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_FILE_EXISTS, FALSE, "exists");
  g_autoptr (BgcPlacementResult) done = bgc_placement_result_new (3, NULL);
  g_autoptr (BgcPlacementResult) failed = bgc_placement_result_new (4, failure);

  g_assert_cmpuint (done->index, ==, 3);
  g_assert_true (done->done);
  g_assert_null (done->failure);
  g_assert_cmpuint (failed->index, ==, 4);
  g_assert_false (failed->done);
  g_assert_true (failed->failure == failure);
  bgc_placement_result_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/placement/copy", test_copy);
  g_test_add_func ("/placement/deletion", test_deletion);
  g_test_add_func ("/placement/results", test_results);

  return g_test_run ();
}
