/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session-record.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bgc-error.h"

static int
fresh_file (void)
{
  g_autofree char *path = NULL;
  int file = g_file_open_tmp ("bgc-record-XXXXXX", &path, NULL);

  g_assert_cmpint (file, >=, 0);
  g_unlink (path);

  return file;
}

static void
test_round_trip (void)
{
  int file = fresh_file ();
  g_auto (BgcSessionRecord) record = { .state = BGC_SESSION_RECEIVING };
  g_auto (BgcSessionRecord) again = { .state = BGC_SESSION_GONE };
  g_autoptr (GError) error = NULL;

  record.url = g_strdup ("/drop/ä b\\c\n;?q=[x]");
  record.static_reply = g_strdup (" http://x/ ");
  record.has_total = TRUE;
  record.total = G_MAXUINT64;
  record.received = G_MAXUINT64 - 1;
  record.active = G_MAXINT64;
  record.has_reply = TRUE;
  record.never_notify = TRUE;
  for (guint i = 0; i < 5; i++)
    {
      record.state = (BgcSessionState) i;
      g_assert_true (bgc_session_record_write (file, &record, &error));
      g_assert_no_error (error);
      bgc_session_record_clear (&again);
      g_assert_true (bgc_session_record_read (file, &again, &error));
      g_assert_no_error (error);
      g_assert_cmpint (again.state, ==, i);
      g_assert_cmpuint (again.sequence, ==, i + 1);
      g_assert_cmpstr (again.url, ==, record.url);
      g_assert_cmpstr (again.static_reply, ==, record.static_reply);
      g_assert_true (again.has_total && again.has_reply && again.never_notify);
      g_assert_cmpuint (again.total, ==, G_MAXUINT64);
      g_assert_cmpuint (again.received, ==, G_MAXUINT64 - 1);
      g_assert_cmpint (again.active, ==, G_MAXINT64);
    }
  close (file);
}

/* Whatever single byte of the newest slot a power cut leaves wrong, or wherever it cuts it: the record before
 * is read. */
static void
test_torn_writes (void)
{
  int file = fresh_file ();
  g_auto (BgcSessionRecord) record = { .state = BGC_SESSION_RECEIVING };
  g_autofree char *slot = g_malloc0 (512);
  off_t at;

  record.url = g_strdup ("/x");
  for (record.received = 1; record.received < 3; record.received++)
    g_assert_true (bgc_session_record_write (file, &record, NULL));
  at = (off_t) (record.sequence % 2) * 32768;
  g_assert_cmpint (pread (file, slot, 511, at), >, 0);

  for (gsize i = 0; i < strlen (slot); i++)
    {
      g_auto (BgcSessionRecord) read = { .state = BGC_SESSION_GONE };
      char wrong = (char) (slot[i] ^ 1);

      g_assert_cmpint (pwrite (file, &wrong, 1, at + (off_t) i), ==, 1);
      g_assert_true (bgc_session_record_read (file, &read, NULL));
      /* The first line is filled up with spaces that mean nothing. */
      g_assert_cmpuint (read.received, ==, slot[i] == ' ' || slot[i] == '\n' ? read.received : 1);
      g_assert_cmpint (pwrite (file, &slot[i], 1, at + (off_t) i), ==, 1);
    }
  close (file);
}

static void
test_nothing_whole (void)
{
  int file = fresh_file ();
  g_auto (BgcSessionRecord) record = { .state = BGC_SESSION_GONE };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) second = NULL;
  g_autofree char *rubbish = g_strnfill (70000, 'x');

  g_assert_false (bgc_session_record_read (file, &record, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND);
  g_assert_cmpint (write (file, rubbish, 70000), ==, 70000);
  g_assert_false (bgc_session_record_read (file, &record, &second));
  g_assert_error (second, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND);
  close (file);
}

static void
test_too_long (void)
{
  int file = fresh_file ();
  g_auto (BgcSessionRecord) record = { .state = BGC_SESSION_RECEIVING };
  g_autoptr (GError) error = NULL;

  record.url = g_strnfill (40000, 'x');
  g_assert_false (bgc_session_record_write (file, &record, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
  close (file);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-record/round-trip", test_round_trip);
  g_test_add_func ("/session-record/torn-writes", test_torn_writes);
  g_test_add_func ("/session-record/nothing-whole", test_nothing_whole);
  g_test_add_func ("/session-record/too-long", test_too_long);

  return g_test_run ();
}
