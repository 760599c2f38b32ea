/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-job.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>

#include "model/bgc-file-report.h"

/* Nobody listens there: the discard port of a machine that has no such service. */
#define NOWHERE "http://127.0.0.1:9/f"

typedef struct
{
  guint settled;
  guint batches;
  gboolean stopped;
} Seen;

static void
on_batch (GPtrArray *reports, gpointer data)
{
  Seen *seen = data;

  seen->batches++;
  for (guint i = 0; i < reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (reports, i);

      for (guint j = 0; j < report->files->len; j++)
        seen->settled
          += ((BgcFileReport *)g_ptr_array_index (report->files, j))->event == BGC_FILE_EVENT_FAILED;
    }
}

static void
on_stopped (BgcWorkerJob *job, gpointer data)
{
  ((Seen *)data)->stopped = TRUE;
}

/* The last of its files to be settled lets everything out, whatever the interval; a stop ends it. */
static void
test_settled (void)
{
  const BgcTransferSettings settings = { .files_at_once = 4, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  Seen seen = { 0 };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (1000 * 1000, on_batch, &seen);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);

  g_assert_true (bgc_job_id_equal (bgc_worker_job_id (job), &id));
  for (guint32 i = 0; i < 3; i++)
    bgc_worker_job_add (job, bgc_file_new (i, NOWHERE, "/tmp/f", ".bgcopy-0123456789abcdef0123456789abcdef"));
  while (seen.settled < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (seen.batches, ==, 2);
  g_assert_false (bgc_worker_job_is_stopping (job));
  bgc_worker_job_stop (job, FALSE, on_stopped, &seen);
  g_assert_true (bgc_worker_job_is_stopping (job));
  while (!seen.stopped)
    g_main_context_iteration (NULL, TRUE);
  bgc_worker_job_free (job);
}

/* Stopped before anything came of it. */
static void
test_stop (void)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  Seen seen = { 0 };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (250, on_batch, &seen);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);

  for (guint32 i = 0; i < 100; i++)
    bgc_worker_job_add (job, bgc_file_new (i, NOWHERE, "/tmp/f", ".bgcopy-0123456789abcdef0123456789abcdef"));
  bgc_worker_job_stop (job, TRUE, on_stopped, &seen);
  while (!seen.stopped)
    g_main_context_iteration (NULL, TRUE);
  bgc_worker_job_free (job);
  g_assert_cmpuint (seen.settled, ==, 0);
}

/* An upload as the daemon sees it, and a server that speaks just enough of BITS. */
typedef struct
{
  SoupServer *server;
  char *url;       /* (owned) */
  char *path;      /* (owned) of the source */
  GString *asked;  /* (owned) packet types, in order */
  gboolean mute;   /* fragments are not answered */
  GPtrArray *said; /* (owned) "index/event/durable stage" of each report, either part "-" if missing */
  char *session;   /* (owned) (nullable) last heard */
  gboolean stopped;
} House;

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
            gpointer data)
{
  House *house = data;
  SoupMessageHeaders *asked = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);
  const char *type = soup_message_headers_get_one (asked, "BITS-Packet-Type");

  if (type == NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_IMPLEMENTED, NULL);
      return;
    }
  g_string_append_printf (house->asked, "%s ", type);
  if (house->mute && g_ascii_strcasecmp (type, "Fragment") == 0)
    {
      soup_server_message_pause (message);
      return;
    }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_append (answer, "BITS-Packet-Type", "Ack");
  soup_message_headers_append (answer, "BITS-Protocol", "{7df0354d-249b-430f-820d-3d2a9bef4931}");
  soup_message_headers_append (answer, "BITS-Session-Id", "{00000000-0000-0000-0000-000000000001}");
  if (g_ascii_strcasecmp (type, "Fragment") == 0)
    soup_message_headers_append (answer, "BITS-Received-Content-Range", "5");
}

static void
on_upload_batch (GPtrArray *reports, gpointer data)
{
  House *house = data;

  for (guint i = 0; i < reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (reports, i);
      const BgcFileReport *file
        = report->files->len == 0 ? NULL : g_ptr_array_index (report->files, report->files->len - 1);
      g_autofree char *happened
        = file == NULL ? g_strdup ("-")
                       : g_strdup_printf ("%u/%d/%u", file->index, file->event, (guint)file->durable);

      if (report->upload == NULL && file == NULL)
        continue;
      if (report->upload != NULL)
        {
          g_free (house->session);
          house->session = g_strdup (report->upload->session_id);
        }
      g_ptr_array_add (house->said, report->upload == NULL
                                      ? g_strdup_printf ("%s -", happened)
                                      : g_strdup_printf ("%s %d", happened, report->upload->stage));
    }
}

