/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-steps.h"

#include "hand-records.h"
#include "hand-worker.h"

/* One report: its session's stage (or none), then its files. */
typedef struct
{
  int stage; /* -1 = says nothing of the session; + 10 = of another than the job's */
  struct
  {
    guint32 index;
    int event; /* -1 ends the list */
    guint64 durable;
  } files[4];
} Said;

#define NOTHING -1
#define ANOTHER 10
#define END { 0, -1, 0 }

static BgcReport *
report_new (const BgcJob *job, const Said *said)
{
  BgcReport *report = bgc_report_new (&job->id);

  for (guint i = 0; said->files[i].event >= 0; i++)
    {
      BgcFileReport *file = bgc_file_report_new (said->files[i].index, said->files[i].event);

      file->durable = said->files[i].durable;
      file->total = 100;
      if (file->event == BGC_FILE_EVENT_FAILED)
        file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "no");
      g_ptr_array_add (report->files, file);
    }
  if (said->stage == NOTHING)
    return report;
  report->upload = bgc_upload_new ();
  report->upload->protocol = job->upload->protocol;
  report->upload->stage = said->stage % ANOTHER;
  if (report->upload->stage != BGC_UPLOAD_STAGE_NONE && job->upload->protocol != BGC_UPLOAD_PROTOCOL_PUT)
    report->upload->session_id = g_strdup (said->stage < ANOTHER ? "{1}" : "{2}");
  return report;
}

static gboolean
say (BgcWorkerSteps *steps, const BgcJob *job, const Said *said)
{
  g_autoptr (BgcReport) report = report_new (job, said);
  g_autoptr (GError) error = NULL;
  gboolean accepted = bgc_worker_steps_accept (steps, report, &error);

  g_assert_true (accepted || g_error_matches (error, BGC_ERROR, BGC_ERROR_WORKER_LOST));
  if (!accepted)
    g_test_message ("%s", error->message);
  return accepted;
}

static guint32
step_of (BgcWorkerSteps *steps)
{
  GVariant *files, *session;
  guint32 step;

  bgc_worker_steps_arguments (steps, &step, &files, &session);
  g_variant_unref (g_variant_ref_sink (files));
  g_variant_unref (g_variant_ref_sink (session));
  return step;
}

static void
begin (BgcWorkerSteps *steps, BgcWorkerStep step)
{
  g_assert_true (bgc_worker_steps_begin (steps));
  g_assert_cmpuint (step_of (steps), ==, step);
  g_assert_cmpint (bgc_worker_steps_begin (steps), ==, step == BGC_WORKER_STEP_NONE);
}

static BgcFile *
source_of (BgcJob *job)
{
  return (BgcFile *)bgc_file_list_find (job->files, BGC_UPLOAD_FILE);
}

static void
open_session (BgcJob *job)
{
  job->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  job->upload->session_id = g_strdup ("{1}");
}

/* A job whose next step is @step. */
static BgcJob *
job_at (BgcWorkerStep step)
{
  BgcJob *job = hand_upload_new (1, TRUE);
  BgcFile *reply = (BgcFile *)bgc_file_list_find (job->files, BGC_UPLOAD_REPLY);

  if (step == BGC_WORKER_STEP_BEGIN)
    return job;
  open_session (job);
  if (step == BGC_WORKER_STEP_SEND)
    return job;
  job->upload->stage = BGC_UPLOAD_STAGE_SENT;
  source_of (job)->state = BGC_FILE_WHOLE;
  source_of (job)->bytes_transferred = 100;
  g_free (reply->remote);
  reply->remote = g_strdup ("https://example.org/reply");
  if (step != BGC_WORKER_STEP_REPLY)
    reply->state = BGC_FILE_WHOLE;
  if (step == BGC_WORKER_STEP_NONE)
    job->upload->stage = BGC_UPLOAD_STAGE_CLOSED;
  return job;
}

