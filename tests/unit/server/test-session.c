/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bgc-error.h"

#define ID "0123456789abcdef0123456789abcdef"

typedef struct
{
  char *root, *folder;         /* paths */
  int root_fd;
  BgcServerDirectory directory;
} Fixture;

static char *
path_in (const char *folder, const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *sessions = NULL;
  g_autofree char *record_path = NULL;
  g_autofree char *data_path = NULL;
  BgcSessionRecord record = { .url = (char *) "/drop/f?q", .active = g_get_real_time () };
  int file;

  f->root = g_dir_make_tmp ("bgc-session-XXXXXX", NULL);
  sessions = path_in (f->root, BGC_UPLOAD_TARGET_SESSIONS);
  f->folder = path_in (sessions, "anonymous");
  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  f->root_fd = open (f->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  f->directory = (BgcServerDirectory) { .url = (char *) "/drop", .path = f->root, .file_mode = 0640 };
  record_path = path_in (f->folder, ID ".session");
  data_path = path_in (f->folder, ID ".data");
  file = open (record_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_true (bgc_session_record_write (file, &record, NULL));
  close (file);
  g_assert_true (g_file_set_contents (data_path, "", 0, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { ID ".session", ID ".data", ID ".reply" };
  g_autofree char *sessions = g_path_get_dirname (f->folder);
  g_autofree char *target = path_in (f->root, "f");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = path_in (f->folder, names[i]);

      g_unlink (path);
    }
  g_unlink (target);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_assert_cmpint (g_rmdir (sessions), ==, 0);
  g_assert_cmpint (g_rmdir (f->root), ==, 0);
  close (f->root_fd);
  g_free (f->root);
  g_free (f->folder);
}

static BgcSession *
opened (Fixture *f)
{
  g_autofree char *path = path_in (f->folder, ID ".session");
  int folder = open (f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int file = open (path, O_RDWR | O_CLOEXEC);

  g_assert_cmpint (file, >=, 0);

  return bgc_session_new (&f->directory, f->root_fd, folder, file, "anonymous", ID);
}

static BgcSession *
locked (Fixture *f)
{
  BgcSession *session = opened (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_session_try_lock (session, &error));
  g_assert_no_error (error);

  return session;
}

static void
put (BgcSession *session, guint64 offset, const char *bytes)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_session_write (session, offset, (const guint8 *) bytes, strlen (bytes), &error));
  g_assert_no_error (error);
}

static char *
published (Fixture *f)
{
  g_autofree char *path = path_in (f->root, "f");
  char *contents = NULL;

  g_file_get_contents (path, &contents, NULL, NULL);

  return contents;
}

static void
test_whole_life (Fixture *f, gconstpointer data)
{
  g_autoptr (BgcSession) session = locked (f);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_session_set_total (session, 10, &error));
  put (session, 0, "01234");
  put (session, 2, "XXX56789");
  g_assert_true (bgc_session_checkpoint (session, &error));
  g_assert_cmpint (session->record.state, ==, BGC_SESSION_COMPLETE);
  g_assert_true (bgc_session_publish (session, &error));
  g_assert_no_error (error);
  g_assert_cmpint (session->record.state, ==, BGC_SESSION_WAIT_CLOSE);
  contents = published (f);
  g_assert_cmpstr (contents, ==, "0123456789");
  g_assert_true (bgc_session_publish (session, &error));
  bgc_session_drop (session);
}

static void
test_lock (Fixture *f, gconstpointer data)
{
  BgcSession *holder = locked (f);
  g_autoptr (BgcSession) other = opened (f);
  g_autoptr (GError) error = NULL;

  g_assert_false (bgc_session_is_wanted (holder, BGC_SESSION_WANTED_BY_FRAGMENT));
  g_assert_false (bgc_session_try_lock (other, &error));
  g_assert_no_error (error);
  bgc_session_announce (other, BGC_SESSION_WANTED_BY_END);
  g_assert_false (bgc_session_is_wanted (holder, BGC_SESSION_WANTED_BY_FRAGMENT));
  g_assert_true (bgc_session_is_wanted (holder, BGC_SESSION_WANTED_BY_END));
  bgc_session_free (holder);
  g_assert_true (bgc_session_try_lock (other, &error));
  bgc_session_drop (other);
}

static void
test_gone_while_waiting (Fixture *f, gconstpointer data)
{
  g_autoptr (BgcSession) holder = locked (f);
  g_autoptr (BgcSession) other = opened (f);
  g_autoptr (GError) error = NULL;

  bgc_session_drop (holder);
  g_clear_pointer (&holder, bgc_session_free);
  g_assert_false (bgc_session_try_lock (other, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND);
}

/* What a crash leaves is the shorter of what was recorded and what is there. */
static void
test_offsets_after_a_crash (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_in (f->folder, ID ".data");
  BgcSession *session = locked (f);

  g_assert_true (bgc_session_set_total (session, 100, NULL));
  put (session, 0, "0123456789");
  g_assert_true (bgc_session_checkpoint (session, NULL));
  put (session, 10, "not told");
  bgc_session_free (session);
  session = locked (f);
  g_assert_cmpuint (session->record.received, ==, 10);
  g_assert_true (session->record.has_total && session->record.total == 100);
  bgc_session_free (session);
  g_assert_cmpint (truncate (path, 4), ==, 0);
  session = locked (f);
  g_assert_cmpuint (session->record.received, ==, 4);
  bgc_session_free (session);
  g_unlink (path);
  {
    g_autoptr (BgcSession) last = opened (f);
    g_autoptr (GError) error = NULL;

    g_assert_false (bgc_session_try_lock (last, &error));
    g_assert_error (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND);
  }
}

static BgcSession *
complete (Fixture *f)
{
  BgcSession *session = locked (f);

  g_assert_true (bgc_session_set_total (session, 3, NULL));
  put (session, 0, "abc");
  g_assert_true (bgc_session_checkpoint (session, NULL));

  return session;
}

/* A crash at each step of publishing ends in the file published once, or not yet at all. */
static void
test_crashes_while_publishing (Fixture *f, gconstpointer data)
{
  for (guint step = 0; step < 3; step++)
    {
      g_autofree char *from = path_in (f->folder, ID ".data");
      g_autofree char *to = path_in (f->root, "f");
      BgcSession *session = complete (f);
      g_autofree char *contents = NULL;

      session->record.state = BGC_SESSION_PUBLISHING;
      g_assert_true (bgc_session_record_write (session->file, &session->record, NULL));
      if (step == 1)
        g_assert_cmpint (link (from, to), ==, 0); /* linked, not yet unlinked */
      if (step == 2)
        g_assert_cmpint (rename (from, to), ==, 0);
      bgc_session_free (session);

      session = locked (f);
      g_assert_cmpint (session->record.state, ==, step == 0 ? BGC_SESSION_COMPLETE : BGC_SESSION_WAIT_CLOSE);
      g_assert_true (bgc_session_publish (session, NULL));
      contents = published (f);
      g_assert_cmpstr (contents, ==, "abc");
      g_assert_false (g_file_test (from, G_FILE_TEST_EXISTS));
      bgc_session_drop (session);
      bgc_session_free (session);
      tear_down (f, NULL);
      set_up (f, NULL);
    }
}

static void
test_overwriting (Fixture *f, gconstpointer data)
{
  g_autofree char *to = path_in (f->root, "f");
  g_autoptr (BgcSession) session = complete (f);
  g_autoptr (GError) error = NULL;
  g_autofree char *old = NULL;
  g_autofree char *new = NULL;

  g_assert_true (g_file_set_contents (to, "old", -1, NULL));
  g_assert_false (bgc_session_publish (session, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_FILE_EXISTS);
  g_assert_cmpint (session->record.state, ==, BGC_SESSION_COMPLETE);
  old = published (f);
  g_assert_cmpstr (old, ==, "old");
  f->directory.allow_overwrites = TRUE;
  g_assert_true (bgc_session_publish (session, NULL));
  new = published (f);
  g_assert_cmpstr (new, ==, "abc");
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  g_autoptr (BgcSession) session = locked (f);
  g_autoptr (GError) changed = NULL;
  g_autoptr (GError) large = NULL;
  g_autoptr (GError) full = NULL;

  f->directory.maximum_upload_size = 100;
  g_assert_false (bgc_session_set_total (session, 101, &large));
  g_assert_error (large, BGC_ERROR, BGC_ERROR_TOO_LARGE);
  g_assert_true (bgc_session_set_total (session, 100, NULL));
  g_assert_false (bgc_session_set_total (session, 99, &changed));
  g_assert_error (changed, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  f->directory.reserve = G_MAXINT64;
  g_assert_false (bgc_session_write (session, 0, (const guint8 *) "x", 1, &full));
  g_assert_error (full, BGC_ERROR, BGC_ERROR_NO_SPACE);
}

static void
test_keeping_nothing (Fixture *f, gconstpointer data)
{
  g_autofree char *from = path_in (f->folder, ID ".data");
  BgcSession *session = complete (f);
  g_autofree char *reply = bgc_session_reply_path (session);
  g_autofree char *bytes = bgc_session_data_path (session);

  g_assert_cmpstr (bytes, ==, from);
  g_assert_true (g_str_has_suffix (reply, "/anonymous/" ID ".reply"));
  g_assert_true (bgc_session_keep_nothing (session, NULL));
  g_assert_false (g_file_test (from, G_FILE_TEST_EXISTS));
  bgc_session_free (session);
  session = locked (f);
  g_assert_cmpint (session->record.state, ==, BGC_SESSION_WAIT_CLOSE);
  g_assert_cmpuint (session->record.received, ==, 3);
  bgc_session_free (session);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/session/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("whole-life", test_whole_life);
  ADD ("lock", test_lock);
  ADD ("gone-while-waiting", test_gone_while_waiting);
  ADD ("offsets-after-a-crash", test_offsets_after_a_crash);
  ADD ("crashes-while-publishing", test_crashes_while_publishing);
  ADD ("overwriting", test_overwriting);
  ADD ("limits", test_limits);
  ADD ("keeping-nothing", test_keeping_nothing);

  return g_test_run ();
}
