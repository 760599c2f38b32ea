/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-upload-scene.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bgc-scene-server.h"

int
bgc_upload_scene_run_tests (void)
{
  static const char *const server[] = { "upload_httpd.py", NULL };

  return bgc_scene_server_run_tests (server);
}

void
bgc_upload_scene_rewrite (BgcUploadScene *self, gsize size)
{
  g_autofree char *bytes = g_malloc (size + 1);
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)size + self->file->index);
  FILE *stream = g_fopen (self->file->local, "r+");

  if (stream == NULL)
    stream = g_fopen (self->file->local, "w");
  g_assert_nonnull (stream);
  for (gsize i = 0; i < size; i++)
    bytes[i] = (char)g_rand_int_range (random, 0, 256);
  g_assert_cmpuint (fwrite (bytes, 1, size, stream), ==, size);
  g_assert_cmpint (fflush (stream), ==, 0);
  g_assert_cmpint (ftruncate (fileno (stream), (off_t)size), ==, 0);
  fclose (stream);
}

BgcUploadScene *
bgc_upload_scene_new (const char *protocol, const char *query, gsize size)
{
  static guint count = 0;
  BgcUploadScene *self = g_new0 (BgcUploadScene, 1);
  g_autofree char *url = NULL;
  g_autofree char *local = NULL;

  self->name = g_strdup_printf ("file-%u", ++count);
  url = g_strdup_printf ("http://127.0.0.1:%u/%s/%s?%s", bgc_scene_server_port (0), protocol, self->name,
                         query);
  local = g_build_filename (bgc_scene_server_directory (), self->name, NULL);
  self->file = bgc_file_new (0, url, local, "");
  self->upload = bgc_upload_new ();
  self->upload->fragment = 5 * 1024;
  bgc_enums_upload_protocol_from_string (protocol, &self->upload->protocol);
  self->events = g_string_new (NULL);
  self->settings = (BgcUploadTransferSettings){ .stall_seconds = 1, .answer_seconds = 2,
                                                .user_agent = "test" };
  bgc_upload_scene_rewrite (self, size);
  return self;
}

void
bgc_upload_scene_free (BgcUploadScene *self)
{
  if (self == NULL)
    return;
  g_remove (self->file->local);
  bgc_file_free (self->file);
  bgc_upload_free (self->upload);
  bgc_failure_free (self->failure);
  g_string_free (self->events, TRUE);
  g_free (self->name);
  g_free (self);
}

static void
note_event (BgcUploadScene *self, char event)
{
  if (self->events->len == 0 || self->events->str[self->events->len - 1] != event)
    g_string_append_c (self->events, event);
}

/* The one that is due after what was reported last. */
static void
take_step (BgcUploadScene *self)
{
  if (self->upload->protocol == BGC_UPLOAD_PROTOCOL_PUT || bgc_upload_is_open (self->upload))
    bgc_upload_transfer_send (self->transfer);
  else
    bgc_upload_transfer_begin (self->transfer);
}

static void
on_report (const BgcFileReport *report, const BgcUpload *upload, gpointer data)
{
  BgcUploadScene *self = data;

  g_assert_nonnull (upload);
  bgc_upload_free (self->upload);
  self->upload = bgc_upload_copy (upload);
  self->ended = report == NULL || report->event >= BGC_FILE_EVENT_WHOLE;
  note_event (self, report == NULL ? 'C' : "PRWF"[report->event]);
  if (report == NULL)
    return;
  if (report->event == BGC_FILE_EVENT_RESTARTED)
    {
      g_assert_cmpint (upload->stage, ==, BGC_UPLOAD_STAGE_NONE);
      g_assert_cmpuint (report->durable, ==, 0);
    }
  else if (upload->stage != BGC_UPLOAD_STAGE_NONE || report->event != BGC_FILE_EVENT_FAILED)
    g_assert_cmpuint (report->durable, >=, self->file->bytes_transferred);
  if (report->total != BGC_SIZE_UNKNOWN)
    g_assert_cmpuint (report->durable, <=, report->total);
  g_assert_true ((report->failure != NULL) == (report->event == BGC_FILE_EVENT_FAILED));
  self->file->bytes_transferred = report->durable;
  self->file->bytes_total = report->total;
  if (report->failure != NULL)
    {
      bgc_failure_free (self->failure);
      self->failure = bgc_failure_copy (report->failure);
      g_test_message ("%s", report->failure->message);
    }
  if (self->reported != NULL)
    self->reported (self, report);
  if (!self->ended && !self->stopping && !bgc_upload_transfer_is_busy (self->transfer))
    take_step (self);
}

static void
take_up (BgcUploadScene *self)
{
  self->transfer
    = bgc_upload_transfer_new (&self->settings, self->file, self->upload, on_report, self);
  self->ended = self->stopping = FALSE;
}

