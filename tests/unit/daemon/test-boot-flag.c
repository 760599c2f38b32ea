/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-boot-flag.h"

#include <glib/gstdio.h>

#include "base/bgc-error.h"

static void
test_flag (void)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-flag-XXXXXX", NULL);
  g_autofree char *flag = g_build_filename (directory, "start-at-boot", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (bgc_boot_flag_raise (directory, &error));
      g_assert_no_error (error);
      g_assert_true (g_file_test (flag, G_FILE_TEST_IS_REGULAR));
    }
  for (guint i = 0; i < 2; i++)
    {
      bgc_boot_flag_lower (directory);
      g_assert_false (g_file_test (flag, G_FILE_TEST_EXISTS));
    }
  g_rmdir (directory);
  bgc_boot_flag_lower (directory);
}

static void
test_no_directory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_boot_flag_raise ("/nonexistent", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
}

/* The unit and the program mean the same file. */
static void
test_named_in_the_unit (void)
{
  g_autofree char *path
    = g_build_filename (g_test_get_dir (G_TEST_DIST), "..", "systemd", "bgcopyd.timer", NULL);
  g_autofree char *unit = NULL;

  g_assert_true (g_file_get_contents (path, &unit, NULL, NULL));
  g_assert_nonnull (strstr (unit, "\nConditionPathExists=/var/lib/bgcopyd/start-at-boot\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boot-flag/flag", test_flag);
  g_test_add_func ("/boot-flag/no-directory", test_no_directory);
  g_test_add_func ("/boot-flag/named-in-the-unit", test_named_in_the_unit);
  return g_test_run ();
}
