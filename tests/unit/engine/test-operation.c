/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-operation.h"

static guint cleared;

static void
clear (BgcOperation *self)
{
  cleared++;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  *(gssize *)data = g_task_propagate_int (G_TASK (result), &error);
  if (error != NULL)
    *(gssize *)data = -error->code;
  g_clear_error (&error);
}

static gssize
answer_of (gboolean fail)
{
  gssize answer = 0;
  GTask *task = g_task_new (NULL, NULL, on_answer, &answer);
  BgcOperation *operation = bgc_operation_new (sizeof (BgcOperation), "test", NULL, NULL, task, NULL, clear);
  g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, BGC_ERROR_BUSY, "x");

  if (fail)
    bgc_operation_fail (operation, error);
  else
    bgc_operation_succeed (operation, 7);
  /* Only the first answer counts. */
  bgc_operation_fail (operation, error);
  bgc_operation_succeed (operation, 8);
  bgc_operation_free (operation);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  return answer;
}

static void
test_answers (void)
{
  g_assert_cmpint (answer_of (FALSE), ==, 7);
  g_assert_cmpint (answer_of (TRUE), ==, -BGC_ERROR_BUSY);
  g_assert_cmpuint (cleared, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operation/answers", test_answers);
  return g_test_run ();
}
