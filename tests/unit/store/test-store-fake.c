/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-fake.h"

#include "bgc-store-contract.h"
#include "bgc-store-sample.h"

/* The world is the store that was opened last: the next one begins with what it holds. */
static gpointer
make_world (void)
{
  return g_new0 (BgcStoreFake *, 1);
}

static void
free_world (gpointer world)
{
  g_clear_object ((BgcStoreFake **) world);
  g_free (world);
}

static BgcStore *
open_store (gpointer world)
{
  BgcStoreFake **last = world;
  BgcStoreFake *next = *last != NULL ? bgc_store_fake_reopen (*last) : bgc_store_fake_new ();

  g_clear_object (last);
  *last = next;
  return BGC_STORE (g_object_ref (next));
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
test_hold (void)
{
  g_autoptr (BgcStoreFake) fake = bgc_store_fake_new ();
  GAsyncResult *results[3] = { NULL };
  BgcJobId first = sample_id (1);
  BgcJobId third = sample_id (3);

  bgc_store_fake_hold (fake);
  for (guint i = 0; i < 3; i++)
    bgc_store_commit_async (BGC_STORE (fake), sample_create (i + 1, 1), i == 2 ? BGC_STORE_URGENT
                            : BGC_STORE_NORMAL,
                            keep_result, &results[i]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (bgc_store_fake_waiting (fake), ==, 3);
  g_assert_cmpuint (bgc_store_fake_jobs (fake), ==, 0);
  bgc_store_fake_release (fake, 1);
  g_assert_null (results[0]);
  g_assert_nonnull (results[2]);
  g_assert_nonnull (bgc_store_fake_job (fake, &third));
  g_assert_null (bgc_store_fake_job (fake, &first));
  bgc_store_fake_release (fake, 10);
  g_assert_cmpuint (bgc_store_fake_waiting (fake), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (BgcChange) change = bgc_store_commit_finish (BGC_STORE (fake), results[i], NULL);

      g_assert_nonnull (change);
      g_object_unref (results[i]);
    }
}

static void
test_fail (void)
{
  g_autoptr (BgcStoreFake) fake = bgc_store_fake_new ();
  g_autoptr (GError) error = NULL;

  bgc_store_fake_fail (fake, 1, BGC_ERROR_NO_SPACE);
  g_assert_null (sample_commit (BGC_STORE (fake), sample_create (1, 1), &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE);
  g_assert_cmpuint (bgc_store_fake_jobs (fake), ==, 0);
  sample_commit_ok (BGC_STORE (fake), sample_create (1, 1));
  g_assert_cmpuint (bgc_store_fake_jobs (fake), ==, 1);
  g_assert_cmpuint (bgc_store_fake_leftovers (fake), ==, 0);
}

int
main (int argc, char *argv[])
{
  static const BgcStoreContract contract = { "fake", make_world, free_world, open_store };

  g_test_init (&argc, &argv, NULL);
  bgc_store_contract_add (&contract);
  g_test_add_func ("/store-fake/hold", test_hold);
  g_test_add_func ("/store-fake/fail", test_fail);
  return g_test_run ();
}
