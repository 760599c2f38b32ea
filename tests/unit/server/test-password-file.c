/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-password-file.h"

#include <crypt.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/bgc-error.h"

static char *
header (const char *credentials)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) credentials, strlen (credentials));

  return g_strconcat ("Basic ", encoded, NULL);
}

static void
check (BgcPasswordFile *file, const char *credentials, const char *user)
{
  g_autofree char *value = header (credentials);
  g_autoptr (GError) error = NULL;
  g_autofree char *proved = bgc_password_file_check (file, value, &error);

  g_assert_cmpstr (proved, ==, user);
  if (user == NULL)
    g_assert_error (error, BGC_ERROR, BGC_ERROR_AUTHENTICATION_REQUIRED);
}

static char *
line (const char *user, const char *password)
{
  struct crypt_data data = { .initialized = 0 };

  return g_strdup_printf ("%s:%s\n", user, crypt_r (password, "$5$rounds=1000$saltsalt$", &data));
}

static void
test_check (void)
{
  g_autofree char *folder = g_dir_make_tmp ("bgc-passwords-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "passwords", NULL);
  g_autofree char *alice = line ("alice", "sec:ret");
  g_autofree char *text = g_strconcat ("# comment\n\n", alice, "bob:*\nempty:\n:nobody\nplain:word\n", NULL);
  g_autoptr (BgcPasswordFile) file = bgc_password_file_new (path);
  g_autofree char *changed = line ("alice", "new");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  check (file, "alice:sec:ret", "alice");
  check (file, "alice:sec:ret", "alice"); /* remembered */
  check (file, "alice:sec", NULL);
  check (file, "alice:", NULL);
  check (file, "alice", NULL);
  check (file, "bob:*", NULL);
  check (file, "bob:", NULL);
  check (file, "empty:", NULL);
  check (file, "plain:word", NULL);
  check (file, ":nobody", NULL);
  check (file, "carol:x", NULL);
  check (file, "# comment:x", NULL);

  g_assert_true (g_file_set_contents (path, changed, -1, NULL));
  check (file, "alice:sec:ret", NULL);
  check (file, "alice:new", "alice");
  g_unlink (path);
  /* The administrator is warned. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  check (file, "alice:new", NULL);
  g_rmdir (folder);
}

static void
test_malformed (void)
{
  static const char *const rows[]
    = { NULL, "", "Basic", "Basic ", "Basic !!!", "Bearer abc", "Basic AAAA", "Basic YQ==" };
  g_autofree char *folder = g_dir_make_tmp ("bgc-passwords-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "passwords", NULL);
  g_autoptr (BgcPasswordFile) file = bgc_password_file_new (path);
  g_autofree char *many = g_strnfill (2000, 'a');
  g_autofree char *huge = header (many);

  g_assert_true (g_file_set_contents (path, "a:b\n", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bgc_password_file_check (file, rows[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_AUTHENTICATION_REQUIRED);
    }
  g_assert_null (bgc_password_file_check (file, huge, NULL));
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/password-file/check", test_check);
  g_test_add_func ("/password-file/malformed", test_malformed);

  return g_test_run ();
}
