/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Cancel of uploads: when the server is asked, and when the job goes, to the microsecond. */

#include "engine/bgc-server-cancel.h"

#include "bgc-rig-upload.h"

#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define OTHER_BOOT "00000000-0000-0000-0000-000000000002"

/* What a test needs beside the rig: when the server was asked, boot clock. */
typedef struct
{
  Rig *rig;
  BgcClockFake *clock; /* (borrowed) of the life in which the questions come */
  GArray *asked;       /* (owned) (element-type gint64) */
} Watch;

static void
on_cancel (const BgcJob *job, gpointer data)
{
  Watch *watch = data;
  gint64 now = bgc_clock_boot (BGC_CLOCK (watch->rig->clock));

  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_CANCELLED);
  g_assert_true (bgc_upload_is_open (job->upload));
  g_array_append_val (watch->asked, now);
}

static void
watch (Watch *self, Rig *rig)
{
  self->rig = rig;
  if (self->asked == NULL)
    self->asked = g_array_new (FALSE, FALSE, sizeof (gint64));
  bgc_workers_fake_watch_cancels (rig->workers, on_cancel, self);
}

static void
unwatch (Watch *self)
{
  bgc_workers_fake_watch_cancels (self->rig->workers, NULL, NULL);
  g_array_unref (self->asked);
}

/* The server answers at once. */
static void
test_settled (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id = rig_upload (rig, BGC_JOB_TYPE_UPLOAD);
  g_autofree char *told = NULL;

  rig_sent (rig, &id, 40, BGC_UPLOAD_STAGE_OPEN);
  g_free (rig_told (rig));
  g_assert_cmpint (rig_outcome (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_OUTCOME_OK);
  told = rig_told (rig);
  g_assert_cmpstr (told, ==, "changed state:cancelled changed changed left");
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 1);
  g_assert_false (rig_is_pending (rig, &id));
  g_assert_cmpint (rig_job (rig, &id)->wait_reason, ==, BGC_WAIT_NONE);
  g_assert_cmpint (rig_job (rig, &id)->next_attempt, ==, 0);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
  rig_advance (rig, 60 * SECOND);
  g_assert_null (bgc_manager_find (rig->manager, &id));
}

/* Refused for good, and told so: the same end. */
static void
test_settled_with_failure (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  bgc_workers_fake_set_cancel (
    rig->workers, TRUE,
    bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, FALSE, "It is forbidden"));
  id = rig_cancelled (rig, (RigTimes){ 100, 0 });
  g_assert_false (rig_is_pending (rig, &id));
}

/* 24 hours, with a retry every MinimumRetryDelay and up to a tenth more. */
static void
test_a_day (void)
{
  g_autoptr (Rig) rig = rig_new ();
  Watch w = { 0 };
  gint64 begun;
  BgcJobId id;

  watch (&w, rig);
  rig_keep_away (rig, 0);
  begun = rig_boot (rig);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  g_assert_cmpuint (w.asked->len, ==, 1);
  g_assert_cmpint (g_array_index (w.asked, gint64, 0), ==, begun);
  g_assert_true (rig_is_pending (rig, &id));
  g_assert_cmpint (bgc_deadline_wall (rig_job (rig, &id)->server_cancel), ==, rig_wall (rig) + DAY);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_CANCEL), ==, BGC_ERROR_INVALID_STATE);
  g_assert_cmpint (rig_request (rig, &id, BGC_REQUEST_RESUME), ==, BGC_ERROR_INVALID_STATE);
  for (guint i = 1; i < 20; i++)
    {
      gint64 last = g_array_index (w.asked, gint64, w.asked->len - 1);
      gint64 planned = rig_job (rig, &id)->next_attempt - rig_wall (rig) + rig_boot (rig);
      guint before = w.asked->len;

      g_assert_cmpint (planned - last, >=, 600 * SECOND);
      g_assert_cmpint (planned - last, <=, 660 * SECOND);
      rig_advance (rig, planned - rig_boot (rig) - 1);
      g_assert_cmpuint (w.asked->len, ==, before);
      rig_advance (rig, 1);
      g_assert_cmpuint (w.asked->len, ==, before + 1);
      g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, before + 1);
    }
  rig_assert_ends_at (rig, &id, begun + DAY);
  g_assert_cmpuint (w.asked->len, >=, 130);
  g_assert_cmpuint (w.asked->len, <=, 144);
  unwatch (&w);
}

