/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/bgc-local-file-reply.h"

#define NAME ".bgcopy-0123456789abcdef0123456789abcdef"

typedef struct
{
  char *folder;
  char *path;
  BgcLocalFileReply reply;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  struct stat status;

  self->folder = g_dir_make_tmp ("bgcopy-reply-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, NAME, NULL);
  g_assert_true (g_file_set_contents (self->path, "0123456789", 10, NULL));
  g_assert_cmpint (stat (self->path, &status), ==, 0);
  self->reply = (BgcLocalFileReply){
    .directory = self->folder, .temporary = NAME, .device = status.st_dev, .inode = status.st_ino, .size = 10
  };
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
}

static void
expect (Fixture *self, guint64 offset, gsize length, const char *wanted)
{
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (GBytes) bytes = bgc_local_file_reply_read (&self->reply, offset, length, &failure);
  gsize size;
  const void *data;

  g_assert_null (failure);
  g_assert_nonnull (bytes);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, wanted, strlen (wanted));
}

static void
expect_changed (Fixture *self)
{
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (GBytes) bytes = bgc_local_file_reply_read (&self->reply, 0, 4, &failure);

  g_assert_null (bytes);
  g_assert_nonnull (failure);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_false (failure->transient);
}

static void
test_read (Fixture *self, gconstpointer data)
{
  expect (self, 0, 4, "0123");
  expect (self, 4, 100, "456789");
  expect (self, 10, 4, "");
  expect (self, G_MAXUINT64, 4, "");
}

static void
test_changed (Fixture *self, gconstpointer data)
{
  self->reply.inode++;
  expect_changed (self);
  self->reply.inode--;
  self->reply.device++;
  expect_changed (self);
  self->reply.device--;
  g_assert_cmpint (truncate (self->path, 9), ==, 0);
  expect_changed (self);
  g_assert_cmpint (g_remove (self->path), ==, 0);
  expect_changed (self);
  g_assert_cmpint (symlink ("/etc/hostname", self->path), ==, 0);
  expect_changed (self);
}

static void
test_directory_away (Fixture *self, gconstpointer data)
{
  g_autofree char *away = g_build_filename (self->folder, "away", NULL);
  g_autoptr (BgcFailure) failure = NULL;

  self->reply.directory = away;
  g_assert_null (bgc_local_file_reply_read (&self->reply, 0, 4, &failure));
  g_assert_nonnull (failure);
  g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/local-file-reply/read", Fixture, NULL, set_up, test_read, tear_down);
  g_test_add ("/local-file-reply/changed", Fixture, NULL, set_up, test_changed, tear_down);
  g_test_add ("/local-file-reply/directory-away", Fixture, NULL, set_up, test_directory_away, tear_down);
  return g_test_run ();
}
