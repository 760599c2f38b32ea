/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-queue.h"

#include <string.h>

#define NOW (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

static BgcJob *
make_job (guint8 number, guint32 owner, guint64 sequence)
{
  BgcJobId id = { { number, (guint8)(owner % 256) } };
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, owner, "name", NOW, &limits);
  job->sequence = sequence;
  return job;
}

static void
test_find (void)
{
  BgcQueue *queue = bgc_queue_new ();
  BgcEntry *entry = bgc_queue_add (queue, make_job (1, 1000, 1), 7);
  BgcJobId id = entry->job->id;
  BgcJobId other = { { 9 } };

  g_assert_true (bgc_queue_find (queue, &id) == entry);
  g_assert_null (bgc_queue_find (queue, &other));
  g_assert_cmpint (entry->touched, ==, 7);
  bgc_queue_remove (queue, entry);
  g_assert_null (bgc_queue_find (queue, &id));
  g_assert_cmpuint (bgc_queue_count (queue, 1000), ==, 0);
  bgc_queue_free (queue);
}

/* A job whose commit came late still stands where it belongs. */
static void
test_order (void)
{
  BgcQueue *queue = bgc_queue_new ();
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) mine = NULL;
  static const guint64 sequences[] = { 2, 5, 1, 4, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++)
    bgc_queue_add (queue, make_job ((guint8)i, 1000 + i % 2, sequences[i]), 0);
  all = bgc_queue_list (queue, G_MAXUINT32, 0, 0, 10);
  for (guint i = 0; i < all->len; i++)
    g_assert_cmpuint (((BgcJob *)g_ptr_array_index (all, i))->sequence, ==, i + 1);
  mine = bgc_queue_list (queue, 1000, 0, 0, 10);
  g_assert_cmpuint (mine->len, ==, 3);
  for (guint i = 0; i < mine->len; i++)
    g_assert_cmpuint (((BgcJob *)g_ptr_array_index (mine, i))->sequence, ==, i + 1);
  g_assert_cmpuint (bgc_queue_next_sequence (queue), ==, 6);
  g_assert_cmpuint (bgc_queue_next_sequence (queue), ==, 7);
  bgc_queue_free (queue);
}

static void
test_unlist (void)
{
  BgcQueue *queue = bgc_queue_new ();
  BgcEntry *entries[4];

  for (guint i = 0; i < 4; i++)
    entries[i] = bgc_queue_add (queue, make_job ((guint8)i, 1000, i), 0);
  bgc_queue_unlist (queue, entries[0]);
  bgc_queue_unlist (queue, entries[3]);
  bgc_queue_unlist (queue, entries[3]);
  g_assert_true (bgc_queue_oldest (queue) == entries[1]);
  g_assert_true (entries[1]->newer == entries[2]);
  g_assert_null (entries[2]->newer);
  g_assert_cmpuint (bgc_queue_count (queue, G_MAXUINT32), ==, 2);
  g_assert_true (bgc_queue_find (queue, &entries[0]->job->id) == entries[0]);
  bgc_queue_remove (queue, entries[1]);
  g_assert_true (bgc_queue_oldest (queue) == entries[2]);
  bgc_queue_free (queue);
}

static void
count_entry (BgcEntry *entry, gpointer data)
{
  ++*(guint *)data;
}

static void
test_foreach (void)
{
  BgcQueue *queue = bgc_queue_new ();
  guint count = 0;

  bgc_queue_unlist (queue, bgc_queue_add (queue, make_job (1, 1, 1), 0));
  bgc_queue_add (queue, make_job (2, 1, 2), 0);
  bgc_queue_foreach (queue, count_entry, &count);
  g_assert_cmpuint (count, ==, 2);
  bgc_queue_free (queue);
}

static int
reserve (BgcQueue *queue, guint32 owner, guint jobs, guint files, guint64 bytes, gboolean administrator,
         const BgcLimits *limits)
{
  BgcQuota quota = { jobs, files, bytes };
  g_autoptr (GError) error = NULL;

  return bgc_queue_reserve (queue, owner, &quota, limits, administrator, &error) ? -1 : error->code;
}