/* From the first byte to the last word. */
static void
test_whole_way (void)
{
  const Said opened = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 0 }, END } };
  const Said moved = { NOTHING, { { 0, BGC_FILE_EVENT_PROGRESS, 50 }, END } };
  const Said sent = { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } };
  const Said fetched = { NOTHING, { { 1, BGC_FILE_EVENT_WHOLE, 100 }, END } };
  const Said closed = { BGC_UPLOAD_STAGE_CLOSED, { END } };
  const Said nothing = { NOTHING, { END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_BEGIN);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);
  BgcFile *reply = (BgcFile *)bgc_file_list_find (job->files, BGC_UPLOAD_REPLY);

  begin (steps, BGC_WORKER_STEP_BEGIN);
  g_assert_true (say (steps, job, &opened));
  g_assert_true (say (steps, job, &nothing));
  open_session (job);
  begin (steps, BGC_WORKER_STEP_SEND);
  g_assert_true (say (steps, job, &moved));
  g_assert_true (say (steps, job, &sent));
  g_assert_true (say (steps, job, &nothing));
  source_of (job)->state = BGC_FILE_WHOLE;
  job->upload->stage = BGC_UPLOAD_STAGE_SENT;
  g_free (reply->remote);
  reply->remote = g_strdup ("https://example.org/reply");
  begin (steps, BGC_WORKER_STEP_REPLY);
  g_assert_true (say (steps, job, &fetched));
  reply->state = BGC_FILE_WHOLE;
  begin (steps, BGC_WORKER_STEP_CLOSE);
  g_assert_true (say (steps, job, &closed));
  job->upload->stage = BGC_UPLOAD_STAGE_CLOSED;
  begin (steps, BGC_WORKER_STEP_NONE);
}

/* Servers forget bytes, and attempts fail: all of that may be said, with the session. */
static void
test_setbacks (void)
{
  const Said open = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 80 }, END } };
  const Said lower = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 20 }, END } };
  const Said failed = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_FAILED, 0 }, END } };
  const Said gone = { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_FAILED, 0 }, END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_SEND);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);
  g_autoptr (BgcReport) report = report_new (job, &failed);
  g_autoptr (BgcReport) last = report_new (job, &gone);
  const BgcFileReport *file = g_ptr_array_index (report->files, 0);

  begin (steps, BGC_WORKER_STEP_SEND);
  g_assert_true (say (steps, job, &open));
  g_assert_true (say (steps, job, &lower));
  g_assert_true (bgc_worker_steps_accept (steps, report, NULL));
  /* A failure takes nothing away… */
  g_assert_cmpuint (file->durable, ==, 20);
  source_of (job)->bytes_transferred = 20;
  begin (steps, BGC_WORKER_STEP_SEND);
  g_assert_true (bgc_worker_steps_accept (steps, last, NULL));
  /* … unless nothing is left. */
  file = g_ptr_array_index (last->files, 0);
  g_assert_cmpuint (file->durable, ==, 0);
}

/* A session that is lost ends the step; another is opened only when that is stored. */
static void
test_loss (void)
{
  const Said lost = { BGC_UPLOAD_STAGE_NONE,
                      { { 0, BGC_FILE_EVENT_PROGRESS, 30 }, { 0, BGC_FILE_EVENT_RESTARTED, 0 }, END } };
  const Said opened = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 0 }, END } };

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_SEND);
      g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);

      begin (steps, BGC_WORKER_STEP_SEND);
      g_assert_true (say (steps, job, &lost));
      if (i == 1)
        {
          bgc_upload_restart (job->upload);
          begin (steps, BGC_WORKER_STEP_BEGIN);
        }
      g_assert_cmpint (say (steps, job, &opened), ==, i == 1);
    }
}

/* There is nothing to open, so the file goes at once; it may begin again within the step. */
static void
test_put (void)
{
  const Said found = { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_PROGRESS, 0 }, END } };
  const Said moved = { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_PROGRESS, 50 }, END } };
  const Said broken = { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_RESTARTED, 0 }, END } };
  const Said whole = { BGC_UPLOAD_STAGE_CLOSED, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_BEGIN);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);

  job->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  begin (steps, BGC_WORKER_STEP_BEGIN);
  job->upload->protocol = BGC_UPLOAD_PROTOCOL_PUT;
  g_assert_true (say (steps, job, &found));
  begin (steps, BGC_WORKER_STEP_SEND);
  g_assert_true (say (steps, job, &moved));
  g_assert_true (say (steps, job, &broken));
  g_assert_true (say (steps, job, &moved));
  g_assert_true (say (steps, job, &whole));
  /* What the owner said is as good as what was found out. */
  job->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  job->upload_protocol = BGC_UPLOAD_PROTOCOL_PUT;
  begin (steps, BGC_WORKER_STEP_SEND);
}

