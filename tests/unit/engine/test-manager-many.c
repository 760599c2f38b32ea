/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* 100,000 jobs: nothing costs more because of them. Counted is what would grow, alarms, commits and
 * memory; a loop over all jobs in an operation shows as minutes instead of a moment. */

#include "bgc-rig.h"

#include <malloc.h>

#define JOBS          100000u
#define BYTES_PER_JOB 1200u /* what an idle job with one file may cost, all in all */

/* ---- a store that keeps nothing and counts ---- */

#define TEST_TYPE_STORE (test_store_get_type ())
G_DECLARE_FINAL_TYPE (TestStore, test_store, TEST, STORE, GObject)

struct _TestStore
{
  GObject parent;
  guint commits;
};

static void
test_store_store_init (BgcStoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestStore, test_store, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_STORE, test_store_store_init))

static void
commit_async (BgcStore *store, BgcChange *change, BgcStoreUrgency urgency, GAsyncReadyCallback callback,
              gpointer data)
{
  g_autoptr (GTask) task = g_task_new (store, NULL, callback, data);

  TEST_STORE (store)->commits++;
  g_task_return_pointer (task, change, (GDestroyNotify)bgc_change_free);
}

static BgcChange *
commit_finish (BgcStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_store_store_init (BgcStoreInterface *iface)
{
  iface->commit_async = commit_async;
  iface->commit_finish = commit_finish;
}

static void
test_store_class_init (TestStoreClass *class)
{
}

static void
test_store_init (TestStore *self)
{
}

/* ---- the tests ---- */

typedef struct
{
  TestStore *store;
  BgcWorkersFake *workers;
  BgcClockFake *clock;
  BgcNetworkFake *network;
  GRand *random;
  BgcManager *manager;
  guint answers;
  BgcJobId *ids; /* (owned) */
} Crowd;

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Crowd *self = data;

  g_assert_true (bgc_manager_create_finish (BGC_MANAGER (source), result, &self->ids[self->answers++], NULL));
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
create (Crowd *self, guint number, gboolean resume)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  g_autofree char *remote
    = g_strdup_printf ("http://download.example.org/pub/some/where/file-%u.bin", number);
  g_autofree char *local = g_strdup_printf ("/home/somebody/Downloads/file-%u.bin", number);

  g_ptr_array_add (files, bgc_file_request_new (remote, local));
  bgc_manager_create_async (self->manager, 1000 + number % 10, TRUE, BGC_JOB_TYPE_DOWNLOAD,
                            "a job with a name", NULL, NULL, files, resume, on_created, self);
  if (number % 100 == 99)
    settle ();
}

static void
set_up (Crowd *self, gconstpointer resume)
{
  BgcLimits limits;

  bgc_limits_init (&limits);
  self->store = g_object_new (TEST_TYPE_STORE, NULL);
  self->workers = bgc_workers_fake_new ();
  self->clock = bgc_clock_fake_new (RIG_WALL, RIG_BOOT);
  self->network = bgc_network_fake_new (TRUE);
  self->random = g_rand_new_with_seed (1);
  self->ids = g_new0 (BgcJobId, JOBS);
  self->manager
    = bgc_manager_new (BGC_STORE (self->store), BGC_WORKERS (self->workers), BGC_CLOCK (self->clock),
                       BGC_NETWORK (self->network), self->random, &limits);
  bgc_manager_start (self->manager);
  for (guint i = 0; i < JOBS; i++)
    create (self, i, resume != NULL);
  settle ();
  g_assert_cmpuint (self->answers, ==, JOBS);
}

static void
tear_down (Crowd *self, gconstpointer data)
{
  settle ();
  g_assert_finalize_object (self->manager);
  g_assert_finalize_object (self->store);
  g_assert_finalize_object (self->workers);
  g_assert_finalize_object (self->clock);
  g_assert_finalize_object (self->network);
  g_rand_free (self->random);
  g_free (self->ids);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_assert_true (bgc_manager_cancel_finish (BGC_MANAGER (source), result, NULL, NULL));
  ++*(guint *)data;
}

static void
test_suspended (Crowd *self, gconstpointer data)
{
  guint commits = self->store->commits;
  guint done = 0;
  g_autoptr (GPtrArray) page = NULL;

  g_assert_cmpuint (commits, ==, JOBS);
  g_assert_cmpuint (bgc_clock_fake_pending (self->clock), ==, 1);
  g_assert_cmpint (bgc_clock_fake_next (self->clock), >, RIG_BOOT + 60 * SECOND);
  page = bgc_manager_list (self->manager, 1003, 0, 5000, 1000);
  g_assert_cmpuint (page->len, ==, 1000);
  for (guint i = 0; i < JOBS; i += 10)
    bgc_manager_cancel_async (self->manager, &self->ids[i], on_done, &done);
  settle ();
  g_assert_cmpuint (done, ==, JOBS / 10);
  g_assert_cmpuint (self->store->commits - commits, ==, JOBS / 10);
  g_assert_cmpuint (bgc_manager_count (self->manager, G_MAXUINT32), ==, JOBS - JOBS / 10);
  /* Ten thousand final jobs share one alarm. */
  g_assert_cmpuint (bgc_clock_fake_pending (self->clock), ==, 2);
  bgc_clock_fake_advance (self->clock, 60 * SECOND);
  g_assert_null (bgc_manager_find (self->manager, &self->ids[0]));
}

static void
test_queued (Crowd *self, gconstpointer data)
{
  guint commits = self->store->commits;
  guint done = 0;

  g_assert_cmpuint (bgc_workers_fake_running (self->workers), ==, 4);
  g_assert_cmpuint (commits, ==, JOBS + 4);
  for (guint i = 1; i <= 1000; i++)
    bgc_manager_suspend_async (self->manager, &self->ids[JOBS - i], on_done, &done);
  settle ();
  g_assert_cmpuint (done, ==, 1000);
  g_assert_cmpuint (self->store->commits - commits, ==, 1000);
}

static void
test_memory (void)
{
  Crowd crowd = { NULL };
  gsize before;
  gsize after;

#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the sanitizer has a heap of its own");
  return;
#endif
  malloc_trim (0);
  before = mallinfo2 ().uordblks;
  set_up (&crowd, NULL);
  after = mallinfo2 ().uordblks - JOBS * sizeof (BgcJobId);
  g_test_message ("%" G_GSIZE_FORMAT " bytes a job", (after - before) / JOBS);
  g_assert_cmpuint ((after - before) / JOBS, <=, BYTES_PER_JOB);
  tear_down (&crowd, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manager-many/memory", test_memory);
  g_test_add ("/manager-many/suspended", Crowd, NULL, set_up, test_suspended, tear_down);
  g_test_add ("/manager-many/queued", Crowd, "resume", set_up, test_queued, tear_down);
  return g_test_run ();
}
