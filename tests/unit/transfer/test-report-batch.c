/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-report-batch.h"

#include <string.h>

#include "model/bgc-file-report.h"

/* Milliseconds; long enough for a slow machine to do nothing in between. */
#define INTERVAL 100

typedef struct
{
  guint batches;
  GString *text; /* (owned) of the last: "job:received file/event/durable …;" */
} Seen;

static const BgcJobId one = { { 1 } };
static const BgcJobId two = { { 2 } };

static void
on_batch (GPtrArray *reports, gpointer data)
{
  Seen *seen = data;

  seen->batches++;
  g_string_truncate (seen->text, 0);
  for (guint i = 0; i < reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (reports, i);

      g_string_append_printf (seen->text, "%u:%u", report->id.bytes[0], (guint)report->received);
      for (guint j = 0; j < report->files->len; j++)
        {
          const BgcFileReport *file = g_ptr_array_index (report->files, j);

          g_string_append_printf (seen->text, " %u/%d/%u", file->index, file->event, (guint)file->durable);
        }
      g_assert_cmpint (report->yields_to, ==, BGC_YIELD_QUEUE);
      if (report->upload != NULL)
        g_string_append_printf (seen->text, " stage %d", report->upload->stage);
      g_string_append (seen->text, ";");
    }
}

static BgcReport
now (const BgcJobId *id, guint64 received)
{
  return (BgcReport){ .id = *id, .connected = TRUE, .received = received, .yields_to = BGC_YIELD_QUEUE };
}

static void
touch (BgcReportBatch *batch, const BgcJobId *id, guint64 received)
{
  const BgcReport standing = now (id, received);

  bgc_report_batch_touch (batch, &standing);
}

static void
add (BgcReportBatch *batch, const BgcJobId *id, guint32 index, BgcFileEvent event, guint64 durable)
{
  g_autoptr (BgcFileReport) file = bgc_file_report_new (index, event);
  const BgcReport standing = now (id, durable);

  file->durable = durable;
  if (event == BGC_FILE_EVENT_FAILED)
    file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "late");
  bgc_report_batch_add (batch, &standing, file);
}

static gboolean
is_anything_pending (void)
{
  return g_main_context_pending (NULL);
}

/* The first at once, the rest together an interval later; then nothing is set. */
static void
test_interval (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL, on_batch, &seen);
  gint64 begin = g_get_monotonic_time ();

  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 1);
  g_assert_cmpuint (seen.batches, ==, 1);
  g_assert_cmpstr (seen.text->str, ==, "1:1 0/0/1;");
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 2);
  add (batch, &one, 1, BGC_FILE_EVENT_WHOLE, 9);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 3);
  g_assert_cmpuint (seen.batches, ==, 1);
  while (seen.batches == 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, INTERVAL * 1000);
  g_assert_cmpstr (seen.text->str, ==, "1:3 0/0/3 1/2/9;");
  g_assert_false (is_anything_pending ());
  g_string_free (seen.text, TRUE);
}

/* Only progress is replaced, and only by what says it again. */
static void
test_merge (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL, on_batch, &seen);

  add (batch, &one, 9, BGC_FILE_EVENT_PROGRESS, 1);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 5);
  add (batch, &one, 0, BGC_FILE_EVENT_RESTARTED, 0);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 1);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 2);
  add (batch, &one, 1, BGC_FILE_EVENT_PROGRESS, 3);
  add (batch, &one, 1, BGC_FILE_EVENT_FAILED, 3);
  add (batch, &one, 2, BGC_FILE_EVENT_PROGRESS, 3);
  add (batch, &one, 2, BGC_FILE_EVENT_WHOLE, 4);
  bgc_report_batch_flush (batch);
  g_assert_cmpstr (seen.text->str, ==, "1:4 0/0/5 0/1/0 0/0/2 1/0/3 1/3/3 2/2/4;");
  g_assert_cmpuint (seen.batches, ==, 2);
  bgc_report_batch_flush (batch);
  g_assert_cmpuint (seen.batches, ==, 2);
  g_string_free (seen.text, TRUE);
}

