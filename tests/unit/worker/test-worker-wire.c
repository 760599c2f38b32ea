/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Both sides of the private bus against each other: what one writes the other reads. */

#include "worker/bgc-worker-wire.h"

#include <string.h>

#include "model/bgc-file-report.h"
#include "model/bgc-path-verdict.h"
#include "workers/bgc-worker-codec.h"

static void
test_file (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (7, "https://example.org/a", "/srv/a", ".bgcopy-x");
  g_autoptr (BgcFile) read = NULL;
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) records = NULL;
  BgcRecordReader from;

  file->expected_size = 20;
  file->bytes_total = 21;
  file->bytes_transferred = 10;
  file->device = 8;
  file->inode = 9;
  file->checksum = g_strdup ("sha256:00");
  file->etag = g_strdup ("\"e\"");
  file->server_date = 5;
  file->attempts = 3;
  file->restarts = 2;
  bgc_worker_codec_add_file (bytes, file);
  records = g_variant_ref_sink (bgc_record_end (bytes));
  bgc_record_reader_init (&from, records);
  read = bgc_worker_wire_read_file (&from);
  g_assert_false (bgc_record_reader_has_more (&from));
  g_assert_null (bgc_worker_wire_read_file (&from));
  g_assert_cmpuint (read->index, ==, 7);
  g_assert_cmpstr (read->remote, ==, file->remote);
  g_assert_cmpstr (read->local, ==, file->local);
  g_assert_cmpstr (read->temporary, ==, file->temporary);
  g_assert_cmpuint (read->expected_size, ==, 20);
  g_assert_cmpuint (read->bytes_total, ==, 21);
  g_assert_cmpuint (read->bytes_transferred, ==, 10);
  g_assert_cmpuint (read->device, ==, 8);
  g_assert_cmpuint (read->inode, ==, 9);
  g_assert_cmpstr (read->checksum, ==, "sha256:00");
  g_assert_cmpstr (read->etag, ==, "\"e\"");
  g_assert_null (read->last_modified);
  g_assert_cmpint (read->server_date, ==, 5);
  g_assert_cmpuint (read->attempts, ==, 3);
  g_assert_cmpuint (read->restarts, ==, 2);
}

static void
test_placement (void)
{
  g_autoptr (BgcPlacement) placement = bgc_placement_new (3, "/srv", "t", NULL, 8, 9, TRUE);
  g_autoptr (BgcPlacement) read = NULL;
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) records = NULL;
  BgcRecordReader from;

  placement->size = 10;
  bgc_worker_codec_add_placement (bytes, placement);
  records = g_variant_ref_sink (bgc_record_end (bytes));
  bgc_record_reader_init (&from, records);
  read = bgc_worker_wire_read_placement (&from);
  g_assert_false (bgc_record_reader_has_more (&from));
  g_assert_null (bgc_worker_wire_read_placement (&from));
  g_assert_cmpuint (read->size, ==, 10);
  g_assert_cmpstr (read->directory, ==, "/srv");
  g_assert_cmpstr (read->temporary, ==, "t");
  g_assert_null (read->target);
  g_assert_cmpuint (read->device, ==, 8);
  g_assert_cmpuint (read->inode, ==, 9);
  g_assert_true (read->overwrite);
}

static BgcPathVerdict *
carry_verdict (const BgcPathVerdict *verdict)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) item = NULL;
  g_autoptr (GError) error = NULL;
  BgcPathVerdict *read;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(bsss)"));
  bgc_worker_wire_add_verdict (&builder, verdict);
  list = g_variant_ref_sink (g_variant_builder_end (&builder));
  item = g_variant_get_child_value (list, 0);
  read = bgc_worker_codec_read_verdict (item, &error);
  g_assert_no_error (error);
  return read;
}

/* Messages quote what is on disk, and links lead anywhere. */
static void
test_verdict (void)
{
  g_autofree char *long_text = g_strnfill (5000, 'x');
  g_autoptr (BgcPathVerdict) refused
    = bgc_path_verdict_new (FALSE, BGC_ERROR_INVALID_PATH, "bad \xff\n name", NULL);
  g_autoptr (BgcPathVerdict) wordy = bgc_path_verdict_new (FALSE, BGC_ERROR_INVALID_PATH, long_text, NULL);
  g_autoptr (BgcPathVerdict) strange = bgc_path_verdict_new (TRUE, BGC_N_ERRORS, NULL, "/srv/\xff/f");
  g_autoptr (BgcPathVerdict) linked = bgc_path_verdict_new (TRUE, BGC_N_ERRORS, NULL, "/data/f");
  g_autoptr (BgcPathVerdict) first = carry_verdict (refused);
  g_autoptr (BgcPathVerdict) second = carry_verdict (wordy);
  g_autoptr (BgcPathVerdict) third = carry_verdict (strange);
  g_autoptr (BgcPathVerdict) fourth = carry_verdict (linked);

  g_assert_false (first->allowed);
  g_assert_cmpint (first->code, ==, BGC_ERROR_INVALID_PATH);
  g_assert_cmpuint (strlen (second->message), <=, 1024);
  g_assert_true (third->allowed);
  g_assert_null (third->identity);
  g_assert_cmpstr (fourth->identity, ==, "/data/f");
}

