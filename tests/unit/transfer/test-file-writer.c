/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-writer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bgc-folder.h"

#define NAME ".bgcopy-0123456789abcdef0123456789abcdef"

typedef struct
{
  BgcFolder *folder;
  BgcFileWriterHost host;
  BgcFile *file;
  BgcFileWriter *writer;
  guint told[BGC_FILE_WRITER_QUIET + 1];
} Scene;

static void
on_event (BgcFileWriterEvent event, gpointer data)
{
  Scene *scene = data;

  scene->told[event]++;
}

static void
set_up (Scene *scene, gconstpointer data)
{
  g_autofree char *local = NULL;

  scene->folder = bgc_folder_new ();
  scene->host.io = bgc_io_pool_new (2);
  scene->host.small = bgc_io_pool_lane_new (scene->host.io);
  scene->host.buffers = bgc_buffer_pool_new ();
  scene->host.directories = bgc_local_file_directory_cache_new ();
  local = bgc_folder_path (scene->folder, "local");
  scene->file = bgc_file_new (0, "http://example.org/", local, NAME);
  scene->writer = bgc_file_writer_new (&scene->host, scene->file, on_event, scene);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  bgc_file_writer_free (scene->writer);
  bgc_io_pool_lane_free (scene->host.small);
  bgc_io_pool_free (scene->host.io);
  bgc_buffer_pool_free (scene->host.buffers);
  bgc_local_file_directory_cache_free (scene->host.directories);
  bgc_file_free (scene->file);
  bgc_folder_free (scene->folder);
}

static void
write_text (Scene *scene, const char *text)
{
  BgcBuffer *buffer = bgc_buffer_pool_take (scene->host.buffers);

  g_assert_nonnull (buffer);
  buffer->length = strlen (text);
  memcpy (buffer->data, text, buffer->length);
  bgc_file_writer_write (scene->writer, buffer);
}

static void
wait_for (Scene *scene, BgcFileWriterEvent event)
{
  guint before = scene->told[event];

  while (scene->told[event] == before)
    g_main_context_iteration (NULL, TRUE);
}

/* The writer of the next run, with @durable bytes stored. */
static void
begin_again (Scene *scene, guint64 durable)
{
  bgc_file_writer_stored_identity (scene->writer, &scene->file->device, &scene->file->inode);
  scene->file->bytes_transferred = durable;
  bgc_file_writer_free (scene->writer);
  scene->writer = bgc_file_writer_new (&scene->host, scene->file, on_event, scene);
}

static void
test_small (Scene *scene, gconstpointer data)
{
  bgc_file_writer_be_small (scene->writer);
  write_text (scene, "hello");
  bgc_file_writer_finish (scene->writer, 0, TRUE);
  wait_for (scene, BGC_FILE_WRITER_STORED);
  if (bgc_local_file_directory_has_group_sync (bgc_file_writer_directory (scene->writer)))
    g_assert_cmpint (bgc_file_writer_take_fd (scene->writer), ==, -1);
  bgc_folder_assert_text (scene->folder, NAME, "hello");
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 0);
}

static void
test_large (Scene *scene, gconstpointer data)
{
  guint64 device = 1;
  guint64 inode = 1;
  int fd;

  bgc_file_writer_reserve (scene->writer, 10000000);
  write_text (scene, "hel");
  bgc_file_writer_sync (scene->writer);
  g_assert_true (bgc_file_writer_is_syncing (scene->writer));
  bgc_file_writer_identity (scene->writer, &device, &inode);
  g_assert_cmpuint (device | inode, ==, 0);
  write_text (scene, "lo");
  wait_for (scene, BGC_FILE_WRITER_SYNCED);
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 3);
  bgc_file_writer_identity (scene->writer, &device, &inode);
  g_assert_cmpuint (inode, ==, bgc_folder_stat (scene->folder, NAME).st_ino);
  bgc_file_writer_finish (scene->writer, 0, FALSE);
  wait_for (scene, BGC_FILE_WRITER_STORED);
  fd = bgc_file_writer_take_fd (scene->writer);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  bgc_folder_assert_text (scene->folder, NAME, "hello");
}

static void
test_reopen (Scene *scene, gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL;

  write_text (scene, "hello, rubbish");
  bgc_file_writer_sync (scene->writer);
  wait_for (scene, BGC_FILE_WRITER_SYNCED);
  begin_again (scene, 5);
  bgc_file_writer_open (scene->writer);
  wait_for (scene, BGC_FILE_WRITER_OPENED);
  g_assert_cmpuint (bgc_file_writer_held (scene->writer), ==, 5);
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 5);
  bgc_file_writer_read (scene->writer, 1, 3);
  wait_for (scene, BGC_FILE_WRITER_READ);
  bytes = bgc_file_writer_take_read (scene->writer);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "ell", 3);
  g_assert_null (bgc_file_writer_take_read (scene->writer));
  write_text (scene, " world");
  bgc_file_writer_finish (scene->writer, 0, TRUE);
  wait_for (scene, BGC_FILE_WRITER_STORED);
  bgc_folder_assert_text (scene->folder, NAME, "hello world");
}

/* A sync of the file before does not make the new one durable. */
static void
test_restart (Scene *scene, gconstpointer data)
{
  write_text (scene, "old bytes");
  bgc_file_writer_sync (scene->writer);
  bgc_file_writer_restart (scene->writer);
  write_text (scene, "new");
  wait_for (scene, BGC_FILE_WRITER_SYNCED);
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 0);
  bgc_file_writer_sync (scene->writer);
  wait_for (scene, BGC_FILE_WRITER_SYNCED);
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 3);
  bgc_folder_assert_text (scene->folder, NAME, "new");
}

/* After a failure nothing more is written, every wait ends, and every buffer comes back. */
static void
test_failure (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;

  g_assert_null (bgc_file_writer_take_failure (scene->writer));
  g_assert_cmpint (g_rmdir (scene->folder->path), ==, 0);
  for (guint i = 0; i < 10; i++)
    write_text (scene, "x");
  bgc_file_writer_sync (scene->writer);
  wait_for (scene, BGC_FILE_WRITER_SYNCED);
  g_assert_cmpuint (scene->told[BGC_FILE_WRITER_FAILED], ==, 1);
  failure = bgc_file_writer_take_failure (scene->writer);
  g_assert_cmpint (failure->wait, ==, BGC_WAIT_STORAGE);
  g_assert_cmpuint (bgc_file_writer_durable (scene->writer), ==, 0);
  g_assert_false (bgc_buffer_pool_is_low (scene->host.buffers));
}

static void
test_abandon (Scene *scene, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    write_text (scene, "x");
  if (!bgc_file_writer_abandon (scene->writer))
    wait_for (scene, BGC_FILE_WRITER_QUIET);
  for (guint i = 0; i < 3; i++)
    write_text (scene, "never");
  bgc_file_writer_finish (scene->writer, 0, FALSE);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (scene->told[BGC_FILE_WRITER_STORED], ==, 0);
}

#define ADD(path, function) g_test_add ("/file-writer/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("small", test_small);
  ADD ("large", test_large);
  ADD ("reopen", test_reopen);
  ADD ("restart", test_restart);
  ADD ("failure", test_failure);
  ADD ("abandon", test_abandon);
  return g_test_run ();
}