/* The shorter of the two. */
static void
test_no_progress_timeout (void)
{
  static const struct
  {
    guint32 timeout;
    gint64 lasts;
  } rows[] = { { 6, 6 * SECOND }, { 86399, 86399 * SECOND }, { 86401, DAY }, { G_MAXUINT32, DAY } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Rig) rig = rig_new ();
      gint64 begun = rig_boot (rig);
      BgcJobId id;

      rig_keep_away (rig, 0);
      /* A retry delay far beyond the deadline moves nothing. */
      id = rig_cancelled (rig, (RigTimes){ rows[i].timeout, i % 2 ? 5 : 1000000 });
      g_assert_cmpint (rig_job (rig, &id)->next_attempt > 0, ==, i % 2);
      rig_assert_ends_at (rig, &id, begun + rows[i].lasts);
    }
}

/* 0: one attempt, however long it takes. */
static void
test_one_attempt (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  rig_keep_away (rig, 0);
  bgc_workers_fake_hang_cancels (rig->workers, TRUE);
  id = rig_cancelled (rig, (RigTimes){ 0, 5 });
  rig_advance (rig, 80 * SECOND);
  g_assert_true (rig_is_pending (rig, &id));
  rig_expect_warning (rig);
  bgc_workers_fake_hang_cancels (rig->workers, FALSE);
  rig_settle (rig);
  g_assert_false (rig_is_pending (rig, &id));
  rig_advance (rig, DAY);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 1);
}

/* At the deadline nobody waits for an answer that is still out. */
static void
test_hangs (void)
{
  g_autoptr (Rig) rig = rig_new ();
  gint64 begun = rig_boot (rig);
  BgcJobId id;

  bgc_workers_fake_hang_cancels (rig->workers, TRUE);
  id = rig_cancelled (rig, (RigTimes){ 6, 0 });
  rig_assert_ends_at (rig, &id, begun + 6 * SECOND);
  bgc_workers_fake_hang_cancels (rig->workers, FALSE);
  rig_settle (rig);
  g_assert_false (rig_is_pending (rig, &id));
}

static void
test_network_up (void)
{
  g_autoptr (Rig) rig = rig_new ();
  Watch w = { 0 };
  BgcJobId id;

  watch (&w, rig);
  rig_keep_away (rig, 0);
  rig_go_offline (rig);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  g_assert_cmpuint (w.asked->len, ==, 1);
  rig_advance (rig, 100 * SECOND);
  g_assert_cmpuint (w.asked->len, ==, 1);
  bgc_network_fake_set (rig->network, TRUE);
  rig_settle (rig);
  rig_advance (rig, 0);
  g_assert_cmpuint (w.asked->len, ==, 2);
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 2);
  /* While an attempt is out, the next follows it at once. */
  bgc_workers_fake_hang_cancels (rig->workers, TRUE);
  rig_advance (rig, 660 * SECOND);
  g_assert_cmpuint (w.asked->len, ==, 3);
  rig_go_offline (rig);
  bgc_network_fake_set (rig->network, TRUE);
  rig_advance (rig, SECOND);
  g_assert_cmpuint (w.asked->len, ==, 3);
  bgc_workers_fake_hang_cancels (rig->workers, FALSE);
  rig_advance (rig, 0);
  g_assert_cmpuint (w.asked->len, ==, 4);
  bgc_workers_fake_set_cancel (rig->workers, TRUE, NULL);
  rig_go_offline (rig);
  bgc_network_fake_set (rig->network, TRUE);
  rig_advance (rig, 0);
  g_assert_false (rig_is_pending (rig, &id));
  unwatch (&w);
}