/* Writes one report, reads it as the daemon does. */
static BgcReport *
carry (BgcFileReport *file)
{
  BgcJobId id = { { 1 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autoptr (GPtrArray) reports = g_ptr_array_new ();
  g_autoptr (GPtrArray) signals = NULL;
  g_autoptr (GVariant) signal = NULL, list = NULL, item = NULL;
  g_autoptr (GError) error = NULL;
  BgcReport *read;

  report->received = 5;
  report->sent = 4;
  report->yields_to = BGC_YIELD_LIMIT;
  g_ptr_array_add (report->files, file);
  g_ptr_array_add (reports, report);
  signals = bgc_worker_wire_reports (reports);
  g_assert_cmpuint (signals->len, ==, 1);
  signal = g_variant_ref_sink (g_ptr_array_index (signals, 0));
  g_assert_true (g_variant_is_of_type (signal, G_VARIANT_TYPE ("(" BGC_WORKER_CODEC_REPORTS ")")));
  list = g_variant_get_child_value (signal, 0);
  item = g_variant_get_child_value (list, 0);
  read = bgc_worker_codec_read_report (item, 77, &error);
  g_assert_no_error (error);
  return read;
}

static BgcFileReport *
carry_file (BgcFileReport *file, BgcReport **holder)
{
  *holder = carry (file);
  g_assert_cmpuint ((*holder)->files->len, ==, 1);
  return g_ptr_array_index ((*holder)->files, 0);
}

static void
test_report (void)
{
  BgcFileReport *file = bgc_file_report_new (3, BGC_FILE_EVENT_WHOLE);
  g_autoptr (BgcReport) holder = NULL;

  file->durable = file->total = 12;
  file->device = 1;
  file->inode = 2;
  file->etag = g_strdup ("\"abc\"");
  file->last_modified = g_strdup ("Thu, 01 Jan 1970 00:00:00 GMT");
  file->server_date = 9;
  file->attempts = 2;
  file = carry_file (file, &holder);
  g_assert_cmpuint (holder->received, ==, 5);
  g_assert_cmpuint (holder->sent, ==, 4);
  g_assert_cmpint (holder->yields_to, ==, BGC_YIELD_LIMIT);
  g_assert_cmpint (file->event, ==, BGC_FILE_EVENT_WHOLE);
  g_assert_cmpuint (file->durable, ==, 12);
  g_assert_cmpuint (file->inode, ==, 2);
  g_assert_cmpstr (file->etag, ==, "\"abc\"");
  g_assert_cmpstr (file->last_modified, ==, "Thu, 01 Jan 1970 00:00:00 GMT");
  g_assert_cmpint (file->server_date, ==, 9);
  g_assert_cmpuint (file->attempts, ==, 2);
}

static void
test_failure (void)
{
  BgcFileReport *file = bgc_file_report_new (3, BGC_FILE_EVENT_FAILED);
  g_autoptr (BgcReport) holder = NULL;

  file->failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, TRUE, "503");
  file->failure->http_status = 503;
  file->failure->retry_after = 60;
  file->failure->wait = BGC_WAIT_DISK_FULL;
  file->failure->url = g_strdup ("https://example.org/x?q=1");
  file->failure->protocol = g_strdup ("https");
  file = carry_file (file, &holder);
  g_assert_cmpint (file->failure->context, ==, BGC_CONTEXT_REMOTE_FILE);
  g_assert_cmpint (file->failure->code, ==, BGC_ERROR_HTTP_STATUS);
  g_assert_true (file->failure->transient);
  g_assert_cmpuint (file->failure->http_status, ==, 503);
  g_assert_cmpuint (file->failure->retry_after, ==, 60);
  g_assert_cmpint (file->failure->wait, ==, BGC_WAIT_DISK_FULL);
  g_assert_cmpstr (file->failure->url, ==, "https://example.org/x?q=1");
  g_assert_cmpstr (file->failure->protocol, ==, "https");
  g_assert_cmpuint (file->failure->file, ==, 3);
  g_assert_cmpint (file->failure->time, ==, 77);
}

/* Servers say all sorts of things. None of them makes an honest worker look like a hostile one. */
static void
test_wild_servers (void)
{
  BgcFileReport *file = bgc_file_report_new (3, BGC_FILE_EVENT_FAILED);
  g_autoptr (BgcReport) holder = NULL;

  file->durable = 100;
  file->total = 50;
  file->etag = g_strdup ("\"\xff\"");
  file->last_modified = g_strnfill (3000, 'x');
  file->server_date = -5;
  file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "bad \xff\n");
  file->failure->retry_after = 5;
  file->failure->http_status = 4711;
  file->failure->wait = BGC_WAIT_SERVER_CANCEL;
  file->failure->url = g_strnfill (10000, 'u');
  file->failure->protocol = g_strdup ("gopher");
  file = carry_file (file, &holder);
  g_assert_cmpuint (file->durable, ==, 100);
  g_assert_cmpuint (file->total, ==, BGC_SIZE_UNKNOWN);
  g_assert_null (file->etag);
  g_assert_null (file->last_modified);
  g_assert_cmpint (file->server_date, ==, 0);
  g_assert_cmpuint (file->failure->retry_after, ==, 30);
  g_assert_cmpuint (file->failure->http_status, ==, 0);
  g_assert_cmpint (file->failure->wait, ==, BGC_WAIT_RETRY);
  g_assert_null (file->failure->url);
  g_assert_null (file->failure->protocol);
}

