/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-secrets-key.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgc-store-sample.h"

typedef struct {
  char *directory;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->directory = sample_directory ();
  self->path = g_build_filename (self->directory, "secrets.key", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  sample_remove_directory (self->directory);
  g_free (self->directory);
  g_free (self->path);
}

static BgcSecretsKey *
open_ok (Fixture *self, const char *given)
{
  g_autoptr (GError) error = NULL;
  BgcSecretsKey *key = bgc_secrets_key_open (self->directory, given, &error);

  g_assert_no_error (error);
  return key;
}

static void
assert_refused (Fixture *self, const char *given)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_secrets_key_open (self->directory, given, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
}

static void
test_made (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcSecretsKey) key = open_ok (self, NULL);
  g_autoptr (BgcSecretsKey) again = NULL;
  g_autoptr (GError) error = NULL;
  const guint8 none[BGC_SECRETS_KEY_BYTES] = { 0 };
  const guint8 *bytes;
  struct stat status;

  /* Nobody has a secret yet. */
  g_assert_null (bgc_secrets_key_peek (key));
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  bytes = bgc_secrets_key_ensure (key, &error);
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (bytes, none, sizeof none), !=, 0);
  g_assert_true (bgc_secrets_key_ensure (key, &error) == bytes);
  g_assert_cmpint (lstat (self->path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode, ==, S_IFREG | 0600);
  g_assert_cmpuint (status.st_nlink, ==, 1);
  again = open_ok (self, NULL);
  g_assert_cmpmem (bgc_secrets_key_peek (again), BGC_SECRETS_KEY_BYTES, bytes, BGC_SECRETS_KEY_BYTES);
}

/* What an attempt left behind that was cut short is replaced, and not taken for a key. */
static void
test_cut_short (Fixture *self, gconstpointer data)
{
  g_autofree char *half = g_strconcat (self->path, ".new", NULL);
  g_autoptr (BgcSecretsKey) key = NULL;

  g_assert_true (g_file_set_contents (half, "half", 4, NULL));
  key = open_ok (self, NULL);
  g_assert_null (bgc_secrets_key_peek (key));
  g_assert_nonnull (bgc_secrets_key_ensure (key, NULL));
  g_assert_false (g_file_test (half, G_FILE_TEST_EXISTS));
}

static void
test_never_replaced (Fixture *self, gconstpointer data)
{
  g_autoptr (BgcSecretsKey) late = open_ok (self, NULL);
  g_autoptr (BgcSecretsKey) key = open_ok (self, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (bgc_secrets_key_ensure (key, NULL));
  g_assert_null (bgc_secrets_key_ensure (late, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
  g_assert_null (bgc_secrets_key_peek (late));
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *bytes = g_strnfill (BGC_SECRETS_KEY_BYTES + 1, 'k');
  g_autofree char *elsewhere = g_build_filename (self->directory, "elsewhere", NULL);

  for (guint length = 0; length <= BGC_SECRETS_KEY_BYTES + 1; length += BGC_SECRETS_KEY_BYTES - 1)
    {
      g_assert_true (g_file_set_contents_full (self->path, bytes, length, G_FILE_SET_CONTENTS_NONE, 0600,
                                               NULL));
      assert_refused (self, NULL);
    }
  g_assert_true (g_file_set_contents_full (self->path, bytes, BGC_SECRETS_KEY_BYTES, G_FILE_SET_CONTENTS_NONE,
                                           0600, NULL));
  bgc_secrets_key_free (open_ok (self, NULL));
  for (guint mode = 0640; mode != 0; mode = mode == 0640 ? 0604 : mode == 0604 ? 0610 : 0)
    {
      g_assert_cmpint (g_chmod (self->path, (int) mode), ==, 0);
      assert_refused (self, NULL);
    }
  g_assert_cmpint (g_chmod (self->path, 0600), ==, 0);
  if (geteuid () == 0)
    {
      g_assert_cmpint (chown (self->path, 65534, (gid_t) -1), ==, 0);
      assert_refused (self, NULL);
      g_assert_cmpint (chown (self->path, 0, (gid_t) -1), ==, 0);
    }
  g_assert_cmpint (rename (self->path, elsewhere), ==, 0);
  g_assert_cmpint (symlink (elsewhere, self->path), ==, 0);
  assert_refused (self, NULL);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  assert_refused (self, NULL);
}

/* The service manager's: it says who may read it, and one that is missing is not made. */
static void
test_given (Fixture *self, gconstpointer data)
{
  g_autofree char *given = g_build_filename (self->directory, "bgcopyd.key", NULL);
  g_autofree char *bytes = g_strnfill (BGC_SECRETS_KEY_BYTES, 'g');
  g_autoptr (BgcSecretsKey) key = NULL;

  assert_refused (self, given);
  g_assert_true (g_file_set_contents_full (given, bytes, BGC_SECRETS_KEY_BYTES, G_FILE_SET_CONTENTS_NONE,
                                           0440, NULL));
  key = open_ok (self, given);
  g_assert_cmpmem (bgc_secrets_key_peek (key), BGC_SECRETS_KEY_BYTES, bytes, BGC_SECRETS_KEY_BYTES);
  g_assert_cmpmem (bgc_secrets_key_ensure (key, NULL), BGC_SECRETS_KEY_BYTES, bytes, BGC_SECRETS_KEY_BYTES);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char *argv[])
{
#define ADD(name, function) g_test_add ("/secrets-key/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("made", test_made);
  ADD ("cut-short", test_cut_short);
  ADD ("never-replaced", test_never_replaced);
  ADD ("refused", test_refused);
  ADD ("given", test_given);
  return g_test_run ();
}
