/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-io-pool.h"

typedef struct
{
  GMutex lock;
  GCond cond;
  guint running;
  guint most;
  guint worked;
  guint done;
  gboolean open;
  GThread *main_thread;
  BgcIoPool *pool;
} World;

static void
world_init (World *world)
{
  *world = (World){ .open = TRUE, .main_thread = g_thread_self (), .pool = bgc_io_pool_new (3) };
  g_mutex_init (&world->lock);
  g_cond_init (&world->cond);
}

/* Waits until the gate is open, so that those that run side by side can be counted. */
static void
work (gpointer data)
{
  World *world = data;

  g_mutex_lock (&world->lock);
  world->running++;
  world->most = MAX (world->most, world->running);
  g_cond_broadcast (&world->cond);
  while (!world->open)
    g_cond_wait (&world->cond, &world->lock);
  world->running--;
  world->worked++;
  g_mutex_unlock (&world->lock);
}

static void
done (gpointer data)
{
  World *world = data;

  g_assert_true (g_thread_self () == world->main_thread);
  world->done++;
}

static void
wait_running (World *world, guint count)
{
  g_mutex_lock (&world->lock);
  while (world->running < count)
    g_cond_wait (&world->cond, &world->lock);
  g_mutex_unlock (&world->lock);
}

static void
open_gate (World *world)
{
  g_mutex_lock (&world->lock);
  world->open = TRUE;
  g_cond_broadcast (&world->cond);
  g_mutex_unlock (&world->lock);
}

static void
test_side_by_side (void)
{
  World world;

  world_init (&world);
  world.open = FALSE;
  for (guint i = 0; i < 10; i++)
    bgc_io_pool_push (world.pool, work, done, &world);
  wait_running (&world, 3);
  open_gate (&world);
  while (world.done < 10)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (world.most, ==, 3);
  bgc_io_pool_push (world.pool, work, NULL, &world);
  bgc_io_pool_free (world.pool);
  g_assert_cmpuint (world.worked, ==, 11);
}

/* A lane never runs beside itself, others do beside it, and it keeps its order. */
static void
test_lane (void)
{
  World world;
  World beside;
  BgcIoLane *lane;

  world_init (&world);
  world_init (&beside);
  world.open = FALSE;
  lane = bgc_io_pool_lane_new (world.pool);
  for (guint i = 0; i < 10; i++)
    bgc_io_pool_lane_push (lane, work, done, &world);
  wait_running (&world, 1);
  bgc_io_pool_push (world.pool, work, done, &beside);
  while (beside.done < 1)
    g_main_context_iteration (NULL, TRUE);
  open_gate (&world);
  while (world.done < 10)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (world.most, ==, 1);
  bgc_io_pool_lane_push (lane, work, done, &world);
  bgc_io_pool_lane_free (lane);
  bgc_io_pool_free (world.pool);
  g_assert_cmpuint (world.done, ==, 11);
  bgc_io_pool_free (beside.pool);
}

static void
push_more (gpointer data)
{
  World *world = data;

  bgc_io_pool_push (world->pool, work, done, world);
}

/* What is pushed by the last pieces of work, on either thread, is done too. */
static void
test_free_finishes (void)
{
  World world;

  world_init (&world);
  bgc_io_pool_push (world.pool, push_more, push_more, &world);
  bgc_io_pool_free (world.pool);
  g_assert_cmpuint (world.worked, ==, 2);
}

static void
tell_all (gpointer data)
{
  World *world = data;

  for (guint i = 0; i < 100; i++)
    bgc_io_pool_tell (world->pool, done, world);
}

static void
after_tell (gpointer data)
{
  World *world = data;

  g_assert_cmpuint (world->done, ==, 100);
  world->done++;
}

/* What is told on the way comes before the end; told by itself it comes too. */
static void
test_tell (void)
{
  World world;

  world_init (&world);
  bgc_io_pool_push (world.pool, tell_all, after_tell, &world);
  while (world.done < 101)
    g_main_context_iteration (NULL, TRUE);
  bgc_io_pool_tell (world.pool, done, &world);
  while (world.done < 102)
    g_main_context_iteration (NULL, TRUE);
  bgc_io_pool_free (world.pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io-pool/side-by-side", test_side_by_side);
  g_test_add_func ("/io-pool/lane", test_lane);
  g_test_add_func ("/io-pool/tell", test_tell);
  g_test_add_func ("/io-pool/free-finishes", test_free_finishes);
  return g_test_run ();
}
