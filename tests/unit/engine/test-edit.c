/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What all edits have in common; RemoveFile stands for them. */

#include "engine/bgc-edit.h"

#include "bgc-rig.h"

/* RemoveFile of a file that is whole, and that the rest has failed, is said only while the worker stops. */
static BgcJobId
refuse_after_a_report (Rig *rig, guint files)
{
  BgcJobId id = rig_create (rig, files, TRUE);
  g_autoptr (Reply) reply = NULL;

  rig_progress (rig, &id, 0, 10, 100);
  bgc_workers_fake_hang (rig->workers, FALSE, TRUE, FALSE);
  reply = rig_remove_async (rig, &id, 0);
  rig_settle (rig);
  rig_whole (rig, &id, 0);
  rig_fail (rig, &id, 1, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  bgc_workers_fake_hang (rig->workers, FALSE, FALSE, FALSE);
  rig_settle (rig);
  g_assert_cmpint (reply->code, ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_file (rig, &id, 0)->state, ==, BGC_FILE_WHOLE);
  return id;
}

/* What the worker said last counts, although what was asked then was refused. */
static void
test_refused_after_a_report (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = refuse_after_a_report (rig, 3);

  g_assert_cmpint (rig_stored (rig, &id)->state, ==, BGC_JOB_STATE_TRANSFERRING);
  g_assert_true (bgc_workers_fake_is_running (rig->workers, &id));
  /* The failure was of the run before: the file is tried again. */
  rig_progress (rig, &id, 1, 10, 100);
  rig_assert_state (rig, &id, "transferring");
}

/* Likewise where the run has nothing left to do. */
static void
test_refused_after_the_last_report (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = refuse_after_a_report (rig, 2);

  rig_assert_state (rig, &id, "transient-error");
  g_assert_cmpint (rig_job (rig, &id)->error->code, ==, BGC_ERROR_CONNECTION_CLOSED);
  g_assert_false (bgc_workers_fake_is_running (rig->workers, &id));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edit/refused-after-a-report", test_refused_after_a_report);
  g_test_add_func ("/edit/refused-after-the-last-report", test_refused_after_the_last_report);
  return g_test_run ();
}
