/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-certificate.h"

#include <string.h>

#include "bgc-folder.h"

typedef struct
{
  BgcFolder *folder;
  char *certificate; /* contents */
  char *key;
} Fixture;

static char *
read_fixture (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "httpd", name, NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *both = NULL;

  self->folder = bgc_folder_new ();
  self->certificate = read_fixture ("test-cert.pem");
  self->key = read_fixture ("test-key.pem");
  both = g_strconcat (self->key, self->certificate, NULL);
  bgc_folder_write (self->folder, "cert", self->certificate);
  bgc_folder_write (self->folder, "key", self->key);
  bgc_folder_write (self->folder, "both", both);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  bgc_folder_free (self->folder);
  g_free (self->certificate);
  g_free (self->key);
}

static BgcFailure *
load (Fixture *self, const char *certificate, const char *key)
{
  g_autofree char *first = bgc_folder_path (self->folder, certificate);
  g_autofree char *second = key != NULL ? bgc_folder_path (self->folder, key) : NULL;
  BgcFailure *failure = NULL;
  g_autoptr (GTlsCertificate) result = bgc_local_file_certificate_load (first, second, &failure);

  g_assert_true ((result == NULL) == (failure != NULL));
  if (failure != NULL)
    g_test_message ("%s", failure->message);
  return failure;
}

static void
test_files (Fixture *self, gconstpointer data)
{
  g_assert_null (load (self, "both", NULL));
  g_assert_null (load (self, "cert", "key"));
}

static void
assert_refused (Fixture *self, const char *certificate, const char *key, BgcErrorCode code,
                gboolean transient)
{
  g_autoptr (BgcFailure) failure = load (self, certificate, key);

  g_assert_nonnull (failure);
  g_assert_cmpint (failure->context, ==, BGC_CONTEXT_LOCAL_FILE);
  g_assert_cmpstr (bgc_error_name (failure->code), ==, bgc_error_name (code));
  g_assert_cmpint (failure->transient, ==, transient);
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *large = g_strnfill (300000, 'x');
  g_autofree char *pipe = bgc_folder_path (self->folder, "pipe");

  bgc_folder_write (self->folder, "large", large);
  bgc_folder_write (self->folder, "junk", "-----BEGIN PRIVATE KEY-----\nxx\n");
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  assert_refused (self, "cert", NULL, BGC_ERROR_TLS, FALSE);
  assert_refused (self, "key", NULL, BGC_ERROR_TLS, FALSE);
  assert_refused (self, "junk", NULL, BGC_ERROR_TLS, FALSE);
  assert_refused (self, "large", "key", BGC_ERROR_TLS, FALSE);
  assert_refused (self, "pipe", "key", BGC_ERROR_TLS, FALSE);
  assert_refused (self, ".", "key", BGC_ERROR_TLS, FALSE);
  /* A home that is away comes back. */
  assert_refused (self, "cert", "none", BGC_ERROR_INVALID_PATH, TRUE);
}

static void
test_token (void)
{
  const char *const keys[] = { NULL, "/home/a/k.pem", "pkcs11:token=none;object=x?pin-value=geheim" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (BgcFailure) failure = NULL;

      g_assert_null (bgc_local_file_certificate_load ("pkcs11:token=none;object=x?pin-value=geheim", keys[i],
                                                      &failure));
      g_assert_cmpint (failure->code, ==, BGC_ERROR_TLS);
      g_assert_null (strstr (failure->message, "geheim"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/local-file-certificate/files", Fixture, NULL, set_up, test_files, tear_down);
  g_test_add ("/local-file-certificate/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add_func ("/local-file-certificate/token", test_token);
  return g_test_run ();
}