/* The session goes once, with the last of what it is the end of. */
static void
test_session (void)
{
  BgcJobId id = { { 1 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autoptr (GPtrArray) reports = g_ptr_array_new ();
  g_autoptr (GPtrArray) signals = NULL;

  for (guint32 i = 0; i < 1000; i++)
    {
      BgcFileReport *file = bgc_file_report_new (0, BGC_FILE_EVENT_PROGRESS);

      file->etag = g_strnfill (1000, 'e');
      g_ptr_array_add (report->files, file);
    }
  report->upload = bgc_upload_new ();
  report->upload->protocol = BGC_UPLOAD_PROTOCOL_TUS;
  report->upload->stage = BGC_UPLOAD_STAGE_OPEN;
  report->upload->resource = g_strdup ("https://example.org/files/1");
  g_ptr_array_add (reports, report);
  signals = bgc_worker_wire_reports (reports);
  g_assert_cmpuint (signals->len, >, 1);
  for (guint i = 0; i < signals->len; i++)
    {
      g_autoptr (GVariant) signal = g_variant_ref_sink (g_ptr_array_index (signals, i));
      g_autoptr (GVariant) list = g_variant_get_child_value (signal, 0);
      g_autoptr (GVariant) item = g_variant_get_child_value (list, 0);
      g_autoptr (BgcReport) read = bgc_worker_codec_read_report (item, 0, NULL);

      g_assert_cmpint (read->upload != NULL, ==, i == signals->len - 1);
      if (read->upload != NULL)
        g_assert_cmpstr (read->upload->resource, ==, "https://example.org/files/1");
    }
}

/* However much there is to say, no frame comes near the limit, and nothing is lost or doubled. */
static void
test_frames (void)
{
  BgcJobId id = { { 1 } };
  g_autoptr (BgcReport) report = bgc_report_new (&id);
  g_autoptr (BgcReport) other = bgc_report_new (&id);
  g_autoptr (GPtrArray) reports = g_ptr_array_new ();
  g_autoptr (GPtrArray) signals = NULL;
  guint32 expected = 0;

  for (guint32 i = 0; i < 2000; i++)
    {
      BgcFileReport *file = bgc_file_report_new (i, BGC_FILE_EVENT_PROGRESS);

      file->etag = g_strnfill (1000, 'e');
      g_ptr_array_add (report->files, file);
    }
  g_ptr_array_add (reports, report);
  g_ptr_array_add (reports, other);
  signals = bgc_worker_wire_reports (reports);
  g_assert_cmpuint (signals->len, >, 3);
  for (guint i = 0; i < signals->len; i++)
    {
      g_autoptr (GVariant) signal = g_variant_ref_sink (g_ptr_array_index (signals, i));
      g_autoptr (GVariant) list = g_variant_get_child_value (signal, 0);

      g_assert_cmpuint (g_variant_get_size (signal), <, 900 * 1024);
      for (gsize j = 0; j < g_variant_n_children (list); j++)
        {
          g_autoptr (GVariant) item = g_variant_get_child_value (list, j);
          g_autoptr (BgcReport) read = bgc_worker_codec_read_report (item, 0, NULL);

          for (guint k = 0; k < read->files->len; k++)
            g_assert_cmpuint (((BgcFileReport *)g_ptr_array_index (read->files, k))->index, ==, expected++);
        }
    }
  g_assert_cmpuint (expected, ==, 2000);
}

/* What one says went wrong the other takes. */
static void
test_failed (void)
{
  g_autoptr (BgcFailure) failure
    = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_FILE_EXISTS, FALSE, "there is one");
  g_autoptr (GVariant) item
    = g_variant_ref_sink (g_variant_new ("(u@a{sv})", 2, bgc_worker_wire_failure (failure)));
  guint32 position = 0;
  g_autoptr (BgcFailure) read = bgc_worker_codec_read_failed (item, 0, &position, NULL);

  g_assert_cmpuint (position, ==, 2);
  g_assert_cmpint (read->code, ==, BGC_ERROR_FILE_EXISTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-wire/file", test_file);
  g_test_add_func ("/worker-wire/placement", test_placement);
  g_test_add_func ("/worker-wire/verdict", test_verdict);
  g_test_add_func ("/worker-wire/report", test_report);
  g_test_add_func ("/worker-wire/failure", test_failure);
  g_test_add_func ("/worker-wire/wild-servers", test_wild_servers);
  g_test_add_func ("/worker-wire/frames", test_frames);
  g_test_add_func ("/worker-wire/session", test_session);
  g_test_add_func ("/worker-wire/failed", test_failed);
  return g_test_run ();
}