static void
test_retry_after (void)
{
  g_autoptr (Rig) rig = rig_new ();
  Watch w = { 0 };
  gint64 begun = rig_boot (rig);
  BgcJobId id;
  gint64 second;

  watch (&w, rig);
  rig_keep_away (rig, 1000);
  id = rig_cancelled (rig, (RigTimes){ 5000, 5 });
  second = rig_job (rig, &id)->next_attempt - rig_wall (rig) + rig_boot (rig);
  g_assert_cmpint (second - begun, >=, 1000 * SECOND);
  g_assert_cmpint (second - begun, <=, 1100 * SECOND);
  /* The network does not make the server take it earlier. */
  rig_advance (rig, 498 * SECOND);
  rig_go_offline (rig);
  bgc_network_fake_set (rig->network, TRUE);
  rig_advance (rig, 500 * SECOND - 1);
  g_assert_cmpuint (w.asked->len, ==, 1);
  rig_keep_away (rig, 86400);
  rig_advance (rig, 101 * SECOND);
  g_assert_cmpuint (w.asked->len, ==, 2);
  /* Beyond the deadline: no more attempts, and no later end. */
  g_assert_cmpint (rig_job (rig, &id)->next_attempt, ==, 0);
  rig_assert_ends_at (rig, &id, begun + 5000 * SECOND);
  g_assert_cmpuint (w.asked->len, ==, 2);
  unwatch (&w);
}

/* Whatever the wall clock says. */
static void
test_wall_clock (void)
{
  static const gint64 shifts[] = { -2 * DAY, 2 * DAY };

  for (guint i = 0; i < G_N_ELEMENTS (shifts); i++)
    {
      g_autoptr (Rig) rig = rig_new ();
      gint64 begun = rig_boot (rig);
      BgcJobId id;

      rig_keep_away (rig, 0);
      id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
      rig_advance (rig, 10 * SECOND);
      bgc_clock_fake_shift_wall (rig->clock, shifts[i]);
      rig_advance (rig, 2 * HOUR);
      g_assert_true (rig_is_pending (rig, &id));
      /* Within the hour it is told in the new time. */
      g_assert_cmpint (bgc_deadline_wall (rig_job (rig, &id)->server_cancel), ==,
                       RIG_WALL + shifts[i] + DAY);
      rig_crash (rig);
      rig_keep_away (rig, 0);
      bgc_clock_fake_shift_wall (rig->clock, -shifts[i]);
      rig_start (rig);
      rig_assert_ends_at (rig, &id, begun + DAY);
    }
}

/* Killed while it waits: the same deadline, and an attempt at once. */
static void
test_restart (void)
{
  g_autoptr (Rig) rig = rig_new ();
  gint64 begun = rig_boot (rig);
  BgcJobId id;

  rig_keep_away (rig, 0);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  for (guint i = 0; i < 5; i++)
    {
      rig_advance (rig, 100 * SECOND);
      rig_crash (rig);
      rig_keep_away (rig, 0);
      g_assert_true (bgc_manager_is_listed (rig->manager, rig_job (rig, &id)));
      g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 0);
      rig_start (rig);
      g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 1);
      g_assert_true (rig_is_pending (rig, &id));
    }
  rig_assert_ends_at (rig, &id, begun + DAY);
}

/* Over while the daemon was away: gone at its start, without a question. */
static void
test_over_at_start (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  rig_keep_away (rig, 0);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  g_assert_cmpint (rig_wait (rig, rig_shut_down_async (rig)), ==, RIG_SUCCESS);
  rig_advance (rig, 2 * DAY);
  rig_crash (rig);
  rig_expect_warning (rig);
  rig_start (rig);
  rig_advance (rig, 0);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 0);
  g_assert_null (rig_stored (rig, &id));
}

