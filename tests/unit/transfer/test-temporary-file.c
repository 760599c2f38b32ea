/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-temporary-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "bgc-folder.h"
#include "transfer/bgc-local-file-room.h"

#define NAME ".bgcopy-0123456789abcdef0123456789abcdef"

typedef struct
{
  BgcFolder *folder;
  BgcLocalFileDirectoryCache *directories;
  BgcFile *file;
  BgcTemporaryFile temporary;
  gint stop;
} Scene;

static void
set_up (Scene *scene, gconstpointer data)
{
  g_autofree char *local = NULL;

  scene->folder = bgc_folder_new ();
  scene->directories = bgc_local_file_directory_cache_new ();
  local = bgc_folder_path (scene->folder, "local");
  scene->file = bgc_file_new (0, "http://example.org/", local, NAME);
  /* Of "abcdef". */
  scene->file->checksum
    = g_strdup ("sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721");
  bgc_temporary_file_init (&scene->temporary, scene->file, scene->directories, &scene->stop);
}

static void
leave (Scene *scene)
{
  if (scene->temporary.fd >= 0)
    close (scene->temporary.fd);
  bgc_temporary_file_clear (&scene->temporary);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  leave (scene);
  bgc_local_file_directory_cache_free (scene->directories);
  bgc_file_free (scene->file);
  bgc_folder_free (scene->folder);
}

static void
append (Scene *scene, const char *text)
{
  g_assert_null (bgc_temporary_file_append (&scene->temporary, (const guint8 *)text, strlen (text)));
}

/* As the next run would find it, with @durable bytes stored. */
static void
begin_again (Scene *scene, guint64 durable)
{
  scene->file->device = scene->temporary.device;
  scene->file->inode = scene->temporary.inode;
  scene->file->bytes_transferred = durable;
  leave (scene);
  bgc_temporary_file_init (&scene->temporary, scene->file, scene->directories, &scene->stop);
}

static void
test_whole (Scene *scene, gconstpointer data)
{
  append (scene, "abc");
  append (scene, "def");
  g_assert_false (scene->temporary.named);
  g_assert_cmpuint (scene->temporary.written, ==, 6);
  g_assert_null (bgc_temporary_file_finish (&scene->temporary, 1000));
  bgc_folder_assert_text (scene->folder, NAME, "abcdef");
  g_assert_cmpint (bgc_folder_stat (scene->folder, NAME).st_mtime, ==, 1000);
  g_assert_cmpuint (bgc_folder_stat (scene->folder, NAME).st_ino, ==, scene->temporary.inode);
}

static void
test_wrong (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;

  append (scene, "abcxef");
  failure = bgc_temporary_file_finish (&scene->temporary, 0);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_CHECKSUM_MISMATCH);
}

/* Bytes behind what was stored go, bytes before it count for the checksum. */
static void
test_reopened (Scene *scene, gconstpointer data)
{
  append (scene, "abcdxx");
  begin_again (scene, 4);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_assert_cmpuint (scene->temporary.held, ==, 4);
  g_assert_true (scene->temporary.named);
  append (scene, "ef");
  g_assert_null (bgc_temporary_file_finish (&scene->temporary, 0));
  bgc_folder_assert_text (scene->folder, NAME, "abcdef");
}

static void
test_nothing_missing (Scene *scene, gconstpointer data)
{
  append (scene, "abcdef");
  begin_again (scene, 6);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_assert_null (bgc_temporary_file_finish (&scene->temporary, 0));
}

static void
test_lost (Scene *scene, gconstpointer data)
{
  append (scene, "abc");
  begin_again (scene, 4);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_assert_cmpuint (scene->temporary.held, ==, 0);
  g_assert_cmpint (scene->temporary.fd, ==, -1);
  append (scene, "abcdef");
  g_assert_null (bgc_temporary_file_finish (&scene->temporary, 0));
}

static void
test_restart (Scene *scene, gconstpointer data)
{
  guint64 inode;

  append (scene, "something else");
  inode = scene->temporary.inode;
  g_assert_null (bgc_temporary_file_restart (&scene->temporary));
  g_assert_cmpuint (scene->temporary.inode, !=, inode);
  append (scene, "abcdef");
  g_assert_null (bgc_temporary_file_finish (&scene->temporary, 0));
  bgc_folder_assert_text (scene->folder, NAME, "abcdef");
}

/* Somebody else's thing at the name is left alone, and another name will do. */
static void
test_displaced (Scene *scene, gconstpointer data)
{
  g_autofree char *path = bgc_folder_path (scene->folder, NAME);
  g_autofree char *second = bgc_folder_path (scene->folder, "second");
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (BgcFailure) again = NULL;

  append (scene, "abcdef");
  g_assert_cmpint (link (path, second), ==, 0);
  begin_again (scene, 6);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_assert_cmpint (scene->temporary.fd, ==, -1);
  failure = bgc_temporary_file_append (&scene->temporary, (const guint8 *)"x", 1);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_true (failure->transient);
  bgc_folder_assert_text (scene->folder, NAME, "abcdef");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  again = bgc_temporary_file_append (&scene->temporary, (const guint8 *)"x", 1);
  g_assert_cmpint (again->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  bgc_folder_assert_text (scene->folder, "second", "abcdef");
}

static void
test_read (Scene *scene, gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL;

  append (scene, "abcdef");
  g_assert_null (bgc_temporary_file_read (&scene->temporary, 2, 100, &bytes));
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "cdef", 4);
}

