/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-buffer-pool.h"

typedef struct
{
  BgcBufferPool *pool;
  BgcBuffer *buffer;
  guint calls;
} Reader;

static void
on_available (gpointer data)
{
  Reader *reader = data;

  reader->calls++;
  reader->buffer = bgc_buffer_pool_take (reader->pool);
  if (reader->buffer == NULL)
    bgc_buffer_pool_wait (reader->pool, on_available, reader);
}

static gpointer
give_all (gpointer data)
{
  GPtrArray *out = data;
  BgcBufferPool *pool = g_ptr_array_index (out, out->len - 1);

  for (guint i = 0; i + 1 < out->len; i++)
    bgc_buffer_pool_give (pool, g_ptr_array_index (out, i));
  return NULL;
}

static void
test_bounded (void)
{
  BgcBufferPool *pool = bgc_buffer_pool_new ();
  BgcBuffer *out[BGC_BUFFER_COUNT];

  g_assert_false (bgc_buffer_pool_is_low (pool));
  for (guint i = 0; i < BGC_BUFFER_COUNT; i++)
    {
      out[i] = bgc_buffer_pool_take (pool);
      g_assert_nonnull (out[i]);
      g_assert_cmpuint (out[i]->length, ==, 0);
      out[i]->length = 5;
      out[i]->data[BGC_BUFFER_BYTES - 1] = 1;
      g_assert_cmpint (bgc_buffer_pool_is_low (pool), ==, i + 1 > BGC_BUFFER_COUNT / 2);
    }
  g_assert_null (bgc_buffer_pool_take (pool));
  for (guint i = 0; i < BGC_BUFFER_COUNT; i++)
    bgc_buffer_pool_give (pool, out[i]);
  out[0] = bgc_buffer_pool_take (pool);
  g_assert_cmpuint (out[0]->length, ==, 0);
  bgc_buffer_pool_trim (pool);
  out[1] = bgc_buffer_pool_take (pool);
  g_assert_nonnull (out[1]);
  bgc_buffer_pool_give (pool, out[0]);
  bgc_buffer_pool_give (pool, out[1]);
  bgc_buffer_pool_free (pool);
}

/* More readers than buffers: all get theirs, as they come back from another thread. */
static void
test_wait (void)
{
  BgcBufferPool *pool = bgc_buffer_pool_new ();
  g_autoptr (GPtrArray) out = g_ptr_array_new ();
  Reader readers[4] = { 0 };
  GThread *thread;

  for (guint i = 0; i < BGC_BUFFER_COUNT; i++)
    g_ptr_array_add (out, bgc_buffer_pool_take (pool));
  g_ptr_array_add (out, pool);
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    {
      readers[i].pool = pool;
      bgc_buffer_pool_wait (pool, on_available, &readers[i]);
    }
  bgc_buffer_pool_forget (pool, &readers[1]);
  thread = g_thread_new ("give", give_all, out);
  while (readers[0].buffer == NULL || readers[2].buffer == NULL || readers[3].buffer == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_cmpuint (readers[1].calls, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    if (readers[i].buffer != NULL)
      bgc_buffer_pool_give (pool, readers[i].buffer);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  bgc_buffer_pool_free (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/buffer-pool/bounded", test_bounded);
  g_test_add_func ("/buffer-pool/wait", test_wait);
  return g_test_run ();
}
