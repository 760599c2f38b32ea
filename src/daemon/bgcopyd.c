/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyd: the daemon. Reads the command line, builds a BgcDaemon and runs it.
 * Exit codes: 0 asked to stop, 1 could not start or lost the bus, 2 wrong usage. */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <glib.h>

#include "base/bgc-log.h"
#include "daemon/bgc-daemon.h"

typedef struct {
  gboolean session;
  gboolean verbose;
  gboolean version;
  char *state_directory;
  char *config;
} CommandLine;

static gboolean
parse (CommandLine *line, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "session", 0, 0, G_OPTION_ARG_NONE, &line->session, "Serve one user on the session bus", NULL },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &line->state_directory, "Where the queue is kept",
      "DIRECTORY" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &line->config, "Read this configuration", "FILE" },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &line->verbose, "Log what is decided, and why", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &line->version, "Show the version", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Moves files in the background for whoever asks over D-Bus.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected argument \"%s\"", (*argv)[1]);
      return FALSE;
    }
  if (!line->session && !line->version)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                   "only session mode exists so far: start bgcopyd with --session");
      return FALSE;
    }
  return TRUE;
}

static void
complete_options (BgcDaemonOptions *options, CommandLine *line)
{
  const char *worker = g_getenv ("BGCOPY_WORKER");
  const char *state_home = g_getenv ("XDG_STATE_HOME");

  options->worker = g_strdup (worker != NULL ? worker : LIBEXECDIR "/bgcopy-worker");
  options->config = g_steal_pointer (&line->config);
  if (line->state_directory != NULL)
    options->state_directory = g_canonicalize_filename (line->state_directory, NULL);
  else if (state_home != NULL && g_path_is_absolute (state_home))
    options->state_directory = g_build_filename (state_home, "bgcopyd", NULL);
  else
    options->state_directory = g_build_filename (g_get_home_dir (), ".local", "state", "bgcopyd", NULL);
  g_clear_pointer (&line->state_directory, g_free);
}

static int
run (CommandLine *line)
{
  BgcDaemonOptions options = { NULL };
  g_autoptr (BgcDaemon) daemon = NULL;
  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;

  complete_options (&options, line);
  daemon = bgc_daemon_new (&options, g_rand_new (), &error);
  if (daemon == NULL || !bgc_daemon_run (daemon, &error))
    {
      fprintf (stderr, "bgcopyd: %s\n", error->message);
      status = EXIT_FAILURE;
    }
  g_free (options.state_directory);
  g_free (options.config);
  g_free (options.worker);
  return status;
}

int
main (int argc, char **argv)
{
  CommandLine line = { FALSE };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  umask (077);
  /* GIO would otherwise dial the bus for network state and remote file systems. */
  g_setenv ("GIO_USE_NETWORK_MONITOR", "base", TRUE);
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  if (!parse (&line, &argc, &argv, &error))
    {
      fprintf (stderr, "bgcopyd: %s\n", error->message);
      return 2;
    }
  if (line.version)
    {
      printf ("bgcopyd %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  bgc_log_init ("bgcopyd", line.verbose);
  return run (&line);
}