/* Another boot: what was left, less the wall time that went by, never more and never less than nothing. */
static void
test_reboot (void)
{
  static const struct
  {
    gint64 wall; /* went by between the last note and the start */
    gint64 left; /* of the 22 hours */
  } rows[] = { { HOUR, 21 * HOUR }, { -2 * DAY, 22 * HOUR }, { 0, 22 * HOUR } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Rig) rig = rig_new ();
      BgcJobId id;

      rig_keep_away (rig, 0);
      id = rig_cancelled (rig, (RigTimes){ 1209600, 1000000 });
      /* Noted at the second full hour. */
      rig_advance (rig, 2 * HOUR);
      rig_reboot (rig, OTHER_BOOT, 10 * SECOND, rows[i].wall);
      rig_keep_away (rig, 0);
      rig_start (rig);
      g_assert_true (rig_is_pending (rig, &id));
      /* Noted for the new boot at once. */
      g_assert_cmpstr (rig_stored (rig, &id)->server_cancel->boot_id, ==, OTHER_BOOT);
      bgc_clock_fake_shift_wall (rig->clock, 2 * DAY);
      rig_assert_ends_at (rig, &id, 10 * SECOND + rows[i].left);
    }
}

/* The end cannot be stored: it is tried again, and asked no more. */
static void
test_store_failed (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  rig_keep_away (rig, 0);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  bgc_workers_fake_set_cancel (rig->workers, TRUE, NULL);
  rig_expect_warning (rig);
  bgc_store_fake_fail (rig->store, 1, BGC_ERROR_STORE_FAILED);
  rig_advance (rig, 660 * SECOND);
  rig_advance (rig, 60 * SECOND);
  g_assert_cmpuint (bgc_workers_fake_cancels (rig->workers), ==, 2);
  g_assert_null (rig_stored (rig, &id));
}

/* No worker to ask with: as a server that is away. */
static void
test_worker_lost (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  bgc_workers_fake_hang_cancels (rig->workers, TRUE);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  bgc_workers_fake_lose (rig->workers, RIG_OWNER);
  rig_settle (rig);
  g_assert_true (rig_is_pending (rig, &id));
  g_assert_cmpuint (rig_job (rig, &id)->retry_count, ==, 1);
  bgc_workers_fake_hang_cancels (rig->workers, FALSE);
  rig_advance (rig, 660 * SECOND);
  g_assert_false (rig_is_pending (rig, &id));
}

static void
test_shut_down (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;
  Reply *reply;

  bgc_workers_fake_hang_cancels (rig->workers, TRUE);
  id = rig_cancelled (rig, (RigTimes){ 1209600, 0 });
  reply = rig_shut_down_async (rig);
  g_assert_cmpint (rig_wait (rig, reply), ==, RIG_SUCCESS);
  bgc_workers_fake_hang_cancels (rig->workers, FALSE);
  rig_settle (rig);
  g_assert_nonnull (rig_stored (rig, &id)->server_cancel);
}

/* Many at once: each has its time, and idle they cost nothing but an alarm. */
static void
test_many (void)
{
  g_autoptr (Rig) rig = rig_new ();
  gint64 begun = rig_boot (rig);
  BgcJobId ids[50];

  rig_keep_away (rig, 0);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = rig_cancelled (rig, (RigTimes){ 100 + i, 30 });
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    rig_assert_ends_at (rig, &ids[i], begun + (100 + i) * SECOND);
  rig_advance (rig, 61 * SECOND);
  g_assert_cmpuint (bgc_manager_count (rig->manager, G_MAXUINT32), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (void);
  } tests[] = {
    { "/server-cancel/settled", test_settled },
    { "/server-cancel/settled-with-failure", test_settled_with_failure },
    { "/server-cancel/a-day", test_a_day },
    { "/server-cancel/no-progress-timeout", test_no_progress_timeout },
    { "/server-cancel/one-attempt", test_one_attempt },
    { "/server-cancel/hangs", test_hangs },
    { "/server-cancel/network-up", test_network_up },
    { "/server-cancel/retry-after", test_retry_after },
    { "/server-cancel/wall-clock", test_wall_clock },
    { "/server-cancel/restart", test_restart },
    { "/server-cancel/over-at-start", test_over_at_start },
    { "/server-cancel/reboot", test_reboot },
    { "/server-cancel/store-failed", test_store_failed },
    { "/server-cancel/worker-lost", test_worker_lost },
    { "/server-cancel/shut-down", test_shut_down },
    { "/server-cancel/many", test_many },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].path, tests[i].run);
  return g_test_run ();
}
