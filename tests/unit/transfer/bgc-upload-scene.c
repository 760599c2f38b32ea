/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-upload-scene.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static struct
{
  GSubprocess *process;
  char *directory;
  guint port;
} world;

void
bgc_upload_scene_start_server (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "httpd", "upload_httpd.py", NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  guint64 port = 0;

  world.process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                    "python3", script, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (world.process));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_assert_true (g_ascii_string_to_unsigned (line, 10, 1, G_MAXUINT16, &port, NULL));
  world.port = (guint)port;
  world.directory = g_dir_make_tmp ("bgcopy-upload-XXXXXX", &error);
  g_assert_no_error (error);
}

void
bgc_upload_scene_stop_server (void)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (world.process), NULL, NULL);
  g_subprocess_wait (world.process, NULL, NULL);
  g_clear_object (&world.process);
  g_rmdir (world.directory);
  g_clear_pointer (&world.directory, g_free);
}

guint
bgc_upload_scene_port (void)
{
  return world.port;
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
  url = g_strdup_printf ("http://127.0.0.1:%u/%s/%s?%s", world.port, protocol, self->name, query);
  local = g_build_filename (world.directory, self->name, NULL);
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

  bgc_session_cancel_async (self->file->remote, self->upload, "test", on_cancelled, &cancel);
  while (!cancel.ended)
    g_main_context_iteration (NULL, TRUE);
  return cancel.settled;
}

char *
bgc_upload_scene_ask (BgcUploadScene *self, const char *what)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *request = g_strdup_printf ("GET /%s?name=%s HTTP/1.1\r\n\r\n", what, self->name);
  g_autoptr (GString) answer = g_string_new (NULL);
  char bytes[4096];
  gssize n;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16)world.port, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
                             strlen (request), NULL, NULL, &error);
  g_assert_no_error (error);
  g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), bytes,
                                   sizeof bytes, NULL, NULL))
         > 0)
    g_string_append_len (answer, bytes, n);
  g_assert_nonnull (strstr (answer->str, "\r\n\r\n"));
  return g_strdup (strstr (answer->str, "\r\n\r\n") + 4);
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
