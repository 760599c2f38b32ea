/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-store-contract.h"

#include "bgc-store-sample.h"

typedef struct {
  const BgcStoreContract *contract;
  gpointer world;
  BgcStore *store;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->contract = data;
  self->world = self->contract->make_world ();
  self->store = self->contract->open (self->world);
  g_ptr_array_unref (sample_load (self->store, NULL));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  if (self->store != NULL)
    bgc_store_close (self->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->store);
  self->contract->free_world (self->world);
}

/* What a new store on the same place loads. */
static GPtrArray *
reopen (Fixture *self, GPtrArray **leftovers)
{
  bgc_store_close (self->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->store);
  self->store = self->contract->open (self->world);
  return sample_load (self->store, leftovers);
}

static void
test_empty (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) leftovers = NULL;
  g_autoptr (GPtrArray) jobs = reopen (self, &leftovers);

  g_assert_cmpuint (jobs->len, ==, 0);
  g_assert_cmpuint (leftovers->len, ==, 0);
}

static guint
files_of (const BgcJob *job)
{
  return job->type == BGC_JOB_TYPE_DOWNLOAD ? 3 : job->type == BGC_JOB_TYPE_UPLOAD ? 1 : 2;
}

static BgcFile *
round_trip_file (const BgcJob *job, guint n, guint i)
{
  return job->type == BGC_JOB_TYPE_DOWNLOAD ? sample_extreme_file (n * 10 + i) : sample_upload_file (i);
}

static void
test_round_trip (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  const guint n_jobs = 48; /* more than any enumeration has members */

  for (guint n = 1; n <= n_jobs; n++)
    {
      BgcJobId id = sample_id (n);
      BgcChange *change = bgc_change_new (&id);

      change->create = TRUE;
      change->header = sample_extreme_job (n);
      for (guint i = 0; i < files_of (change->header); i++)
        g_ptr_array_add (change->files, round_trip_file (change->header, n, i));
      sample_commit_ok (self->store, change);
    }
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, n_jobs);
  for (guint n = 1; n <= n_jobs; n++)
    {
      g_autoptr (BgcJob) expected = sample_extreme_job (n);

      for (guint i = 0; i < files_of (expected); i++)
        bgc_file_list_put (expected->files, round_trip_file (expected, n, i));
      sample_assert_jobs_equal (g_ptr_array_index (jobs, n - 1), expected);
    }
}

static void
test_extreme_indexes (Fixture *self, gconstpointer data)
{
  BgcChange *change = sample_create (1, 0);
  g_autoptr (GPtrArray) jobs = NULL;
  BgcJob *job;

  change->header->next_index = G_MAXUINT32;
  g_ptr_array_add (change->files, sample_file (0));
  g_ptr_array_add (change->files, sample_file (G_MAXUINT32 - 1));
  sample_commit_ok (self->store, change);
  jobs = reopen (self, NULL);
  job = g_ptr_array_index (jobs, 0);
  g_assert_cmpuint (bgc_file_list_length (job->files), ==, 2);
  g_assert_cmpuint (bgc_file_list_at (job->files, 1)->index, ==, G_MAXUINT32 - 1);
  g_assert_cmpuint (job->next_index, ==, G_MAXUINT32);
}

static void
test_oldest_first (Fixture *self, gconstpointer data)
{
  const guint order[] = { 5, 2, 300, 1, 4 };
  const guint sorted[] = { 1, 2, 4, 5, 300 };
  g_autoptr (GPtrArray) jobs = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    sample_commit_ok (self->store, sample_create (order[i], 1));
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, G_N_ELEMENTS (sorted));
  for (guint i = 0; i < G_N_ELEMENTS (sorted); i++)
    g_assert_cmpuint (((BgcJob *) g_ptr_array_index (jobs, i))->sequence, ==, sorted[i]);
}

static void
test_update (Fixture *self, gconstpointer data)
{
  BgcJobId id = sample_id (1);
  BgcChange *change = bgc_change_new (&id);
  g_autoptr (BgcJob) expected = sample_extreme_job (1);
  g_autoptr (GPtrArray) jobs = NULL;

  sample_commit_ok (self->store, sample_create (1, 3));
  sample_commit_ok (self->store, sample_create (2, 1));
  change->header = sample_extreme_job (1);
  sample_make_download (change->header);
  sample_make_download (expected);
  g_ptr_array_add (change->files, sample_extreme_file (1));
  g_ptr_array_add (change->files, sample_extreme_file (7));
  sample_commit_ok (self->store, change);

  bgc_file_list_put (expected->files, sample_file (0));
  bgc_file_list_put (expected->files, sample_extreme_file (1));
  bgc_file_list_put (expected->files, sample_file (2));
  bgc_file_list_put (expected->files, sample_extreme_file (7));
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, 2);
  sample_assert_jobs_equal (sample_find (jobs, 1), expected);
  g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, 2)->files), ==, 1);
}