/* Nobody waits for the checksum of what is held once the result is not wanted. */
static void
test_stop (Scene *scene, gconstpointer data)
{
  append (scene, "abcdef");
  begin_again (scene, 6);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_atomic_int_set (&scene->stop, 1);
  bgc_failure_free (bgc_temporary_file_finish (&scene->temporary, 0));
  g_assert_cmpuint (scene->temporary.hashed, ==, 0);
}

/* Cut by somebody while held: no success, no endless loop. */
static void
test_cut (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;

  append (scene, "abcdef");
  begin_again (scene, 6);
  g_assert_null (bgc_temporary_file_reopen (&scene->temporary));
  g_assert_cmpint (ftruncate (scene->temporary.fd, 3), ==, 0);
  failure = bgc_temporary_file_finish (&scene->temporary, 0);
  g_assert_nonnull (failure);
}

static void
test_no_directory (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;

  g_assert_cmpint (g_rmdir (scene->folder->path), ==, 0);
  failure = bgc_temporary_file_append (&scene->temporary, (const guint8 *)"x", 1);
  g_assert_cmpint (failure->wait, ==, BGC_WAIT_STORAGE);
  g_assert_true (failure->transient);
}

static void
test_no_space (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure
    = bgc_temporary_file_reserve (&scene->temporary, G_GUINT64_CONSTANT (1) << 60);

  g_test_message ("%s", failure->message);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (failure->wait, ==, BGC_WAIT_DISK_FULL);
}

/* What the file system is said to have free, in blocks of a KiB. */
static guint64 free_blocks;

static int
look (int fd, struct statvfs *statistics)
{
  *statistics = (struct statvfs){ .f_frsize = 1024, .f_blocks = 1 << 20, .f_bavail = free_blocks };
  return 0;
}

static void
test_stay_free (Scene *scene, gconstpointer data)
{
  g_autofree guint8 *much = g_malloc0 (BGC_LOCAL_FILE_ROOM_PORTION);
  g_autoptr (BgcFailure) failure = NULL;

  bgc_local_file_room_set_look (look);
  bgc_temporary_file_keep_free (&scene->temporary, 64 * 1024);
  free_blocks = 64 + 10;
  g_assert_null (bgc_temporary_file_reserve (&scene->temporary, 10 * 1024));
  failure = bgc_temporary_file_reserve (&scene->temporary, 30 * 1024);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (failure->wait, ==, BGC_WAIT_DISK_FULL);
  g_assert_true (failure->transient);
  g_assert_nonnull (strstr (failure->message, "65536 bytes stay free"));
  g_clear_pointer (&failure, bgc_failure_free);
  /* What has its space goes on, however little there is. */
  free_blocks = 0;
  if (scene->temporary.reserved > 0)
    g_assert_null (bgc_temporary_file_append (&scene->temporary, much, 10 * 1024));
  /* What has none is looked at anew after so much of it. */
  scene->temporary.reserved = 0;
  free_blocks = 1 << 19;
  g_assert_null (bgc_temporary_file_append (&scene->temporary, much, BGC_LOCAL_FILE_ROOM_PORTION));
  free_blocks = 64;
  failure = bgc_temporary_file_append (&scene->temporary, much, 1);
  g_assert_cmpint (failure->wait, ==, BGC_WAIT_DISK_FULL);
  g_clear_pointer (&failure, bgc_failure_free);
  /* Or after so long. */
  free_blocks = 1 << 19;
  scene->temporary.looked_time = 1;
  g_assert_null (bgc_temporary_file_append (&scene->temporary, much, 1));
  free_blocks = 64;
  scene->temporary.looked_time = 1;
  failure = bgc_temporary_file_append (&scene->temporary, much, 1);
  g_assert_nonnull (failure);
  bgc_local_file_room_set_look (NULL);
}

static void
test_denied (Scene *scene, gconstpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;

  g_assert_cmpint (g_chmod (scene->folder->path, 0555), ==, 0);
  bgc_folder_be_nobody (scene->folder);
  failure = bgc_temporary_file_append (&scene->temporary, (const guint8 *)"x", 1);
  bgc_folder_be_root ();
  g_assert_cmpint (failure->code, ==, BGC_ERROR_ACCESS_DENIED);
  g_assert_false (failure->transient);
}

static void
test_duplicate (Scene *scene, gconstpointer data)
{
  int error = 0;
  int fd;

  g_assert_cmpint (bgc_temporary_file_duplicate (&scene->temporary, &error), ==, -1);
  g_assert_cmpint (error, ==, EBADF);
  append (scene, "x");
  fd = bgc_temporary_file_duplicate (&scene->temporary, &error);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fd, !=, scene->temporary.fd);
  close (fd);
}

#define ADD(path, function) g_test_add ("/temporary-file/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("whole", test_whole);
  ADD ("wrong", test_wrong);
  ADD ("reopened", test_reopened);
  ADD ("nothing-missing", test_nothing_missing);
  ADD ("lost", test_lost);
  ADD ("restart", test_restart);
  ADD ("displaced", test_displaced);
  ADD ("read", test_read);
  ADD ("stop", test_stop);
  ADD ("cut", test_cut);
  ADD ("no-directory", test_no_directory);
  ADD ("no-space", test_no_space);
  ADD ("stay-free", test_stay_free);
  ADD ("denied", test_denied);
  ADD ("duplicate", test_duplicate);
  return g_test_run ();
}
