/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-transfer-scene.h"

#include <glib/gstdio.h>
#include <string.h>

#include "model/bgc-path.h"

static struct
{
  GSubprocess *process;
  char *directory;
  guint port;
  guint tls_port;
  GRand *random;
  gboolean expect_small; /* of the test that runs */
} world;

typedef struct
{
  gconstpointer data;
  GTestDataFunc function;
  gboolean expect_small;
} Test;

static guint16
parse_port (const char *text)
{
  guint64 port = 0;

  g_assert_true (g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &port, NULL));
  return (guint16)port;
}

void
bgc_transfer_scene_start_server (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "httpd", "faulty_httpd.py", NULL);
  g_autofree char *certificate = g_test_build_filename (G_TEST_DIST, "httpd", "test-cert.pem", NULL);
  g_autofree char *key = g_test_build_filename (G_TEST_DIST, "httpd", "test-key.pem", NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_auto (GStrv) ports = NULL;

  world.process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                    "python3", script, "--tls", certificate, key, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (world.process));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  ports = g_strsplit (line, " ", 2);
  world.port = parse_port (ports[0]);
  world.tls_port = parse_port (ports[1]);
  world.directory = g_dir_make_tmp ("bgcopy-transfer-XXXXXX", &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (world.directory, 0777), ==, 0);
  world.random = g_rand_new ();
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (!g_file_test (child, G_FILE_TEST_IS_SYMLINK) && g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
bgc_transfer_scene_stop_server (void)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (world.process), NULL, NULL);
  g_subprocess_wait (world.process, NULL, NULL);
  g_clear_object (&world.process);
  remove_tree (world.directory);
  g_clear_pointer (&world.directory, g_free);
  g_clear_pointer (&world.random, g_rand_free);
}

guint
bgc_transfer_scene_port (gboolean tls)
{
  return tls ? world.tls_port : world.port;
}

const char *
bgc_transfer_scene_directory (void)
{
  return world.directory;
}

static void
run_test (gconstpointer data)
{
  const Test *test = data;

  world.expect_small = test->expect_small;
  test->function (test->data);
}

void
bgc_transfer_scene_add (const char *path, gconstpointer data, GTestDataFunc function)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *name = g_strconcat (path, i == 0 ? NULL : "/courier", NULL);
      Test *test = g_new (Test, 1);

      test->data = data;
      test->function = function;
      test->expect_small = i == 1;
      g_test_add_data_func_full (name, test, run_test, g_free);
    }
}

char *
bgc_transfer_scene_tell_server (const char *format, ...)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *request = NULL;
  g_autoptr (GString) answer = g_string_new (NULL);
  char bytes[4096];
  gssize n;
  va_list arguments;

  va_start (arguments, format);
  path = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  request = g_strdup_printf ("GET %s HTTP/1.1\r\n\r\n", path);
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

char *
bgc_transfer_scene_url (BgcTransferScene *self, const char *query)
{
  return g_strdup_printf ("http://127.0.0.1:%u/f/%s?%s", world.port, self->name, query);
}

BgcTransferScene *
bgc_transfer_scene_new (const char *query)
{
  static guint count = 0;
  BgcTransferScene *self = g_new0 (BgcTransferScene, 1);
  g_autofree char *url = NULL;
  g_autofree char *local = NULL;
  g_autofree char *temporary = bgc_path_temporary_name (world.random);

  self->name = g_strdup_printf ("file-%u", ++count);
  self->events = g_string_new (NULL);
  url = bgc_transfer_scene_url (self, query);
  local = g_build_filename (world.directory, self->name, NULL);
  self->file = bgc_file_new (7, url, local, temporary);
  return self;
}

void
bgc_transfer_scene_free (BgcTransferScene *self)
{
  if (self == NULL)
    return;
  bgc_file_free (self->file);
  bgc_failure_free (self->failure);
  g_string_free (self->events, TRUE);
  g_free (self->name);
  g_free (self);
}

void
bgc_transfer_scene_settings (BgcTransferSettings *settings)
{
  *settings = (BgcTransferSettings){ .files_at_once = 4,
                                     .checkpoint_bytes = 64u << 20,
                                     .checkpoint_seconds = 5,
                                     .stall_seconds = 1,
                                     .expect_small = world.expect_small,
                                     .user_agent = "test" };
}

static void
set_text (char **place, const char *text)
{
  g_free (*place);
  *place = g_strdup (text);
}

static void
note_progress (BgcTransferScene *self, const BgcFileReport *report)
{
  BgcFile *file = self->file;

  g_assert_cmpuint (report->durable, >=, file->bytes_transferred);
  file->bytes_transferred = report->durable;
  file->bytes_total = report->total;
  file->server_date = report->server_date;
  if (report->device != 0 || report->inode != 0)
    {
      file->device = report->device;
      file->inode = report->inode;
    }
  g_assert_true (report->durable == 0 || report->inode != 0);
  set_text (&file->etag, report->etag);
  set_text (&file->last_modified, report->last_modified);
  self->most_durable = MAX (self->most_durable, report->durable);
}