static void
test_job_quotas (void)
{
  BgcQueue *queue = bgc_queue_new ();
  BgcQuota one = { 1, 0, 0 };
  BgcLimits limits;

  bgc_limits_init (&limits);
  limits.max_jobs_per_user = 2;
  limits.max_jobs_per_machine = 3;
  g_assert_cmpint (reserve (queue, 1, 1, 0, 0, FALSE, &limits), ==, -1);
  bgc_queue_add (queue, make_job (1, 1, 1), 0);
  g_assert_cmpint (reserve (queue, 1, 1, 0, 0, FALSE, &limits), ==, BGC_ERROR_TOO_MANY_JOBS);
  g_assert_cmpint (reserve (queue, 2, 1, 0, 0, FALSE, &limits), ==, -1);
  g_assert_cmpint (reserve (queue, 3, 1, 0, 0, FALSE, &limits), ==, BGC_ERROR_TOO_MANY_JOBS);
  g_assert_cmpint (reserve (queue, 3, 1, 0, 0, TRUE, &limits), ==, -1);
  bgc_queue_release (queue, 3, &one);
  bgc_queue_release (queue, 1, &one);
  g_assert_cmpint (reserve (queue, 1, 1, 0, 0, FALSE, &limits), ==, -1);
  bgc_queue_free (queue);
}

/* Stored bytes and rows bind administrators too, are counted once, and come back with the job's end. */
static void
test_byte_quotas (void)
{
  BgcQueue *queue = bgc_queue_new ();
  BgcEntry *entry = bgc_queue_add (queue, make_job (1, 1, 1), 0);
  BgcQuota half = { 0, 0, 50 };
  BgcLimits limits;

  bgc_limits_init (&limits);
  limits.max_stored_bytes_per_user = 100;
  limits.max_files_per_user = 1;
  g_assert_cmpuint (entry->owner->bytes, ==, strlen ("name"));
  g_assert_cmpint (reserve (queue, 1, 0, 0, 97, TRUE, &limits), ==, BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpint (reserve (queue, 1, 0, 2, 0, TRUE, &limits), ==, BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_cmpint (reserve (queue, 1, 0, 0, 50, FALSE, &limits), ==, -1);
  g_assert_cmpint (reserve (queue, 1, 0, 0, 50, FALSE, &limits), ==, BGC_ERROR_LIMITS_EXCEEDED);
  bgc_queue_release (queue, 1, &half);
  bgc_file_list_put (entry->job->files, bgc_file_new (0, "http://e/", "/a", ".b"));
  bgc_queue_charge (queue, entry);
  bgc_queue_charge (queue, entry);
  g_assert_cmpuint (entry->owner->files, ==, 1);
  g_assert_cmpuint (entry->owner->bytes, ==, strlen ("namehttp://e//a.b"));
  g_assert_cmpint (reserve (queue, 1, 0, 1, 0, FALSE, &limits), ==, BGC_ERROR_LIMITS_EXCEEDED);
  entry->forgotten = TRUE;
  bgc_queue_charge (queue, entry);
  g_assert_cmpuint (entry->owner->bytes, ==, 0);
  bgc_queue_burden (queue, 1, &half);
  bgc_queue_burden (queue, 1, &half);
  g_assert_cmpint (reserve (queue, 1, 0, 0, 1, FALSE, &limits), ==, BGC_ERROR_LIMITS_EXCEEDED);
  bgc_queue_free (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/find", test_find);
  g_test_add_func ("/queue/order", test_order);
  g_test_add_func ("/queue/unlist", test_unlist);
  g_test_add_func ("/queue/foreach", test_foreach);
  g_test_add_func ("/queue/job-quotas", test_job_quotas);
  g_test_add_func ("/queue/byte-quotas", test_byte_quotas);
  return g_test_run ();
}
