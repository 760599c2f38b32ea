/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-engine.h"

#include "host/bgc-clock-fake.h"
#include "host/bgc-network-fake.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct
{
  BgcEngine engine;
  BgcClockFake *clock;
  BgcEntry *entry;
  guint calls;
} Fixture;

static guint calls;
static guint warnings;

static void
on_later (BgcEngine *engine, BgcEntry *entry)
{
  calls++;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  BgcJob *job;

  calls = warnings = 0;
  self->clock = bgc_clock_fake_new (1000 * SECOND, 0);
  self->engine.clock = BGC_CLOCK (self->clock);
  self->engine.queue = bgc_queue_new ();
  bgc_limits_init (&self->engine.limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1, "n", 0, &self->engine.limits);
  self->entry = bgc_queue_add (self->engine.queue, job, 0);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_engine_settle_all (&self->engine, self->entry);
  g_assert_cmpuint (bgc_clock_fake_pending (self->clock), ==, 0);
  bgc_queue_free (self->engine.queue);
  g_assert_finalize_object (self->clock);
}

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  warnings++;
  return G_LOG_WRITER_HANDLED;
}

/* Logged once in a row, tried less and less often, until it has settled. */
static void
test_try_again (Fixture *self, gconstpointer data)
{
  static const gint64 delays[] = { 5, 10, 20, 40, 60, 60 };
  g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, BGC_ERROR_STORE_FAILED, "x");

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      bgc_engine_try_again (&self->engine, self->entry, "It failed", error, on_later);
      bgc_clock_fake_advance (self->clock, delays[i] * SECOND - 1);
      g_assert_cmpuint (calls, ==, i);
      bgc_clock_fake_advance (self->clock, 1);
      g_assert_cmpuint (calls, ==, i + 1);
    }
  g_assert_cmpuint (warnings, ==, 1);
  bgc_engine_try_again (&self->engine, self->entry, "It failed", error, on_later);
  bgc_engine_settled (&self->engine, self->entry, on_later);
  bgc_clock_fake_advance (self->clock, BGC_ENGINE_TRY_AGAIN_MOST);
  g_assert_cmpuint (calls, ==, G_N_ELEMENTS (delays));
  bgc_engine_try_again (&self->engine, self->entry, "It failed", error, on_later);
  g_assert_cmpuint (warnings, ==, 2);
  bgc_clock_fake_advance (self->clock, BGC_ENGINE_TRY_AGAIN);
  g_assert_cmpuint (calls, ==, G_N_ELEMENTS (delays) + 1);
}

static guint others;

static void
on_other (BgcEngine *engine, BgcEntry *entry)
{
  others++;
}

/* One trouble neither forgets nor settles another. */
static void
test_two_troubles (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, BGC_ERROR_STORE_FAILED, "x");

  bgc_engine_try_again (&self->engine, self->entry, "One failed", error, on_later);
  bgc_engine_try_again (&self->engine, self->entry, "Another failed", error, on_other);
  bgc_clock_fake_advance (self->clock, BGC_ENGINE_TRY_AGAIN);
  g_assert_cmpuint (calls, ==, 1);
  g_assert_cmpuint (others, ==, 1);
  bgc_engine_try_again (&self->engine, self->entry, "One failed", error, on_later);
  bgc_engine_settled (&self->engine, self->entry, on_other);
  bgc_clock_fake_advance (self->clock, BGC_ENGINE_TRY_AGAIN * 2);
  g_assert_cmpuint (calls, ==, 2);
  g_assert_cmpuint (others, ==, 1);
}

static guint32 seeds;

static gboolean
fill (guint32 *words, gsize count)
{
  for (gsize i = 0; i < count; i++)
    words[i] = seeds;
  seeds++;
  return seeds != 3;
}

/* Nothing that was drawn before tells what is drawn for the next request. */
static void
test_draw (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GRand) plain = g_rand_new_with_seed (1);
  guint32 first;

  self->engine.random = random;
  g_assert_cmpuint (g_rand_int (bgc_engine_draw (&self->engine)), ==, g_rand_int (plain));
  self->engine.seed = fill;
  first = g_rand_int (bgc_engine_draw (&self->engine));
  g_assert_cmpuint (g_rand_int (bgc_engine_draw (&self->engine)), !=, first);
  seeds = 0;
  g_assert_cmpuint (g_rand_int (bgc_engine_draw (&self->engine)), ==, first);
  seeds = 2;
  g_assert_true (bgc_engine_draw (&self->engine) == random);
}

static void
test_edit (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcChange) bare = bgc_engine_change (&self->engine, self->entry);
  g_autoptr (BgcChange) edit = bgc_engine_edit (&self->engine, self->entry);

  g_assert_null (bare->header);
  g_assert_true (bgc_job_id_equal (&edit->id, &self->entry->job->id));
  g_assert_cmpint (edit->header->modification_time, ==, 1000 * SECOND);
  g_assert_cmpint (self->entry->job->modification_time, ==, 0);
}

static void
test_allows (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_engine_allows (self->entry, BGC_REQUEST_SUSPEND, NULL));
  self->entry->job->completing = TRUE;
  g_assert_false (bgc_engine_allows (self->entry, BGC_REQUEST_SUSPEND, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE);
  g_assert_false (bgc_engine_allows (self->entry, BGC_REQUEST_CANCEL, NULL));
  g_assert_true (bgc_engine_allows (self->entry, BGC_REQUEST_COMPLETE, NULL));
}

/* A job that never ran has none; one that did may have some that nobody has heard of. */
static void
test_may_hold_temporaries (Fixture *self, gconstpointer data)
{
  BgcJob *job = self->entry->job;
  BgcFile *file = bgc_file_new (0, "http://example.org/", "/x", ".t");

  job->active_time = 1;
  g_assert_false (bgc_engine_may_hold_temporaries (self->entry));
  bgc_file_list_put (job->files, file);
  g_assert_true (bgc_engine_may_hold_temporaries (self->entry));
  job->active_time = 0;
  g_assert_false (bgc_engine_may_hold_temporaries (self->entry));
  file = bgc_file_copy (file);
  file->inode = 5;
  bgc_file_list_put (job->files, file);
  g_assert_true (bgc_engine_may_hold_temporaries (self->entry));
  file = bgc_file_copy (file);
  file->state = BGC_FILE_COMPLETED;
  bgc_file_list_put (job->files, file);
  job->active_time = 1;
  g_assert_false (bgc_engine_may_hold_temporaries (self->entry));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/engine/edit", test_edit);
  ADD ("/engine/allows", test_allows);
  ADD ("/engine/may-hold-temporaries", test_may_hold_temporaries);
  ADD ("/engine/try-again", test_try_again);
  ADD ("/engine/draw", test_draw);
  ADD ("/engine/two-troubles", test_two_troubles);
#undef ADD
  return g_test_run ();
}
