/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-exit-code.h"

#include <gio/gio.h>

#include "base/bgc-error.h"

static void
test_errors (void)
{
  const struct
  {
    GQuark domain;
    int code;
    BgcExitCode wanted;
  } cases[] = {
    { BGC_ERROR, BGC_ERROR_NOT_FOUND, BGC_EXIT_CODE_NOT_FOUND },
    { BGC_ERROR, BGC_ERROR_ACCESS_DENIED, BGC_EXIT_CODE_DENIED },
    { BGC_ERROR, BGC_ERROR_INVALID_STATE, BGC_EXIT_CODE_STATE },
    { BGC_ERROR, BGC_ERROR_EMPTY, BGC_EXIT_CODE_STATE },
    { BGC_ERROR, BGC_ERROR_INVALID_URL, BGC_EXIT_CODE_USAGE },
    { BGC_ERROR, BGC_ERROR_TOO_MANY_JOBS, BGC_EXIT_CODE_FAILED },
    { G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, BGC_EXIT_CODE_NOT_FOUND },
    { G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, BGC_EXIT_CODE_DENIED },
    { G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN, BGC_EXIT_CODE_UNREACHABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, BGC_EXIT_CODE_UNREACHABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_CHILD_EXITED, BGC_EXIT_CODE_UNREACHABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_FAILED, BGC_EXIT_CODE_FAILED },
    { G_IO_ERROR, G_IO_ERROR_CLOSED, BGC_EXIT_CODE_UNREACHABLE },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, BGC_EXIT_CODE_UNREACHABLE },
    { G_IO_ERROR, G_IO_ERROR_DBUS_ERROR, BGC_EXIT_CODE_FAILED },
    { G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, BGC_EXIT_CODE_USAGE },
    { G_FILE_ERROR, G_FILE_ERROR_ACCES, BGC_EXIT_CODE_FAILED },
  };

  g_assert_cmpint (bgc_exit_code_for_error (NULL), ==, BGC_EXIT_CODE_OK);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (cases[i].domain, cases[i].code, "x");
      g_assert_cmpint (bgc_exit_code_for_error (error), ==, cases[i].wanted);
    }
}

/* Scripts know them. */
static void
test_numbers (void)
{
  g_assert_cmpint (BGC_EXIT_CODE_OK, ==, 0);
  g_assert_cmpint (BGC_EXIT_CODE_FAILED, ==, 1);
  g_assert_cmpint (BGC_EXIT_CODE_USAGE, ==, 2);
  g_assert_cmpint (BGC_EXIT_CODE_NOT_FOUND, ==, 3);
  g_assert_cmpint (BGC_EXIT_CODE_UNREACHABLE, ==, 4);
  g_assert_cmpint (BGC_EXIT_CODE_DENIED, ==, 5);
  g_assert_cmpint (BGC_EXIT_CODE_STATE, ==, 6);
  g_assert_cmpint (BGC_EXIT_CODE_PARTIAL, ==, 7);
  g_assert_cmpint (BGC_EXIT_CODE_INTERRUPTED, ==, 130);
  g_assert_cmpint (BGC_EXIT_CODE_TERMINATED, ==, 143);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exit-code/errors", test_errors);
  g_test_add_func ("/exit-code/numbers", test_numbers);
  return g_test_run ();
}
