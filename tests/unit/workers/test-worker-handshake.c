/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-handshake.h"

#include <string.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "hand-worker.h"

typedef struct
{
  gboolean done;
  gboolean accepted;
  GError *error; /* (owned) (nullable) */
} Outcome;

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Outcome *outcome = data;

  outcome->accepted = bgc_worker_handshake_finish (result, &outcome->error);
  outcome->done = TRUE;
}

/* The uid as EXTERNAL wants it. */
static char *
hex_uid (guint uid)
{
  g_autofree char *decimal = g_strdup_printf ("%u", uid);
  GString *hex = g_string_new (NULL);

  for (const char *digit = decimal; *digit != '\0'; digit++)
    g_string_append_printf (hex, "%02x", (guint)*digit);
  return g_string_free (hex, FALSE);
}

/* What comes of a worker that sends @bytes and, if told, closes. */
static gboolean
try_bytes (const char *bytes, gsize length, gboolean closes)
{
  g_autoptr (GSocketConnection) daemon_end = NULL;
  g_autoptr (HandWorker) worker = hand_worker_new (&daemon_end, FALSE);
  Outcome outcome = { 0 };

  bgc_worker_handshake_async (daemon_end, getuid (), NULL, on_done, &outcome);
  hand_worker_write (worker, bytes, length);
  if (closes)
    hand_worker_hang_up (worker);
  hand_wait_until (outcome.done);
  g_assert_true (outcome.accepted || g_error_matches (outcome.error, BGC_ERROR, BGC_ERROR_WORKER_LOST));
  g_clear_error (&outcome.error);
  return outcome.accepted;
}

static gboolean
try_text (const char *before, guint uid, const char *after)
{
  g_autofree char *hex = hex_uid (uid);
  g_autofree char *text = g_strconcat (before, hex, after, NULL);
  g_autofree char *bytes = g_strconcat ("X", text, NULL);

  bytes[0] = '\0';
  return try_bytes (bytes, 1 + strlen (text), FALSE);
}

static void
test_good (void)
{
  g_assert_true (try_text ("AUTH EXTERNAL ", getuid (), "\r\nBEGIN\r\n"));
  g_assert_true (try_text ("AUTH\r\nAUTH EXTERNAL ", getuid (), "\r\nBEGIN\r\n"));
  g_assert_true (try_text ("AUTH EXTERNAL ", getuid (), "\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"));
}

static void
test_bad (void)
{
  g_assert_false (try_text ("AUTH EXTERNAL ", getuid () + 1, "\r\nBEGIN\r\n"));
  g_assert_false (try_text ("AUTH ANONYMOUS ", getuid (), "\r\nBEGIN\r\n"));
  g_assert_false (try_text ("AUTH DBUS_COOKIE_SHA1 ", getuid (), "\r\n"));
  g_assert_false (try_text ("AUTH\r\nAUTH\r\nAUTH EXTERNAL ", getuid (), "\r\nBEGIN\r\n"));
  g_assert_false (try_text ("BEGIN\r\nAUTH EXTERNAL ", getuid (), "\r\n"));
  g_assert_false (try_text ("AUTH EXTERNAL ", getuid (), "\nBEGIN\r\n"));
  g_assert_false (try_text ("AUTH EXTERNAL ", getuid (), "\r\nBEGIN\r\nl"));
  g_assert_false (try_text ("AUTH EXTERNAL ", getuid (), "\r\nCANCEL\r\n"));
  g_assert_false (try_bytes ("AUTH", 4, FALSE));
  g_assert_false (try_bytes ("", 0, TRUE));
  g_assert_false (try_bytes ("\0AUTH EXTERNAL", 14, TRUE));
}

/* A line without an end is not collected. */
static void
test_endless (void)
{
  g_autofree char *bytes = g_malloc0 (4096);

  memset (bytes + 1, 'A', 4095);
  g_assert_false (try_bytes (bytes, 4096, FALSE));
}

static void
test_cancelled (void)
{
  g_autoptr (GSocketConnection) daemon_end = NULL;
  g_autoptr (HandWorker) worker = hand_worker_new (&daemon_end, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcome = { 0 };

  bgc_worker_handshake_async (daemon_end, getuid (), cancellable, on_done, &outcome);
  g_cancellable_cancel (cancellable);
  hand_wait_until (outcome.done);
  g_assert_false (outcome.accepted);
  g_clear_error (&outcome.error);
}

/* The real client of GDBus gets through. */
static void
test_gdbus (void)
{
  g_autoptr (GSocketConnection) daemon_end = NULL;
  g_autoptr (HandWorker) worker = hand_worker_new (&daemon_end, TRUE);
  Outcome outcome = { 0 };

  bgc_worker_handshake_async (daemon_end, getuid (), NULL, on_done, &outcome);
  hand_wait_until (outcome.done && worker->bus != NULL);
  g_assert_no_error (outcome.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-handshake/good", test_good);
  g_test_add_func ("/worker-handshake/bad", test_bad);
  g_test_add_func ("/worker-handshake/endless", test_endless);
  g_test_add_func ("/worker-handshake/cancelled", test_cancelled);
  g_test_add_func ("/worker-handshake/gdbus", test_gdbus);
  return g_test_run ();
}
