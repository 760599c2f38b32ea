/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session-store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-error.h"

typedef struct
{
  char *root;
  BgcServerDirectory directory;
  BgcSessionStore *store;
} Fixture;

static guint8 next_byte;

static gboolean
counting (guint8 *bytes, gsize n_bytes)
{
  memset (bytes, ++next_byte, n_bytes);

  return TRUE;
}

static gboolean
failing (guint8 *bytes, gsize n_bytes)
{
  return FALSE;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->root = g_dir_make_tmp ("bgc-store-XXXXXX", NULL);
  f->directory = (BgcServerDirectory){ .name = (char *)"drop",
                                       .url = (char *)"/drop",
                                       .path = f->root,
                                       .file_mode = 0640,
                                       .directory_mode = 0700,
                                       .session_timeout = 1000,
                                       .session_limit = 2 };
  f->store = bgc_session_store_new (&f->directory, counting, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  const char *arguments[] = { "rm", "-rf", f->root, NULL };

  bgc_session_store_free (f->store);
  g_assert_true (
    g_spawn_sync (NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (f->root);
}

static char *
create (Fixture *f, const char *user, const char *url)
{
  g_autoptr (GError) error = NULL;
  char *id = bgc_session_store_create (f->store, user, url, &error);

  g_assert_no_error (error);

  return id;
}

static void
refused (Fixture *f, const char *url, BgcErrorCode code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_session_store_create (f->store, NULL, url, &error));
  g_assert_error (error, BGC_ERROR, (int) code);
}

static void
test_create_and_open (Fixture *f, gconstpointer data)
{
  g_autofree char *id = create (f, "alice", "/drop/f?q=1");
  g_autoptr (BgcSession) session = bgc_session_store_open (f->store, "alice", id, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (session);
  g_assert_true (bgc_session_try_lock (session, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (session->record.url, ==, "/drop/f?q=1");
  g_assert_cmpstr (session->target.name, ==, "f");
  g_assert_cmpint (session->record.state, ==, BGC_SESSION_RECEIVING);
  g_assert_true (bgc_session_store_directory (f->store) == &f->directory);
}

static void
test_owners (Fixture *f, gconstpointer data)
{
  static const char *const others[] = { NULL, "bob", "Alice", "alice/", "../u-alice", "anonymous" };
  g_autofree char *id = create (f, "alice", "/drop/f");
  g_autofree char *odd = create (f, "../../etc", "/drop/f");

  g_assert_nonnull (odd);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bgc_session_store_open (f->store, others[i], id, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND);
    }
  g_assert_null (bgc_session_store_open (f->store, "alice", "{../..}", NULL));
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  g_autofree char *existing = g_build_filename (f->root, "old", NULL);
  g_autofree char *folder = g_build_filename (f->root, "folder", NULL);

  g_assert_true (g_file_set_contents (existing, "", 0, NULL));
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  refused (f, "/drop/old", BGC_ERROR_FILE_EXISTS);
  refused (f, "/drop/folder", BGC_ERROR_INVALID_PATH);
  refused (f, "/drop/", BGC_ERROR_INVALID_PATH);
  refused (f, "/drop/missing/x", BGC_ERROR_NOT_FOUND);
  f->directory.allow_overwrites = TRUE;
  g_free (create (f, NULL, "/drop/old"));
  refused (f, "/drop/folder", BGC_ERROR_INVALID_PATH);
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  g_autofree char *first = create (f, NULL, "/drop/f");
  g_autofree char *second = create (f, NULL, "/drop/f");
  g_autofree char *other = create (f, "alice", "/drop/f");
  g_autoptr (BgcSession) session = bgc_session_store_open (f->store, NULL, first, NULL);

  g_assert_nonnull (second);
  g_assert_nonnull (other);
  refused (f, "/drop/f", BGC_ERROR_LIMITS_EXCEEDED);
  g_assert_true (bgc_session_try_lock (session, NULL));
  bgc_session_drop (session);
  g_free (create (f, NULL, "/drop/f"));
}

static void
test_temporary_limit (Fixture *f, gconstpointer data)
{
  g_autofree char *id = create (f, NULL, "/drop/f");
  g_autoptr (BgcSession) session = bgc_session_store_open (f->store, NULL, id, NULL);
  g_autofree guint8 *bytes = g_malloc0 (100000);

  f->directory.temporary_limit = 50000;
  g_assert_true (bgc_session_try_lock (session, NULL));
  g_assert_true (bgc_session_set_total (session, 200000, NULL));
  g_assert_true (bgc_session_write (session, 0, bytes, 100000, NULL));
  g_assert_true (bgc_session_checkpoint (session, NULL));
  refused (f, "/drop/g", BGC_ERROR_NO_SPACE);
}

static void
test_no_random (Fixture *f, gconstpointer data)
{
  g_autoptr (BgcSessionStore) store = bgc_session_store_new (&f->directory, failing, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_session_store_create (store, NULL, "/drop/f", &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED);
}

static void
make_old (Fixture *f, const char *id)
{
  g_autoptr (BgcSession) session = bgc_session_store_open (f->store, NULL, id, NULL);

  g_assert_true (bgc_session_try_lock (session, NULL));
  session->record.active -= 2000 * G_USEC_PER_SEC;
  g_assert_true (bgc_session_record_write (session->file, &session->record, NULL));
}

static void
test_sweep (Fixture *f, gconstpointer data)
{
  g_autofree char *old = create (f, NULL, "/drop/f");
  g_autofree char *young = create (f, NULL, "/drop/g");
  BgcSession *busy = bgc_session_store_open (f->store, NULL, old, NULL);

  make_old (f, old);
  g_assert_true (bgc_session_try_lock (busy, NULL));
  g_assert_cmpuint (bgc_session_store_sweep (f->store), ==, 0);
  bgc_session_free (busy);
  g_assert_cmpuint (bgc_session_store_sweep (f->store), ==, 1);
  g_assert_null (bgc_session_store_open (f->store, NULL, old, NULL));
  busy = bgc_session_store_open (f->store, NULL, young, NULL);
  g_assert_nonnull (busy);
  bgc_session_free (busy);
}

/* Files without a record, as a crash leaves them: those that are old go. */
static void
test_orphans (Fixture *f, gconstpointer data)
{
  g_autofree char *id = create (f, NULL, "/drop/f");
  g_autofree char *old = g_build_filename (f->root, BGC_UPLOAD_TARGET_SESSIONS, "anonymous",
                                           "00112233445566778899aabbccddeeff.data", NULL);
  g_autofree char *young = g_build_filename (f->root, BGC_UPLOAD_TARGET_SESSIONS, "anonymous",
                                             "ffeeddccbbaa99887766554433221100.new", NULL);
  struct timespec times[2] = { { g_get_real_time () / G_USEC_PER_SEC - 4000, 0 },
                               { g_get_real_time () / G_USEC_PER_SEC - 4000, 0 } };

  g_assert_true (g_file_set_contents (old, "", 0, NULL));
  g_assert_true (g_file_set_contents (young, "", 0, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, old, times, 0), ==, 0);
  g_assert_cmpuint (bgc_session_store_sweep (f->store), ==, 0);
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  g_assert_nonnull (id);
}

static void
test_replies (Fixture *f, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *id = create (f, NULL, "/drop/f");
  g_autoptr (BgcSession) session = bgc_session_store_open (f->store, NULL, id, NULL);
  g_autoptr (GError) error = NULL;
  int file;

  g_assert_cmpint (bgc_session_store_open_reply (f->store, NULL, session->id, &error), ==, -1);
  g_assert_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
  path = bgc_session_reply_path (session);
  g_assert_true (g_file_set_contents (path, "reply", -1, NULL));
  file = bgc_session_store_open_reply (f->store, NULL, session->id, NULL);
  g_assert_cmpint (file, >=, 0);
  close (file);
  g_assert_cmpint (bgc_session_store_open_reply (f->store, "alice", session->id, NULL), ==, -1);
}

static void
test_missing_directory (void)
{
  BgcServerDirectory directory = { .path = (char *) "/nonexistent" };
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_session_store_new (&directory, counting, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/session-store/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("create-and-open", test_create_and_open);
  ADD ("owners", test_owners);
  ADD ("refusals", test_refusals);
  ADD ("limits", test_limits);
  ADD ("temporary-limit", test_temporary_limit);
  ADD ("no-random", test_no_random);
  ADD ("sweep", test_sweep);
  ADD ("orphans", test_orphans);
  ADD ("replies", test_replies);
  g_test_add_func ("/session-store/missing-directory", test_missing_directory);

  return g_test_run ();
}