void
bgc_upload_scene_begin (BgcUploadScene *self)
{
  take_up (self);
  take_step (self);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcUploadScene *self = data;

  g_assert_true (bgc_upload_transfer_stop_finish (self->transfer, result, NULL));
  self->sent = bgc_upload_transfer_sent (self->transfer);
  bgc_upload_transfer_free (g_steal_pointer (&self->transfer));
}

void
bgc_upload_scene_stop (BgcUploadScene *self)
{
  self->stopping = TRUE;
  bgc_upload_transfer_stop_async (self->transfer, on_stopped, self);
  while (self->transfer != NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
bgc_upload_scene_wait (BgcUploadScene *self)
{
  while (!self->ended)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (bgc_upload_transfer_is_busy (self->transfer));
  bgc_upload_scene_stop (self);
}

void
bgc_upload_scene_send (BgcUploadScene *self)
{
  bgc_upload_scene_begin (self);
  bgc_upload_scene_wait (self);
}

void
bgc_upload_scene_close (BgcUploadScene *self)
{
  take_up (self);
  bgc_upload_transfer_close (self->transfer);
  bgc_upload_scene_wait (self);
}

typedef struct
{
  BgcUploadScene *scene;
  gboolean ended;
  gboolean settled;
} Cancel;

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  Cancel *cancel = data;

  bgc_failure_free (g_steal_pointer (&cancel->scene->failure));
  cancel->settled = bgc_session_cancel_finish (result, &cancel->scene->failure);
  cancel->ended = TRUE;
}

gboolean
bgc_upload_scene_cancel (BgcUploadScene *self)
{
  Cancel cancel = { .scene = self };

  bgc_session_cancel_async (self->file->remote, self->upload, self->settings.secrets, "test",
                            on_cancelled, &cancel);
  while (!cancel.ended)
    g_main_context_iteration (NULL, TRUE);
  return cancel.settled;
}

char *
bgc_upload_scene_ask (BgcUploadScene *self, const char *what)
{
  g_autofree char *path = g_strdup_printf ("/%s?name=%s", what, self->name);

  return bgc_scene_server_get (path);
}

void
bgc_upload_scene_assert_events (BgcUploadScene *self, const char *events)
{
  g_assert_cmpstr (self->events->str, ==, events);
}

void
bgc_upload_scene_assert_failure (BgcUploadScene *self, BgcErrorCode code, guint status, gboolean transient)
{
  g_assert_nonnull (self->failure);
  g_test_message ("%s", self->failure->message);
  g_assert_cmpstr (bgc_error_name (self->failure->code), ==, bgc_error_name (code));
  g_assert_cmpuint (self->failure->http_status, ==, status);
  g_assert_cmpint (self->failure->transient, ==, transient);
}

BgcUploadScene *
bgc_upload_scene_new_refused (const char *protocol, const BgcUploadRefusal *refusal, gsize size)
{
  BgcUploadScene *self = bgc_upload_scene_new (protocol, refusal->query, size);

  g_test_message ("%s", refusal->query);
  bgc_upload_scene_send (self);
  bgc_upload_scene_assert_failure (self, refusal->code, refusal->status, refusal->transient);
  return self;
}

void
bgc_upload_scene_assert_log (BgcUploadScene *self, const char *first, ...)
{
  g_autoptr (GString) wanted = g_string_new (NULL);
  g_autofree char *log = bgc_upload_scene_ask (self, "log");
  va_list lines;

  va_start (lines, first);
  for (const char *line = first; line != NULL; line = va_arg (lines, const char *))
    g_string_append_printf (wanted, "%s\n", line);
  va_end (lines);
  g_assert_cmpstr (log, ==, wanted->str);
}

void
bgc_upload_scene_assert_done (BgcUploadScene *self, BgcUploadStage stage)
{
  g_assert_cmpint (self->upload->stage, ==, stage);
  g_assert_cmpuint (self->file->bytes_transferred, ==, self->file->bytes_total);
  bgc_upload_scene_assert_published (self);
}

void
bgc_upload_scene_assert_published (BgcUploadScene *self)
{
  g_autofree char *told = bgc_upload_scene_ask (self, "file");
  g_autofree char *contents = NULL;
  g_autofree char *checksum = NULL;
  g_autofree char *wanted = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (self->file->local, &contents, &size, NULL));
  checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)contents, size);
  wanted = g_strdup_printf ("%" G_GSIZE_FORMAT " %s 1", size, checksum);
  g_assert_cmpstr (told, ==, wanted);
}

void
bgc_upload_scene_assert_open (BgcUploadScene *self, guint sessions)
{
  g_autofree char *told = bgc_upload_scene_ask (self, "open");
  g_autofree char *wanted = g_strdup_printf ("%u", sessions);

  g_assert_cmpstr (told, ==, wanted);
}
