/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-dispatch-table.h"

#include <string.h>

#include "dbus/bgc-interface.h"
#include "service/bgc-job-object.h"
#include "service/bgc-manager-object.h"

#define JOB "org.example.BackgroundCopy.Job"

static void
nothing (BgcCall *call)
{
}

static void
test_find (void)
{
  static const BgcCallRow rows[] = { { "a.b", "C", BGC_RULE_SEE, nothing }, { "a.d", "E", BGC_RULE_SEE,
                                                                             nothing } };
  g_autoptr (BgcDispatchTable) table = bgc_dispatch_table_new (rows, G_N_ELEMENTS (rows));

  g_assert_true (bgc_dispatch_table_find (table, "a.b", "C") == &rows[0]);
  g_assert_true (bgc_dispatch_table_find (table, "a.d", "E") == &rows[1]);
  g_assert_null (bgc_dispatch_table_find (table, "a.d", "C"));
  g_assert_null (bgc_dispatch_table_find (table, "a.b", "D"));
}

/* The tables as they are agree with the interfaces as published. */
static void
test_published (void)
{
  guint n_rows;
  const BgcCallRow *rows = bgc_manager_object_rows (&n_rows);
  GError *error = NULL;

  bgc_dispatch_table_check_methods (rows, n_rows, &org_example_background_copy_manager_interface, &error);
  g_assert_no_error (error);
  bgc_dispatch_table_check_methods (rows, n_rows, bgc_manager_object_object_manager_interface (), &error);
  g_assert_no_error (error);
  rows = bgc_job_object_rows (&n_rows);
  bgc_dispatch_table_check_methods (rows, n_rows, &org_example_background_copy_job_interface, &error);
  g_assert_no_error (error);
  bgc_dispatch_table_check_properties (&org_example_background_copy_job_interface, &error);
  g_assert_no_error (error);
}

static void
test_members_are_unique (void)
{
  const BgcCallRow *(*const tables[]) (guint *) = { bgc_manager_object_rows, bgc_job_object_rows };

  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    {
      guint n_rows;
      const BgcCallRow *rows = tables[t](&n_rows);

      for (guint i = 0; i < n_rows; i++)
        {
          g_assert_cmpint (rows[i].rule, !=, BGC_RULE_NOBODY);
          for (guint k = 0; k < i; k++)
            g_assert_cmpstr (rows[i].member, !=, rows[k].member);
        }
    }
}

static void
disagrees (const BgcCallRow *rows, guint n_rows, const char *named)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_dispatch_table_check_methods (rows, n_rows, &org_example_background_copy_job_interface,
                                                    &error));
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_finds_disagreement (void)
{
  guint n_rows;
  const BgcCallRow *rows = bgc_job_object_rows (&n_rows);
  g_autofree BgcCallRow *wrong = g_memdup2 (rows, (n_rows + 1) * sizeof *rows - sizeof *rows);
  g_autofree BgcCallRow *more = g_new0 (BgcCallRow, n_rows + 1);
  g_autoptr (GError) error = NULL;

  disagrees (rows + 1, n_rows - 1, rows[0].member);
  wrong[0].rule = BGC_RULE_NOBODY;
  disagrees (wrong, n_rows, rows[0].member);
  memcpy (more, rows, n_rows * sizeof *rows);
  more[n_rows] = (BgcCallRow) { JOB, "Fly", BGC_RULE_SEE, nothing };
  disagrees (more, n_rows + 1, "Fly");
  g_assert_false (bgc_dispatch_table_check_properties (&org_example_background_copy_manager_interface,
                                                       &error));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dispatch-table/find", test_find);
  g_test_add_func ("/dispatch-table/published", test_published);
  g_test_add_func ("/dispatch-table/members-are-unique", test_members_are_unique);
  g_test_add_func ("/dispatch-table/finds-disagreement", test_finds_disagreement);
  return g_test_run ();
}
