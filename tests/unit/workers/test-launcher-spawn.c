/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher-spawn.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "hand-worker.h"

typedef struct
{
  gboolean ended;
  GSocketConnection *socket; /* (owned) (nullable) */
  GError *error;             /* (owned) (nullable) */
} Start;

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Start *start = data;

  start->socket = bgc_launcher_start_finish (BGC_LAUNCHER (source), result, &start->error);
  start->ended = TRUE;
}

static void
start (BgcLauncher *launcher, guint32 owner, Start *outcome)
{
  bgc_launcher_start_async (launcher, owner, NULL, on_started, outcome);
  hand_wait_until (outcome->ended);
}

/* A program that does @script instead of being a worker. */
static BgcLauncher *
launcher_of (const char *script, char **program)
{
  g_autofree char *text = g_strconcat ("#!/bin/sh\n", script, "\n", NULL);
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("bgc-spawn-XXXXXX", program, &error);

  g_assert_no_error (error);
  close (fd);
  g_assert_true (g_file_set_contents (*program, text, -1, NULL));
  g_assert_cmpint (g_chmod (*program, 0700), ==, 0);
  return bgc_launcher_spawn_new (*program);
}

/* Reads until the other end is closed. */
static char *
read_all (GSocketConnection *socket)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (socket));
  GString *text = g_string_new (NULL);
  char buffer[512];
  gssize count;

  while ((count = g_input_stream_read (in, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (text, buffer, count);
  return g_string_free (text, FALSE);
}

static void
test_start (void)
{
  g_autofree char *program = NULL;
  g_autoptr (BgcLauncher) launcher = launcher_of (
    "echo \"$1 $GIO_USE_NETWORK_MONITOR $GIO_USE_VFS\" >&3; ls /proc/self/fd | wc -l >&3", &program);
  Start outcome = { 0 };
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  start (launcher, getuid (), &outcome);
  g_assert_no_error (outcome.error);
  text = read_all (outcome.socket);
  lines = g_strsplit (text, "\n", 0);
  g_assert_cmpstr (lines[0], ==, "--fd=3 base local");
  /* The standard ones, ours, and the directory that ls reads: nothing else of the daemon's. */
  g_assert_cmpstr (g_strstrip (lines[1]), ==, "5");
  g_object_unref (outcome.socket);
  g_unlink (program);
}

/* Asked first, killed when told again: the connection closes with the process. */
static void
test_stop (void)
{
  g_autofree char *program = NULL;
  g_autoptr (BgcLauncher) launcher
    = launcher_of ("trap 'echo asked >&3' TERM; echo ready >&3; while :; do sleep 0.01 3>&-; done", &program);
  Start outcome = { 0 };
  g_autofree char *rest = NULL;
  char text[7] = "";

  start (launcher, getuid (), &outcome);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (outcome.socket)), text, 6, NULL, NULL,
                           NULL);
  g_assert_cmpstr (text, ==, "ready\n");
  bgc_launcher_stop (launcher, getuid ());
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (outcome.socket)), text, 6, NULL, NULL,
                           NULL);
  g_assert_cmpstr (text, ==, "asked\n");
  bgc_launcher_stop (launcher, getuid ());
  rest = read_all (outcome.socket);
  g_assert_cmpstr (rest, ==, "");
  bgc_launcher_stop (launcher, getuid ());
  g_object_unref (outcome.socket);
  g_unlink (program);
}

static void
test_foreign (void)
{
  g_autoptr (BgcLauncher) launcher = bgc_launcher_spawn_new ("/bin/true");
  Start outcome = { 0 };

  start (launcher, getuid () + 1, &outcome);
  g_assert_error (outcome.error, BGC_ERROR, BGC_ERROR_OWNER_UNKNOWN);
  g_clear_error (&outcome.error);
}

static void
test_missing (void)
{
  g_autoptr (BgcLauncher) launcher = bgc_launcher_spawn_new ("/nonexistent/bgcopy-worker");
  Start outcome = { 0 };

  start (launcher, getuid (), &outcome);
  g_assert_error (outcome.error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
  g_clear_error (&outcome.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/launcher-spawn/start", test_start);
  g_test_add_func ("/launcher-spawn/stop", test_stop);
  g_test_add_func ("/launcher-spawn/foreign", test_foreign);
  g_test_add_func ("/launcher-spawn/missing", test_missing);
  return g_test_run ();
}