/* An empty file may be there with its session. */
static void
test_empty (void)
{
  const Said whole = { BGC_UPLOAD_STAGE_CLOSED, { { 0, BGC_FILE_EVENT_WHOLE, 0 }, END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_BEGIN);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);
  g_autoptr (BgcReport) report = report_new (job, &whole);

  ((BgcFileReport *)g_ptr_array_index (report->files, 0))->total = 0;
  begin (steps, BGC_WORKER_STEP_BEGIN);
  g_assert_true (bgc_worker_steps_accept (steps, report, NULL));
}

/* A step that ended is spoken of no more. */
static void
test_after_the_end (void)
{
  const Said failed = { NOTHING, { { 0, BGC_FILE_EVENT_FAILED, 0 }, END } };
  const Said progress = { NOTHING, { { 0, BGC_FILE_EVENT_PROGRESS, 5 }, END } };
  const Said session = { BGC_UPLOAD_STAGE_OPEN, { END } };
  const Said nothing = { NOTHING, { END } };

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_SEND);
      g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);

      begin (steps, BGC_WORKER_STEP_SEND);
      g_assert_true (say (steps, job, &failed));
      g_assert_cmpint (say (steps, job, i == 0 ? &nothing : i == 1 ? &progress : &session), ==, i == 0);
    }
}

static void
test_lies (void)
{
  const struct
  {
    BgcWorkerStep step;
    Said said;
  } lies[] = {
    { BGC_WORKER_STEP_BEGIN, { NOTHING, { { 1, BGC_FILE_EVENT_PROGRESS, 0 }, END } } },
    { BGC_WORKER_STEP_BEGIN, { NOTHING, { { 0, BGC_FILE_EVENT_PROGRESS, 1 }, END } } },
    { BGC_WORKER_STEP_BEGIN, { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 1 }, END } } },
    { BGC_WORKER_STEP_BEGIN, { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_RESTARTED, 0 }, END } } },
    { BGC_WORKER_STEP_BEGIN, { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_BEGIN, { BGC_UPLOAD_STAGE_CLOSED, { END } } },
    { BGC_WORKER_STEP_BEGIN, { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_PROGRESS, 0 }, END } } },
    { BGC_WORKER_STEP_SEND,
      { ANOTHER + BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 5 }, END } } },
    { BGC_WORKER_STEP_SEND, { ANOTHER + BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_SEND,
      { BGC_UPLOAD_STAGE_OPEN,
        { { 0, BGC_FILE_EVENT_PROGRESS, 5 }, { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_SEND, { NOTHING, { { 1, BGC_FILE_EVENT_PROGRESS, 0 }, END } } },
    { BGC_WORKER_STEP_SEND, { NOTHING, { { 2, BGC_FILE_EVENT_PROGRESS, 0 }, END } } },
    { BGC_WORKER_STEP_SEND, { NOTHING, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_SEND, { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_SEND, { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_WHOLE, 99 }, END } } },
    { BGC_WORKER_STEP_SEND, { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_PROGRESS, 100 }, END } } },
    { BGC_WORKER_STEP_SEND, { BGC_UPLOAD_STAGE_CLOSED, { END } } },
    { BGC_WORKER_STEP_SEND, { BGC_UPLOAD_STAGE_NONE, { { 0, BGC_FILE_EVENT_PROGRESS, 5 }, END } } },
    { BGC_WORKER_STEP_SEND, { NOTHING, { { 0, BGC_FILE_EVENT_RESTARTED, 0 }, END } } },
    { BGC_WORKER_STEP_SEND,
      { NOTHING, { { 0, BGC_FILE_EVENT_PROGRESS, 50 }, { 0, BGC_FILE_EVENT_PROGRESS, 40 }, END } } },
    { BGC_WORKER_STEP_REPLY, { BGC_UPLOAD_STAGE_SENT, { END } } },
    { BGC_WORKER_STEP_REPLY, { BGC_UPLOAD_STAGE_CLOSED, { END } } },
    { BGC_WORKER_STEP_REPLY, { NOTHING, { { 0, BGC_FILE_EVENT_PROGRESS, 100 }, END } } },
    { BGC_WORKER_STEP_REPLY, { NOTHING, { { 1, BGC_FILE_EVENT_WHOLE, 99 }, END } } },
    { BGC_WORKER_STEP_REPLY,
      { NOTHING, { { 1, BGC_FILE_EVENT_PROGRESS, 50 }, { 1, BGC_FILE_EVENT_PROGRESS, 40 }, END } } },
    { BGC_WORKER_STEP_CLOSE, { BGC_UPLOAD_STAGE_OPEN, { END } } },
    { BGC_WORKER_STEP_CLOSE, { BGC_UPLOAD_STAGE_NONE, { END } } },
    { BGC_WORKER_STEP_CLOSE, { BGC_UPLOAD_STAGE_CLOSED, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } } },
    { BGC_WORKER_STEP_CLOSE, { NOTHING, { { 1, BGC_FILE_EVENT_FAILED, 0 }, END } } },
    { BGC_WORKER_STEP_NONE, { BGC_UPLOAD_STAGE_CLOSED, { END } } },
    { BGC_WORKER_STEP_NONE, { NOTHING, { { 0, BGC_FILE_EVENT_FAILED, 0 }, END } } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (BgcJob) job = job_at (lies[i].step);
      g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);

      begin (steps, lies[i].step);
      g_test_message ("lie %u", i);
      g_assert_false (say (steps, job, &lies[i].said));
    }
}