static void
test_files_without_header (Fixture *self, gconstpointer data)
{
  BgcJobId id = sample_id (1);
  BgcChange *change = bgc_change_new (&id);
  const guint32 gone[] = { 0, 3, 99 };
  g_autoptr (GPtrArray) jobs = NULL;
  BgcJob *job;

  sample_commit_ok (self->store, sample_create (1, 4));
  g_ptr_array_add (change->files, sample_extreme_file (2));
  g_array_append_vals (change->removed_files, gone, G_N_ELEMENTS (gone));
  sample_commit_ok (self->store, change);
  jobs = reopen (self, NULL);
  job = g_ptr_array_index (jobs, 0);
  g_assert_cmpuint (bgc_file_list_length (job->files), ==, 2);
  g_assert_cmpuint (bgc_file_list_at (job->files, 0)->index, ==, 1);
  g_assert_cmpstr (bgc_file_list_at (job->files, 1)->etag, ==, "\"it's an etag\"");
}

static void
test_forget (Fixture *self, gconstpointer data)
{
  BgcChange *change = sample_forget (2);
  g_autoptr (GPtrArray) leftovers = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  for (guint n = 1; n <= 3; n++)
    sample_commit_ok (self->store, sample_create (n, 2));
  /* A header rides along for the live job; the leftover outlives its job. */
  change->header = sample_job (2);
  g_ptr_array_add (change->leftovers, bgc_leftover_new (1000, "/srv/.bgcopy-1", 1, 2));
  sample_commit_ok (self->store, change);
  sample_commit_ok (self->store, sample_forget (2));
  sample_commit_ok (self->store, sample_forget (77));
  jobs = reopen (self, &leftovers);
  g_assert_cmpuint (jobs->len, ==, 2);
  g_assert_null (sample_find (jobs, 2));
  g_assert_cmpuint (leftovers->len, ==, 1);
  /* Its number may be used again, and finds no files. */
  sample_commit_ok (self->store, sample_create (2, 0));
  g_clear_pointer (&jobs, g_ptr_array_unref);
  jobs = reopen (self, NULL);
  g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, 2)->files), ==, 0);
}

static void
assert_fails (Fixture *self, BgcChange *change)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) back = sample_commit (self->store, change, &error);

  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
  g_assert_null (back);
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  BgcJobId id = sample_id (9);
  BgcChange *files_of_nobody = bgc_change_new (&id);
  BgcChange *headless = bgc_change_new (&id);
  BgcChange *same_number = sample_create (9, 0);
  BgcChange *described = sample_describe (1, "old");
  g_autoptr (GPtrArray) leftovers = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  sample_commit_ok (self->store, sample_create (1, 1));
  sample_commit_ok (self->store, described);
  assert_fails (self, sample_create (1, 5));
  same_number->header->sequence = 1;
  assert_fails (self, same_number);
  g_ptr_array_add (files_of_nobody->files, sample_file (0));
  g_ptr_array_add (files_of_nobody->leftovers, bgc_leftover_new (1, "/srv/.bgcopy-1", 0, 0));
  assert_fails (self, files_of_nobody);
  assert_fails (self, sample_describe (9, "nobody"));
  headless->create = TRUE;
  assert_fails (self, headless);
  jobs = reopen (self, &leftovers);
  g_assert_cmpuint (jobs->len, ==, 1);
  g_assert_cmpuint (leftovers->len, ==, 0);
  g_assert_cmpstr (sample_find (jobs, 1)->description, ==, "old");
  g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, 1)->files), ==, 1);
}

static void
test_leftovers (Fixture *self, gconstpointer data)
{
  static const BgcJobId nobody;
  BgcChange *change = sample_create (1, 0);
  BgcChange *settle = bgc_change_new (&nobody);
  g_autoptr (BgcChange) back = NULL;
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (GPtrArray) leftovers = NULL;
  const BgcLeftover *left;
  guint64 ids[2];

  g_ptr_array_add (change->leftovers, bgc_leftover_new (G_MAXUINT32, "/srv/ü/.bgcopy-1", G_MAXUINT64, 7));
  g_ptr_array_add (change->leftovers, bgc_leftover_new (0, "/srv/.bgcopy-2", 0, 0));
  ((BgcLeftover *) g_ptr_array_index (change->leftovers, 0))->since = 1700000000000000;
  back = sample_commit (self->store, change, NULL);
  g_assert_nonnull (back);
  for (guint i = 0; i < 2; i++)
    ids[i] = ((BgcLeftover *) g_ptr_array_index (back->leftovers, i))->id;
  g_assert_cmpuint (ids[0], !=, 0);
  g_assert_cmpuint (ids[1], !=, 0);
  g_assert_cmpuint (ids[0], !=, ids[1]);

  g_array_append_val (settle->settled_leftovers, ids[1]);
  sample_commit_ok (self->store, settle);
  jobs = reopen (self, &leftovers);
  g_assert_cmpuint (leftovers->len, ==, 1);
  left = g_ptr_array_index (leftovers, 0);
  g_assert_cmpuint (left->id, ==, ids[0]);
  g_assert_cmpuint (left->owner, ==, G_MAXUINT32);
  g_assert_cmpstr (left->path, ==, "/srv/ü/.bgcopy-1");
  g_assert_cmpuint (left->device, ==, G_MAXUINT64);
  g_assert_cmpuint (left->inode, ==, 7);
  g_assert_cmpint (left->since, ==, 1700000000000000);
}

