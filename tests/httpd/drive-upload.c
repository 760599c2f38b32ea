/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Runs one upload without daemon or bus, for measuring and for a look by hand:
 *   drive-upload [--protocol bits] [--reply] [--keep] [--cancel] [--repeat N] [--retry N]
 *                [--login SCHEME:USER:PASSWORD]… [--verbose] PATH URL
 * With --repeat as many uploads of the file run at once, and the number of each takes the place of %d in
 * URL; --keep leaves the session open, --cancel drops it; --retry is how often what may pass is tried
 * again, each 100 ms. Prints what is reported, and what it cost. */

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "drive-login.h"
#include "transfer/bgc-local-file-source.h"
#include "transfer/bgc-session-cancel.h"
#include "transfer/bgc-upload-transfer.h"

typedef struct
{
  GMainLoop *loop;
  guint running;
  guint failed;
  gboolean verbose;
  gint retries; /* of each upload */
  gboolean keep;
  gboolean cancel;
  const BgcJobSecrets *secrets;
} Drive;

typedef struct
{
  Drive *drive;
  guint number;
  gint retries;
  gboolean closing;
  char *url;
  BgcUploadTransfer *transfer;
} Upload;

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  Upload *upload = data;
  g_autoptr (BgcFailure) failure = NULL;
  gboolean settled = bgc_session_cancel_finish (result, &failure);

  g_print ("%u cancel settled %d %s\n", upload->number, settled, failure != NULL ? failure->message : "");
  if (--upload->drive->running == 0)
    g_main_loop_quit (upload->drive->loop);
}

static void
end (Upload *upload)
{
  if (upload->drive->cancel)
    {
      bgc_session_cancel_async (upload->url, bgc_upload_transfer_upload (upload->transfer),
                                upload->drive->secrets, "drive", on_cancelled, upload);
      return;
    }
  if (--upload->drive->running == 0)
    g_main_loop_quit (upload->drive->loop);
}

/* By the step that is due. */
static void
send_file (Upload *upload)
{
  const BgcUpload *session = bgc_upload_transfer_upload (upload->transfer);

  if (session->protocol == BGC_UPLOAD_PROTOCOL_PUT || bgc_upload_is_open (session))
    bgc_upload_transfer_send (upload->transfer);
  else
    bgc_upload_transfer_begin (upload->transfer);
}

static gboolean
on_retry (gpointer data)
{
  Upload *upload = data;

  if (upload->closing)
    bgc_upload_transfer_close (upload->transfer);
  else
    send_file (upload);
  return G_SOURCE_REMOVE;
}

static void
on_report (const BgcFileReport *report, const BgcUpload *session, gpointer data)
{
  static const char *const names[] = { "progress", "restarted", "whole", "failed" };
  Upload *upload = data;
  Drive *drive = upload->drive;

  if (drive->verbose || (report != NULL && report->event == BGC_FILE_EVENT_FAILED))
    g_print ("%u %s at %" G_GUINT64_FORMAT " %s stage %d session %s resource %s reply %s %s\n",
             upload->number, report != NULL ? names[report->event] : "closed",
             report != NULL ? report->durable : 0,
             bgc_enums_upload_protocol_to_string (session->protocol), session->stage,
             session->session_id != NULL ? session->session_id : "-",
             session->resource != NULL ? session->resource : "-",
             session->reply_url != NULL ? session->reply_url : "-",
             report != NULL && report->failure != NULL ? report->failure->message : "");
  if (report != NULL && report->failure != NULL && report->failure->transient
      && upload->retries++ < drive->retries)
    g_timeout_add (100, on_retry, upload);
  else if (report == NULL || report->event == BGC_FILE_EVENT_FAILED)
    {
      drive->failed += report != NULL;
      end (upload);
    }
  else if (report->event == BGC_FILE_EVENT_WHOLE)
    {
      upload->closing = TRUE;
      if (drive->keep || drive->cancel || session->stage == BGC_UPLOAD_STAGE_CLOSED)
        end (upload);
      else
        bgc_upload_transfer_close (upload->transfer);
    }
  else if (!bgc_upload_transfer_is_busy (upload->transfer))
    send_file (upload);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  g_main_loop_quit (data);
}

static void
print_cost (gint64 begin)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  g_print ("wall %.3f s, user %.3f s, system %.3f s, peak %ld KiB\n",
           (double)(g_get_monotonic_time () - begin) / 1e6,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6, usage.ru_maxrss);
}

static char *
insert_number (const char *pattern, guint number)
{
  const char *place = strstr (pattern, "%d");

  if (place == NULL)
    return g_strdup (pattern);
  return g_strdup_printf ("%.*s%u%s", (int)(place - pattern), pattern, number, place + 2);
}

static Upload *
upload_new (Drive *drive, const BgcUploadTransferSettings *settings, guint number, char **names,
            BgcUploadProtocol protocol)
{
  Upload *self = g_new0 (Upload, 1);
  g_autoptr (BgcUpload) session = bgc_upload_new ();
  g_autoptr (BgcFile) file = NULL;

  session->protocol = protocol;
  self->drive = drive;
  self->number = number;
  self->url = insert_number (names[1], number);
  file = bgc_file_new (0, self->url, names[0], "");
  self->transfer = bgc_upload_transfer_new (settings, file, session, on_report, self);
  drive->running++;
  send_file (self);
  return self;
}

static void
upload_free (Upload *self)
{
  bgc_upload_transfer_stop_async (self->transfer, on_stopped, self->drive->loop);
  g_main_loop_run (self->drive->loop);
  bgc_upload_transfer_free (self->transfer);
  g_free (self->url);
  g_free (self);
}

int
main (int argc, char **argv)
{
  g_autofree char *word = NULL;
  g_auto (GStrv) logins = NULL;
  g_autoptr (BgcJobSecrets) secrets = NULL;
  gint repeat = 1;
  gboolean reply = FALSE;
  Drive drive = { 0 };
  const GOptionEntry entries[] = {
    { "protocol", 0, 0, G_OPTION_ARG_STRING, &word, NULL, NULL },
    { "login", 0, 0, G_OPTION_ARG_STRING_ARRAY, &logins, NULL, NULL },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &repeat, NULL, NULL },
    { "retry", 0, 0, G_OPTION_ARG_INT, &drive.retries, NULL, NULL },
    { "reply", 0, 0, G_OPTION_ARG_NONE, &reply, NULL, NULL },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &drive.keep, NULL, NULL },
    { "cancel", 0, 0, G_OPTION_ARG_NONE, &drive.cancel, NULL, NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &drive.verbose, NULL, NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("PATH URL");
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func ((GDestroyNotify)upload_free);
  BgcUploadTransferSettings settings = { .user_agent = "drive" };
  BgcUploadProtocol protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  gint64 begin = g_get_monotonic_time ();

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL) || argc != 3
      || (word != NULL && !bgc_enums_upload_protocol_from_string (word, &protocol)))
    return 2;
  secrets = drive_login_parse (logins);
  if (secrets == NULL)
    return 2;
  settings.secrets = drive.secrets = secrets;
  settings.wants_reply = reply;
  drive.loop = g_main_loop_new (NULL, FALSE);
  for (guint i = 0; i < (guint)repeat; i++)
    g_ptr_array_add (uploads, upload_new (&drive, &settings, i, argv + 1, protocol));
  g_main_loop_run (drive.loop);
  print_cost (begin);
  g_ptr_array_set_size (uploads, 0);
  g_main_loop_unref (drive.loop);
  return drive.failed > 0 ? 1 : 0;
}
