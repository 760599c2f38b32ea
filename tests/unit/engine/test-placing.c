/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-placing.h"

#include "host/bgc-clock-fake.h"
#include "workers/bgc-workers-fake.h"

typedef struct
{
  BgcEngine engine;
  BgcWorkersFake *workers;
  guint done;
  guint undone;
  int code;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->workers = bgc_workers_fake_new ();
  self->engine.clock = BGC_CLOCK (bgc_clock_fake_new (1700, 0));
  self->engine.keeper = g_object_new (G_TYPE_OBJECT, NULL);
  self->engine.workers = BGC_WORKERS (self->workers);
  self->code = -1;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_finalize_object (self->engine.keeper);
  g_assert_finalize_object (self->workers);
  g_assert_finalize_object (self->engine.clock);
}

static GPtrArray *
placements (guint count)
{
  GPtrArray *array = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *temporary = g_strdup_printf (".t%u", i);

      g_ptr_array_add (array, bgc_placement_new (i, "/d", temporary, NULL, 0, 0, FALSE));
    }
  return array;
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
test_of (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcFile) file = bgc_file_new (4, "http://example.org/", "/home/u/a", ".t");
  g_autoptr (BgcPlacement) rename = NULL;
  g_autoptr (BgcPlacement) delete = NULL;

  file->device = 8;
  file->inode = 9;
  rename = bgc_placing_of (file, TRUE);
  delete = bgc_placing_of (file, FALSE);
  g_assert_cmpuint (rename->index, ==, 4);
  g_assert_cmpstr (rename->directory, ==, "/home/u");
  g_assert_cmpstr (rename->temporary, ==, ".t");
  g_assert_cmpstr (rename->target, ==, "a");
  g_assert_cmpuint (rename->inode, ==, 9);
  g_assert_true (rename->overwrite);
  g_assert_null (delete->target);
}

static void
on_deleted (GPtrArray *undone, gpointer data)
{
  Fixture *self = data;

  self->done++;
  self->undone = undone->len;
}

static void
test_delete (Fixture *self, gconstpointer data)
{
  bgc_placing_delete (&self->engine, 1, placements (0), on_deleted, self);
  g_assert_cmpuint (self->done, ==, 1);
  bgc_workers_fake_set_placement (self->workers, ".t3", BGC_ERROR_ACCESS_DENIED);
  bgc_workers_fake_set_placement (self->workers, ".t450", BGC_ERROR_ACCESS_DENIED);
  bgc_placing_delete (&self->engine, 1, placements (500), on_deleted, self);
  settle ();
  g_assert_cmpuint (self->done, ==, 2);
  g_assert_cmpuint (self->undone, ==, 2);
  g_assert_cmpuint (bgc_workers_fake_placements (self->workers)->len, ==, 500);
}

/* Without a worker the rest is not even asked for. */
static void
test_delete_lost (Fixture *self, gconstpointer data)
{
  bgc_workers_fake_hang (self->workers, FALSE, FALSE, TRUE);
  bgc_placing_delete (&self->engine, 1, placements (500), on_deleted, self);
  settle ();
  bgc_workers_fake_lose (self->workers, 1);
  settle ();
  g_assert_cmpuint (self->done, ==, 1);
  g_assert_cmpuint (self->undone, ==, 500);
  g_assert_cmpuint (bgc_workers_fake_placements (self->workers)->len, ==, BGC_PLACING_PORTION);
}

static void
on_placed (GPtrArray *results, const GError *error, gpointer data)
{
  Fixture *self = data;

  self->done = results != NULL ? results->len : 0;
  self->code = error != NULL ? error->code : -1;
}

static void
test_place (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) three = placements (3);

  bgc_placing_place (&self->engine, 1, three, on_placed, self);
  settle ();
  g_assert_cmpuint (self->done, ==, 3);
  bgc_workers_fake_hang (self->workers, FALSE, FALSE, TRUE);
  bgc_placing_place (&self->engine, 1, three, on_placed, self);
  bgc_workers_fake_lose (self->workers, 1);
  settle ();
  g_assert_cmpint (self->code, ==, BGC_ERROR_WORKER_LOST);
}

static void
test_leave (Fixture *self, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  g_autoptr (BgcChange) change = bgc_change_new (&id);
  g_autoptr (GPtrArray) two = placements (2);

  bgc_placing_leave (&self->engine, change, 77, NULL);
  bgc_placing_leave (&self->engine, change, 77, two);
  g_assert_cmpuint (change->leftovers->len, ==, 2);
  g_assert_cmpstr (((BgcLeftover *)g_ptr_array_index (change->leftovers, 1))->path, ==, "/d/.t1");
  g_assert_cmpuint (((BgcLeftover *)g_ptr_array_index (change->leftovers, 1))->owner, ==, 77);
  g_assert_cmpint (((BgcLeftover *)g_ptr_array_index (change->leftovers, 1))->since, ==, 1700);
}

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
test_log (Fixture *self, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  BgcLimits limits;
  g_autoptr (BgcJob) job = NULL;
  BgcEntry entry = { 0 };
  g_autoptr (GPtrArray) few = placements (10);
  g_autoptr (GPtrArray) many = placements (1000);

  bgc_limits_init (&limits);
  entry.job = job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1, "n", 0, &limits);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  bgc_placing_log (&entry, "Left", few);
  g_assert_cmpuint (warnings, ==, 10);
  bgc_placing_log (&entry, "Left", many);
  g_assert_cmpuint (warnings, ==, 21);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/placing/of", test_of);
  ADD ("/placing/delete", test_delete);
  ADD ("/placing/delete-lost", test_delete_lost);
  ADD ("/placing/place", test_place);
  ADD ("/placing/leave", test_leave);
  ADD ("/placing/log", test_log);
#undef ADD
  return g_test_run ();
}
