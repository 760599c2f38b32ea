/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-io-pool.h"

typedef struct
{
  GMainLoop *loop;
  GThread *main_thread;
  gint n_worked; /* atomic */
  guint n_done;
  guint n_wanted;
} Fixture;

static void
work (gpointer data, gpointer pool)
{
  Fixture *f = data;

  g_assert_true (g_thread_self () != f->main_thread);
  g_atomic_int_inc (&f->n_worked);
}

static void
done (gpointer data, gpointer pool)
{
  Fixture *f = data;

  g_assert_true (g_thread_self () == f->main_thread);
  f->n_done++;
  g_assert_cmpint (g_atomic_int_get (&f->n_worked), >=, (gint) f->n_done);
  if (f->loop != NULL && f->n_done == f->n_wanted)
    g_main_loop_quit (f->loop);
}

static void
test_results_come_to_the_main_loop (void)
{
  Fixture f = { g_main_loop_new (NULL, FALSE), g_thread_self (), 0, 0, 100 };
  g_autoptr (BgcIoPool) pool = bgc_io_pool_new ("test", 4);

  for (guint i = 0; i < f.n_wanted; i++)
    bgc_io_pool_run (pool, work, done, &f);
  g_main_loop_run (f.loop);
  g_assert_cmpuint (f.n_done, ==, 100);
  g_main_loop_unref (f.loop);
}

static void
test_freeing_waits (void)
{
  Fixture f = { NULL, g_thread_self (), 0, 0, 0 };
  BgcIoPool *pool = bgc_io_pool_new ("test", 1);

  for (guint i = 0; i < 10; i++)
    bgc_io_pool_run (pool, work, done, &f);
  bgc_io_pool_free (pool);
  g_assert_cmpint (f.n_worked, ==, 10);
  g_assert_cmpuint (f.n_done, ==, 10);
  /* What would have told it finds nothing. */
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (f.n_done, ==, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io-pool/results-come-to-the-main-loop", test_results_come_to_the_main_loop);
  g_test_add_func ("/io-pool/freeing-waits", test_freeing_waits);

  return g_test_run ();
}
