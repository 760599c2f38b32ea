/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-transfer-scene.h"

#include <string.h>

#include "bgc-scene-server.h"
#include "model/bgc-path.h"

static struct
{
  GRand *random;         /* (owned) */
  gboolean expect_small; /* of the test that runs */
} world;

typedef struct
{
  gconstpointer data;
  GTestDataFunc function;
  gboolean expect_small;
} Test;

int
bgc_transfer_scene_run_tests (void)
{
  static const char *const server[] = { "faulty_httpd.py", "--tls", "test-cert.pem", "test-key.pem", NULL };
  int result;

  world.random = g_rand_new ();
  result = bgc_scene_server_run_tests (server);
  g_clear_pointer (&world.random, g_rand_free);
  return result;
}

guint
bgc_transfer_scene_port (gboolean tls)
{
  return bgc_scene_server_port (tls ? 1 : 0);
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
  g_autofree char *path = NULL;
  va_list arguments;

  va_start (arguments, format);
  path = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return bgc_scene_server_get (path);
}

char *
bgc_transfer_scene_url (BgcTransferScene *self, const char *query)
{
  return g_strdup_printf ("http://127.0.0.1:%u/f/%s?%s", bgc_scene_server_port (0), self->name, query);
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
  local = g_build_filename (bgc_scene_server_directory (), self->name, NULL);
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
