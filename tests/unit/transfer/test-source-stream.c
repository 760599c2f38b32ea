/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-source-stream.h"

#include <string.h>
#include <unistd.h>

#include "bgc-folder.h"

#define SIZE (3 * BGC_SOURCE_STREAM_PIECE / 2)

typedef struct
{
  BgcFolder *folder;
  char *path;
  char *bytes;
  BgcLocalFileSource source;
  guint64 moved;
  guint64 left;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = bgc_folder_new ();
  self->path = bgc_folder_path (self->folder, "source");
  self->bytes = g_malloc (SIZE);
  for (gsize i = 0; i < SIZE; i++)
    self->bytes[i] = (char)(i * 31 + (i >> 8) * 17);
  g_assert_true (g_file_set_contents (self->path, self->bytes, SIZE, NULL));
  self->source = (BgcLocalFileSource)BGC_LOCAL_FILE_SOURCE_NONE;
  g_assert_null (bgc_local_file_source_open (&self->source, self->path));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_local_file_source_clear (&self->source);
  bgc_folder_free (self->folder);
  g_free (self->path);
  g_free (self->bytes);
}

static void
on_moved (gsize bytes, guint64 left, gpointer data)
{
  Fixture *self = data;

  self->moved += bytes;
  self->left = left;
}

static void
test_part (Fixture *self, gconstpointer data)
{
  const gsize first = 1000, length = SIZE - 2000;
  g_autoptr (BgcSourceStream) stream
    = bgc_source_stream_new (&self->source, first, length, NULL, on_moved, self);
  g_autofree char *bytes = g_malloc (SIZE);
  gsize have = 0;
  gssize n;

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), bytes + have, MIN (8192, SIZE - have), NULL,
                                   NULL)) > 0)
    {
      have += (gsize)n;
      g_assert_cmpuint (self->moved, ==, have);
      g_assert_cmpuint (self->left, ==, length - have);
    }
  g_assert_cmpint (n, ==, 0);
  g_assert_cmpmem (bytes, have, self->bytes + first, length);
  g_assert_null (bgc_source_stream_take_failure (stream));
}

static void
test_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcSourceStream) stream = bgc_source_stream_new (&self->source, 0, 0, NULL, on_moved, self);
  char byte;

  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (stream), &byte, 1, NULL, NULL), ==, 0);
  g_assert_cmpuint (self->moved, ==, 0);
}

static void
expect_break (Fixture *self, guint64 least)
{
  g_autoptr (BgcSourceStream) stream = bgc_source_stream_new (&self->source, 0, SIZE, NULL, on_moved, self);
  g_autofree char *bytes = g_malloc (SIZE);
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcFailure) failure = NULL;
  gsize have = 0;

  g_assert_false (g_input_stream_read_all (G_INPUT_STREAM (stream), bytes, SIZE, &have, NULL, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (have, >=, least);
  g_assert_cmpuint (have, <, SIZE);
  failure = bgc_source_stream_take_failure (stream);
  g_assert_nonnull (failure);
  g_assert_cmpint (failure->code, ==, BGC_ERROR_LOCAL_FILE_CHANGED);
  g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
  g_assert_false (failure->transient);
}

/* Nobody gets the last bytes of a file that is not the same any more. */
static void
test_shrunk (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (truncate (self->path, SIZE - 1), ==, 0);
  expect_break (self, 0);
}

static void
test_grown (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (truncate (self->path, SIZE + 1), ==, 0);
  expect_break (self, BGC_SOURCE_STREAM_PIECE);
}

static void
test_replaced (Fixture *self, gconstpointer data)
{
  g_assert_cmpint (unlink (self->path), ==, 0);
  expect_break (self, BGC_SOURCE_STREAM_PIECE);
}

/* As fast as it may, in slices; and it waits no longer than it is wanted. */
static void
test_throttled (Fixture *self, gconstpointer data)
{
  const gint64 begin = g_get_monotonic_time ();
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (1000000);
  g_autoptr (BgcSourceStream) stream
    = bgc_source_stream_new (&self->source, 0, SIZE, throttle, on_moved, self);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = g_malloc (SIZE);
  gsize have = 0;

  while (have < 200000)
    {
      gssize n = g_input_stream_read (G_INPUT_STREAM (stream), bytes + have, 100000, cancellable, NULL);

      g_assert_cmpint (n, >=, 50000);
      have += (gsize)n;
      g_assert_cmpuint (self->moved, ==, have);
    }
  g_assert_cmpmem (bytes, have, self->bytes, have);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 200000);
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (stream), bytes, SIZE, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gpointer
cancel_later (gpointer cancellable)
{
  g_usleep (20000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_throttled_cancel (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (1);
  g_autoptr (BgcSourceStream) stream = bgc_source_stream_new (&self->source, 0, SIZE, throttle, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GThread *thread = g_thread_new ("cancel", cancel_later, cancellable);
  g_autoptr (GError) error = NULL;
  char bytes[100];

  while (g_input_stream_read (G_INPUT_STREAM (stream), bytes, sizeof bytes, cancellable, &error) > 0)
    continue;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcSourceStream) stream = bgc_source_stream_new (&self->source, 0, SIZE, NULL, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  char byte;

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (stream), &byte, 1, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/source-stream/part", Fixture, NULL, set_up, test_part, tear_down);
  g_test_add ("/source-stream/nothing", Fixture, NULL, set_up, test_nothing, tear_down);
  g_test_add ("/source-stream/shrunk", Fixture, NULL, set_up, test_shrunk, tear_down);
  g_test_add ("/source-stream/grown", Fixture, NULL, set_up, test_grown, tear_down);
  g_test_add ("/source-stream/replaced", Fixture, NULL, set_up, test_replaced, tear_down);
  g_test_add ("/source-stream/throttled", Fixture, NULL, set_up, test_throttled, tear_down);
  g_test_add ("/source-stream/throttled-cancel", Fixture, NULL, set_up, test_throttled_cancel, tear_down);
  g_test_add ("/source-stream/cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
  return g_test_run ();
}