static void
on_report (const BgcFileReport *report, gpointer data)
{
  BgcTransferScene *self = data;

  g_assert_cmpuint (report->index, ==, 7);
  g_assert_cmpuint (self->file->state, ==, BGC_FILE_PENDING);
  g_string_append_c (self->events, "PRWF"[report->event]);
  if (report->event == BGC_FILE_EVENT_RESTARTED)
    bgc_file_restart (self->file);
  else
    note_progress (self, report);
  if (report->event == BGC_FILE_EVENT_WHOLE)
    {
      g_assert_cmpuint (report->durable, ==, report->total);
      self->file->state = BGC_FILE_WHOLE;
    }
  if (report->event == BGC_FILE_EVENT_FAILED)
    {
      g_assert_nonnull (report->failure);
      self->failure = bgc_failure_copy (report->failure);
      self->file->state = BGC_FILE_FAILED;
    }
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  *(gboolean *)data = TRUE;
}

static void
run (BgcTransferScene *self, const BgcTransferSettings *settings, guint64 bytes, gboolean discard)
{
  BgcTransfer *transfer = bgc_transfer_new (settings, on_report, self);
  gboolean stopped = FALSE;

  g_string_truncate (self->events, 0);
  g_clear_pointer (&self->failure, bgc_failure_free);
  self->file->state = BGC_FILE_PENDING;
  self->most_durable = 0;
  bgc_transfer_add (transfer, bgc_file_copy (self->file));
  g_assert_cmpuint (bgc_transfer_unsettled (transfer), ==, 1);
  while (self->file->state == BGC_FILE_PENDING && bgc_transfer_received (transfer) < bytes)
    g_main_context_iteration (NULL, TRUE);
  bgc_transfer_stop_async (transfer, discard, on_stopped, &stopped);
  while (!stopped)
    g_main_context_iteration (NULL, TRUE);
  self->received = bgc_transfer_received (transfer);
  self->connected = bgc_transfer_is_connected (transfer);
  g_assert_cmpuint (bgc_transfer_unsettled (transfer), ==, 0);
  bgc_transfer_free (transfer);
}

void
bgc_transfer_scene_run (BgcTransferScene *self, const BgcTransferSettings *settings)
{
  BgcTransferSettings usual;

  bgc_transfer_scene_settings (&usual);
  run (self, settings != NULL ? settings : &usual, G_MAXUINT64, FALSE);
}

void
bgc_transfer_scene_run_until (BgcTransferScene *self, guint64 bytes, gboolean discard)
{
  BgcTransferSettings usual;

  bgc_transfer_scene_settings (&usual);
  run (self, &usual, bytes, discard);
}

char *
bgc_transfer_scene_temporary_path (BgcTransferScene *self)
{
  g_autofree char *directory = bgc_path_directory (self->file->local);

  return g_build_filename (directory, self->file->temporary, NULL);
}

guint8 *
bgc_transfer_scene_content (guint version, gsize size)
{
  guint8 *bytes = g_malloc (size + 1);

  for (gsize i = 0; i < size; i++)
    {
      gsize low = i & 0xffff;

      bytes[i] = (guint8)(low * 31 + (low >> 8) * 17 + (i >> 16) * 7 + version * 101);
    }
  return bytes;
}

void
bgc_transfer_scene_assert_whole (BgcTransferScene *self, guint version, gsize size)
{
  g_autofree char *path = bgc_transfer_scene_temporary_path (self);
  g_autofree guint8 *expected = bgc_transfer_scene_content (version, size);
  g_autofree char *bytes = NULL;
  gsize length = 0;

  if (self->failure != NULL)
    g_test_message ("failure: %s", self->failure->message);
  g_assert_cmpint (self->file->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpuint (self->file->bytes_total, ==, size);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_cmpuint (length, ==, size);
  g_assert_true (memcmp (bytes, expected, size) == 0);
}

void
bgc_transfer_scene_assert_failed (BgcTransferScene *self, BgcErrorCode code, gboolean transient)
{
  g_assert_cmpint (self->file->state, ==, BGC_FILE_FAILED);
  g_test_message ("failure: %s", self->failure->message);
  g_assert_cmpstr (bgc_error_name (self->failure->code), ==, bgc_error_name (code));
  g_assert_cmpint (self->failure->transient, ==, transient);
  g_assert_cmpuint (self->failure->file, ==, 7);
  g_assert_cmpstr (self->failure->protocol, ==, "http");
  g_assert_nonnull (self->failure->url);
  g_assert_null (strchr (self->failure->url, '?'));
  g_assert_cmpint (self->failure->time, >, 0);
}

void
bgc_transfer_scene_assert_requests (BgcTransferScene *self, const char *expected)
{
  g_autofree char *log = bgc_transfer_scene_tell_server ("/log?name=%s", self->name);
  g_autofree char *forgotten = bgc_transfer_scene_tell_server ("/forget?name=%s", self->name);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (log), "\n", 0);
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    g_string_append_printf (got, "%s%s", i > 0 ? ", " : "",
                            g_str_has_prefix (lines[i], "GET ") ? lines[i] + 4 : lines[i]);
  g_assert_cmpstr (got->str, ==, expected);
}