/* One that could never be asked for again. */
static void
test_nameless (void)
{
  const Said opened = { BGC_UPLOAD_STAGE_OPEN, { { 0, BGC_FILE_EVENT_PROGRESS, 0 }, END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_BEGIN);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);
  g_autoptr (BgcReport) report = report_new (job, &opened);

  g_clear_pointer (&report->upload->session_id, g_free);
  begin (steps, BGC_WORKER_STEP_BEGIN);
  g_assert_false (bgc_worker_steps_accept (steps, report, NULL));
}

static void
test_owner_said (void)
{
  const Said sent = { BGC_UPLOAD_STAGE_SENT, { { 0, BGC_FILE_EVENT_WHOLE, 100 }, END } };
  const Said open = { BGC_UPLOAD_STAGE_OPEN, { END } };
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_SEND);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);

  source_of (job)->expected_size = 99;
  begin (steps, BGC_WORKER_STEP_SEND);
  g_assert_false (say (steps, job, &sent));
  job->upload_protocol = BGC_UPLOAD_PROTOCOL_TUS;
  g_assert_false (say (steps, job, &open));
}

/* The owner's choice of a protocol stands where none is known. */
static void
test_arguments (void)
{
  g_autoptr (BgcJob) job = job_at (BGC_WORKER_STEP_BEGIN);
  g_autoptr (BgcWorkerSteps) steps = bgc_worker_steps_new (job);
  g_autoptr (GVariant) files = NULL, session = NULL;
  const char *protocol;
  guint32 step;

  job->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  job->upload_protocol = BGC_UPLOAD_PROTOCOL_TUS;
  g_assert_true (bgc_worker_steps_begin (steps));
  bgc_worker_steps_arguments (steps, &step, &files, &session);
  g_variant_ref_sink (files);
  g_variant_ref_sink (session);
  g_assert_cmpuint (hand_records_count (files, HAND_RECORDS_FILE), ==, 2);
  g_assert_true (g_variant_lookup (session, "protocol", "&s", &protocol));
  g_assert_cmpstr (protocol, ==, "tus");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-steps/whole-way", test_whole_way);
  g_test_add_func ("/worker-steps/setbacks", test_setbacks);
  g_test_add_func ("/worker-steps/loss", test_loss);
  g_test_add_func ("/worker-steps/put", test_put);
  g_test_add_func ("/worker-steps/empty", test_empty);
  g_test_add_func ("/worker-steps/nameless", test_nameless);
  g_test_add_func ("/worker-steps/after-the-end", test_after_the_end);
  g_test_add_func ("/worker-steps/lies", test_lies);
  g_test_add_func ("/worker-steps/owner-said", test_owner_said);
  g_test_add_func ("/worker-steps/arguments", test_arguments);
  return g_test_run ();
}