static void
add_upload (BgcReportBatch *batch, BgcUploadStage stage, int event, guint64 durable)
{
  g_autoptr (BgcFileReport) file = event < 0 ? NULL : bgc_file_report_new (0, event);
  g_autoptr (BgcUpload) upload = bgc_upload_new ();
  const BgcReport standing = now (&one, durable);

  upload->stage = stage;
  if (file != NULL)
    file->durable = durable;
  bgc_report_batch_add_upload (batch, &standing, file, upload);
}

/* A session goes with the file's news that it belongs to, in one report; the newest counts. */
static void
test_upload (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL, on_batch, &seen);

  add_upload (batch, BGC_UPLOAD_STAGE_OPEN, BGC_FILE_EVENT_PROGRESS, 0);
  g_assert_cmpstr (seen.text->str, ==, "1:0 0/0/0 stage 1;");
  add_upload (batch, BGC_UPLOAD_STAGE_NONE, BGC_FILE_EVENT_RESTARTED, 0);
  add_upload (batch, BGC_UPLOAD_STAGE_OPEN, BGC_FILE_EVENT_PROGRESS, 3);
  add_upload (batch, BGC_UPLOAD_STAGE_SENT, BGC_FILE_EVENT_WHOLE, 9);
  bgc_report_batch_flush (batch);
  g_assert_cmpstr (seen.text->str, ==, "1:9 0/1/0 0/2/9 stage 2;");
  add (batch, &one, 1, BGC_FILE_EVENT_PROGRESS, 1);
  bgc_report_batch_flush (batch);
  g_assert_cmpstr (seen.text->str, ==, "1:1 1/0/1;");
  add_upload (batch, BGC_UPLOAD_STAGE_CLOSED, -1, 0);
  bgc_report_batch_flush (batch);
  g_assert_cmpstr (seen.text->str, ==, "1:0 stage 3;");
  g_string_free (seen.text, TRUE);
}

static void
test_jobs (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL, on_batch, &seen);

  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 1);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 2);
  add (batch, &two, 0, BGC_FILE_EVENT_PROGRESS, 3);
  bgc_report_batch_flush (batch);
  g_assert_cmpuint (seen.batches, ==, 2);
  g_assert_cmpuint (seen.text->len, ==, strlen ("1:2 0/0/2;2:3 0/0/3;"));
  g_assert_nonnull (strstr (seen.text->str, "1:2 0/0/2;"));
  g_assert_nonnull (strstr (seen.text->str, "2:3 0/0/3;"));
  g_string_free (seen.text, TRUE);
}

/* News of a job without news of a file wait a moment for these, then go by themselves. */
static void
test_touch (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL, on_batch, &seen);

  touch (batch, &one, 7);
  g_assert_cmpuint (seen.batches, ==, 0);
  add (batch, &one, 0, BGC_FILE_EVENT_PROGRESS, 9);
  g_assert_cmpuint (seen.batches, ==, 1);
  g_assert_cmpstr (seen.text->str, ==, "1:9 0/0/9;");
  touch (batch, &one, 10);
  touch (batch, &one, 11);
  while (seen.batches == 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (seen.text->str, ==, "1:11;");
  g_assert_false (is_anything_pending ());
  g_string_free (seen.text, TRUE);
}

/* Many settled files do not wait. */
static void
test_many (void)
{
  Seen seen = { 0, g_string_new (NULL) };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (INTERVAL * 1000, on_batch, &seen);

  for (guint32 i = 0; i < 1 + 250 + 249; i++)
    add (batch, &one, i, BGC_FILE_EVENT_WHOLE, 1);
  g_assert_cmpuint (seen.batches, ==, 2);
  add (batch, &one, 500, BGC_FILE_EVENT_FAILED, 1);
  g_assert_cmpuint (seen.batches, ==, 3);
  g_string_free (seen.text, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report-batch/interval", test_interval);
  g_test_add_func ("/report-batch/merge", test_merge);
  g_test_add_func ("/report-batch/jobs", test_jobs);
  g_test_add_func ("/report-batch/upload", test_upload);
  g_test_add_func ("/report-batch/touch", test_touch);
  g_test_add_func ("/report-batch/many", test_many);
  return g_test_run ();
}