static void
house_set_up (House *house, gconstpointer data)
{
  GSList *uris;
  int fd;

  house->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (house->server, NULL, on_request, house, NULL);
  g_assert_true (soup_server_listen_local (house->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
  uris = soup_server_get_uris (house->server);
  house->url = g_strdup_printf ("http://127.0.0.1:%d/drop", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify)g_uri_unref);
  fd = g_file_open_tmp ("bgc-worker-job-XXXXXX", &house->path, NULL);
  g_assert_cmpint (write (fd, "12345", 5), ==, 5);
  close (fd);
  house->asked = g_string_new (NULL);
  house->said = g_ptr_array_new_with_free_func (g_free);
}

static void
house_tear_down (House *house, gconstpointer data)
{
  g_unlink (house->path);
  g_clear_object (&house->server);
  g_free (house->url);
  g_free (house->path);
  g_free (house->session);
  g_string_free (house->asked, TRUE);
  g_ptr_array_unref (house->said);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static const char *
wait_said (House *house, const char *text)
{
  while (house->said->len == 0 || !g_str_equal (g_ptr_array_index (house->said, house->said->len - 1), text))
    g_main_context_iteration (NULL, TRUE);
  return text;
}

static void
on_upload_stopped (BgcWorkerJob *job, gpointer data)
{
  ((House *)data)->stopped = TRUE;
}

static void
take_step (House *house, BgcWorkerJob *job, guint32 step, BgcUploadStage stage, const char *remote)
{
  BgcFile *source = bgc_file_new (BGC_UPLOAD_FILE, remote, house->path, "");
  g_autoptr (BgcUpload) upload = bgc_upload_new ();

  source->bytes_total = 5;
  source->bytes_transferred = stage >= BGC_UPLOAD_STAGE_SENT ? 5 : 0;
  upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  upload->stage = stage;
  if (stage != BGC_UPLOAD_STAGE_NONE)
    upload->session_id = g_strdup ("{00000000-0000-0000-0000-000000000001}");
  bgc_worker_job_take_step (job, step, "test", source, NULL, upload);
}

static void
stop_and_free (House *house, BgcWorkerJob *job)
{
  bgc_worker_job_stop (job, FALSE, on_upload_stopped, house);
  while (!house->stopped)
    g_main_context_iteration (NULL, TRUE);
  house->stopped = FALSE;
  bgc_worker_job_free (job);
}

/* Opening, sending and closing are three steps, each told about before the next is asked for. */
static void
test_upload (House *house, gconstpointer data)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (250, on_upload_batch, house);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);

  take_step (house, job, BGC_WORKER_JOB_STEP_BEGIN, BGC_UPLOAD_STAGE_NONE, house->url);
  wait_said (house, "0/0/0 1");
  g_assert_cmpstr (house->asked->str, ==, "Create-Session ");
  g_assert_cmpstr (house->session, ==, "{00000000-0000-0000-0000-000000000001}");
  take_step (house, job, BGC_WORKER_JOB_STEP_SEND, BGC_UPLOAD_STAGE_OPEN, house->url);
  wait_said (house, "0/2/5 2");
  g_assert_cmpstr (house->asked->str, ==, "Create-Session Fragment ");
  take_step (house, job, BGC_WORKER_JOB_STEP_CLOSE, BGC_UPLOAD_STAGE_SENT, house->url);
  wait_said (house, "- 3");
  g_assert_cmpstr (house->asked->str, ==, "Create-Session Fragment Close-Session ");
  stop_and_free (house, job);
}

/* A worker that is new to the job closes what another has sent. */
static void
test_close (House *house, gconstpointer data)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (250, on_upload_batch, house);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);

  take_step (house, job, BGC_WORKER_JOB_STEP_CLOSE, BGC_UPLOAD_STAGE_SENT, house->url);
  wait_said (house, "- 3");
  g_assert_cmpstr (house->asked->str, ==, "Close-Session ");
  stop_and_free (house, job);
}

/* Stopped while a fragment is out: the session that Cancel needs has been told of. */
static void
test_upload_stop (House *house, gconstpointer data)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  /* An interval that never ends: only a stop lets anything out. */
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (1000 * 1000, on_upload_batch, house);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);

  house->mute = TRUE;
  take_step (house, job, BGC_WORKER_JOB_STEP_BEGIN, BGC_UPLOAD_STAGE_NONE, house->url);
  wait_said (house, "0/0/0 1");
  take_step (house, job, BGC_WORKER_JOB_STEP_SEND, BGC_UPLOAD_STAGE_OPEN, house->url);
  while (strstr (house->asked->str, "Fragment") == NULL)
    g_main_context_iteration (NULL, TRUE);
  stop_and_free (house, job);
  g_assert_cmpstr (house->session, ==, "{00000000-0000-0000-0000-000000000001}");
  g_assert_cmpstr (g_ptr_array_index (house->said, house->said->len - 1), ==, "0/0/0 1");
}

static void
test_upload_fails (House *house, gconstpointer data)
{
  const BgcTransferSettings settings = { .files_at_once = 1, .user_agent = "test" };
  const BgcJobId id = { { 1 } };
  g_autoptr (BgcReportBatch) batch = bgc_report_batch_new (250, on_upload_batch, house);
  BgcWorkerJob *job = bgc_worker_job_new (&id, &settings, BGC_TOKEN_BUCKET_UNLIMITED, batch);
  const char *last;

  take_step (house, job, BGC_WORKER_JOB_STEP_BEGIN, BGC_UPLOAD_STAGE_NONE, NOWHERE);
  do
    {
      g_main_context_iteration (NULL, TRUE);
      last = house->said->len == 0 ? "" : g_ptr_array_index (house->said, house->said->len - 1);
    }
  while (!g_str_has_prefix (last, "0/3/0"));
  /* A step that is none is none. */
  take_step (house, job, 77, BGC_UPLOAD_STAGE_NONE, house->url);
  stop_and_free (house, job);
  g_assert_cmpstr (house->asked->str, ==, "");
}

#define ADD(name, function)                                                                                  \
  g_test_add ("/worker-job/" name, House, NULL, house_set_up, function, house_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-job/settled", test_settled);
  g_test_add_func ("/worker-job/stop", test_stop);
  ADD ("upload", test_upload);
  ADD ("close", test_close);
  ADD ("upload-stop", test_upload_stop);
  ADD ("upload-fails", test_upload_fails);
  return g_test_run ();
}