/* The numbers of settled leftovers do not come again: somebody may still want to settle one twice. */
static void
test_leftover_ids (Fixture *self, gconstpointer data)
{
  static const BgcJobId nobody;
  guint64 last = 0;

  for (guint round = 0; round < 3; round++)
    {
      BgcChange *change = bgc_change_new (&nobody);
      BgcChange *settle = bgc_change_new (&nobody);
      g_autoptr (BgcChange) back = NULL;
      const BgcLeftover *left;

      g_ptr_array_add (change->leftovers, bgc_leftover_new (0, "/srv/.bgcopy-2", 0, 0));
      back = sample_commit (self->store, change, NULL);
      left = g_ptr_array_index (back->leftovers, 0);
      g_assert_cmpuint (left->id, >, last);
      last = left->id;
      g_array_append_val (settle->settled_leftovers, last);
      sample_commit_ok (self->store, settle);
      g_ptr_array_unref (reopen (self, NULL));
    }
}

/* ---- many at once ----------------------------------------------------------------------------- */

typedef struct {
  BgcStore *store;
  GArray *ended;  /* (element-type guint) what each commit was called, as its callback came */
  guint failed;
} Many;

typedef struct {
  Many *many;
  guint name;
} One;

static void
note_end (GObject *source, GAsyncResult *result, gpointer data)
{
  One *one = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) change = bgc_store_commit_finish (one->many->store, result, &error);

  g_assert_true ((change == NULL) == (error != NULL));
  one->many->failed += change == NULL;
  g_array_append_val (one->many->ended, one->name);
  g_free (one);
}

static void
begin (Many *many, BgcChange *change, BgcStoreUrgency urgency, guint name)
{
  One *one = g_new (One, 1);

  one->many = many;
  one->name = name;
  bgc_store_commit_async (many->store, change, urgency, note_end, one);
}

static void
wait_for (Many *many, guint count)
{
  while (many->ended->len < count)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_order (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));
  Many many = { self->store, ended, 0 };
  g_autoptr (GPtrArray) jobs = NULL;
  const guint count = 1000;

  for (guint n = 1; n <= count; n++)
    begin (&many, sample_create (n, 1), BGC_STORE_NORMAL, n);
  wait_for (&many, count);
  for (guint n = 1; n <= count; n++)
    g_assert_cmpuint (g_array_index (ended, guint, n - 1), ==, n);
  g_assert_cmpuint (many.failed, ==, 0);
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, count);
}

/* One urgent change among thousands does not wait for them. */
static void
test_urgent (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));
  Many many = { self->store, ended, 0 };
  g_autoptr (GPtrArray) changes = g_ptr_array_new ();
  const guint count = 3000;
  guint place = 0;

  sample_commit_ok (self->store, sample_create (1, 1));
  /* Made before, as the store is faster than this where the machine is busy. */
  for (guint n = 2; n <= count; n++)
    g_ptr_array_add (changes, sample_create (n, 1));
  for (guint n = 2; n <= count; n++)
    begin (&many, g_ptr_array_index (changes, n - 2), BGC_STORE_NORMAL, n);
  begin (&many, sample_describe (1, "urgent"), BGC_STORE_URGENT, 1);
  wait_for (&many, count);
  while (g_array_index (ended, guint, place) != 1)
    place++;
  g_assert_cmpuint (place, <, count / 2);
  /* The others kept their order. */
  g_array_remove_index (ended, place);
  for (guint i = 0; i < ended->len; i++)
    g_assert_cmpuint (g_array_index (ended, guint, i), ==, i + 2);
  g_assert_cmpuint (many.failed, ==, 0);
}

