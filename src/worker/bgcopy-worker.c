/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopy-worker: HTTP and one owner's files, at the word of bgcopyd. Not started by people.
 *
 * Start: environment of GIO and libsoup, before either is first used; log; the socket to the
 * daemon, inherited or called; authentication; main loop.
 * Shutdown, when the daemon closes the connection or on SIGTERM: every job stops and what was received
 * is made durable; calls on files under way end; the loop ends; exit status 0. SIGINT and SIGHUP are
 * the daemon's to act upon, which may share our terminal. */

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/bgc-log.h"
#include "transfer/bgc-local-file-notes.h"
#include "worker/bgc-worker.h"

static void
on_gone (gpointer data)
{
  g_main_loop_quit (data);
}

static gboolean
on_terminate (gpointer data)
{
  bgc_worker_leave (data);
  return G_SOURCE_CONTINUE;
}

/* The socket at @path if there is one, else the inherited @fd. */
static GIOStream *
open_stream (const char *path, int fd, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  if (path != NULL)
    {
      g_autoptr (GSocketClient) client = g_socket_client_new ();
      g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

      return G_IO_STREAM (g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, error));
    }
  socket = g_socket_new_from_fd (fd, error);
  return socket == NULL ? NULL : G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static int
run (const char *path, int fd)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = open_stream (path, fd, &error);
  BgcWorker *worker = stream == NULL ? NULL : bgc_worker_new (stream, on_gone, loop, &error);
  guint terminate;

  if (worker == NULL)
    {
      g_printerr ("bgcopy-worker: no connection to the daemon: %s\n", error->message);
      return EXIT_FAILURE;
    }
  terminate = g_unix_signal_add (SIGTERM, on_terminate, worker);
  g_main_loop_run (loop);
  g_source_remove (terminate);
  bgc_worker_free (worker);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  int fd = -1;
  g_autofree char *path = NULL;
  gboolean version = FALSE;
  g_autofree char *state = NULL;
  const GOptionEntry entries[] = {
    { "fd", 0, 0, G_OPTION_ARG_INT, &fd, "The socket to the daemon, inherited", "NUMBER" },
    { "socket", 0, 0, G_OPTION_ARG_FILENAME, &path, "The socket where the daemon listens", "PATH" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state, "Where to keep notes of directories", "DIRECTORY" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- started by bgcopyd");
  g_autoptr (GError) error = NULL;

  /* With HTTP/2 libsoup 3.2 has no back-pressure: a download grows in memory as fast as it comes. */
  g_setenv ("SOUP_FORCE_HTTP1", "1", TRUE);
  /* File names, but no translated messages: they end up on the bus. */
  setlocale (LC_CTYPE, "");
  umask (022);
  /* Logins go into no core dump, and no other process of the user may look into this one. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  signal (SIGINT, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
  bgc_log_init ("bgcopy-worker", FALSE);
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("bgcopy-worker: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (version)
    {
      g_print ("bgcopy-worker %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  if (state == NULL)
    state = g_build_filename (g_get_user_state_dir (), "bgcopyd", "worker", NULL);
  bgc_local_file_notes_init (state);
  return run (path, fd);
}