static void
test_one_fails_alone (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));
  Many many = { self->store, ended, 0 };
  g_autoptr (GPtrArray) leftovers = NULL;
  g_autoptr (GPtrArray) jobs = NULL;

  sample_commit_ok (self->store, sample_create (5, 1));
  for (guint n = 1; n <= 10; n++)
    {
      BgcChange *change = sample_create (n, 2);

      g_ptr_array_add (change->leftovers, bgc_leftover_new (n, "/srv/.bgcopy-1", 0, 0));
      begin (&many, change, BGC_STORE_NORMAL, n);
    }
  wait_for (&many, 10);
  g_assert_cmpuint (many.failed, ==, 1);
  jobs = reopen (self, &leftovers);
  g_assert_cmpuint (jobs->len, ==, 10);
  g_assert_cmpuint (leftovers->len, ==, 9);
  for (guint n = 1; n <= 10; n++)
    g_assert_cmpuint (bgc_file_list_length (sample_find (jobs, n)->files), ==, n == 5 ? 1 : 2);
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void
test_close (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));
  Many many = { self->store, ended, 0 };
  g_autoptr (GPtrArray) jobs = NULL;

  for (guint n = 1; n <= 500; n++)
    begin (&many, sample_create (n, 1), BGC_STORE_NORMAL, n);
  bgc_store_close (self->store);
  bgc_store_close (self->store);
  wait_for (&many, 500);
  g_assert_cmpuint (many.failed, ==, 0);
  assert_fails (self, sample_create (501, 1));
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, 500);
}

/* The last reference may go while commits are on their way. */
static void
test_dropped (Fixture *self, gconstpointer data)
{
  g_autoptr (GArray) ended = g_array_new (FALSE, FALSE, sizeof (guint));
  Many many = { self->store, ended, 0 };

  begin (&many, sample_create (1, 1), BGC_STORE_NORMAL, 1);
  g_clear_object (&self->store);
  wait_for (&many, 1);
  g_assert_cmpuint (many.failed, ==, 0);
}

static BgcChange *
with_secrets (BgcChange *change)
{
  const char *const headers[] = { "X-A: 1", NULL };

  bgc_job_set_login (change->header,
                     bgc_login_new (BGC_LOGIN_TARGET_PROXY, BGC_LOGIN_SCHEME_DIGEST, "ä", "p"));
  bgc_job_set_headers (change->header, headers, TRUE);
  return change;
}

/* Stored with the job, kept through changes of other things, and gone with whoever they were of. */
static void
test_secrets (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (BgcChange) expected = with_secrets (sample_create (1, 0));
  BgcJobId id = sample_id (1);
  BgcChange *change = bgc_change_new (&id);

  sample_commit_ok (self->store, with_secrets (sample_create (1, 0)));
  sample_commit_ok (self->store, with_secrets (sample_create (2, 0)));
  jobs = reopen (self, NULL);
  sample_assert_jobs_equal (sample_find (jobs, 1), expected->header);
  change->header = bgc_job_draft (sample_find (jobs, 1));
  change->header->priority = BGC_PRIORITY_LOW;
  sample_commit_ok (self->store, change);
  sample_commit_ok (self->store, sample_forget (2));
  g_clear_pointer (&jobs, g_ptr_array_unref);
  jobs = reopen (self, NULL);
  g_assert_cmpuint (jobs->len, ==, 1);
  g_assert_cmpint (sample_find (jobs, 1)->priority, ==, BGC_PRIORITY_LOW);
  g_assert_cmpstrv (sample_find (jobs, 1)->secrets->headers, expected->header->secrets->headers);
  change = bgc_change_new (&id);
  change->header = bgc_job_draft (sample_find (jobs, 1));
  bgc_job_hand_over (change->header, 4711);
  sample_commit_ok (self->store, change);
  g_clear_pointer (&jobs, g_ptr_array_unref);
  jobs = reopen (self, NULL);
  g_assert_null (sample_find (jobs, 1)->secrets);
}

void
bgc_store_contract_add (const BgcStoreContract *contract)
{
  static const struct {
    const char *name;
    void (*run) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "empty", test_empty },
    { "round-trip", test_round_trip },
    { "extreme-indexes", test_extreme_indexes },
    { "oldest-first", test_oldest_first },
    { "update", test_update },
    { "files-without-header", test_files_without_header },
    { "forget", test_forget },
    { "refused", test_refused },
    { "leftovers", test_leftovers },
    { "leftover-ids", test_leftover_ids },
    { "order", test_order },
    { "urgent", test_urgent },
    { "one-fails-alone", test_one_fails_alone },
    { "close", test_close },
    { "dropped", test_dropped },
    { "secrets", test_secrets },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/contract/%s/%s", contract->name, tests[i].name);

      g_test_add (path, Fixture, contract, set_up, tests[i].run, tear_down);
    }
}
