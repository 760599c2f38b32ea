/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyd: the daemon. Reads the command line, builds a BgcDaemon and runs it: for everybody on the system
 * bus, where systemd says which directories it has, or for one user with --session.
 * Exit codes: 0 asked to stop, 1 could not start, lost the bus or found mistakes, 2 wrong usage. */

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "base/bgc-log.h"
#include "daemon/bgc-config-check.h"
#include "daemon/bgc-daemon.h"

/* Seconds without anything to do after which the system service ends until somebody asks. More than the
 * minute for which jobs that ended still answer. */
#define IDLE_EXIT 300

/* Seconds that one which still ends is waited for: who calls on a bus waits 25 s for his service to start. */
#define PATIENCE 10u

/* Its name among systemd's credentials. */
#define KEY_CREDENTIAL "bgcopyd.key"

typedef struct {
  gboolean session;
  int idle_exit;     /* seconds, -1 = not given */
  gboolean verbose;
  gboolean version;
  gboolean check_config;
  char *checked;     /* (owned) (nullable) the file that --check-config is to look at */
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
    { "idle-exit", 0, 0, G_OPTION_ARG_INT, &line->idle_exit, "End when idle for so long; 0 = never",
      "SECONDS" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &line->config, "Read this configuration", "FILE" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &line->check_config,
      "Say what is wrong in the configuration, or in FILE, and end", NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &line->verbose, "Log what is decided, and why", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &line->version, "Show the version", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[FILE]");

  g_option_context_set_summary (context, "Moves files in the background for whoever asks over D-Bus.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc == 2 && line->check_config && line->config == NULL)
    line->checked = g_strdup ((*argv)[1]);
  else if (*argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "unexpected argument \"%s\"", (*argv)[1]);
      return FALSE;
    }
  return TRUE;
}

/* The queue of the service for everybody is no user's, and root is one too many: what bgcopyd may do is
 * what its own user may. */
static gboolean
check_user (CommandLine *line, GError **error)
{
  if (line->session || getuid () != 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
               "the system service does not run as root: systemctl start bgcopyd starts it as its own user");
  return FALSE;
}

/* A directory that systemd made for us. */
static char *
service_directory (const char *variable, const char *otherwise)
{
  const char *value = g_getenv (variable);

  return g_strdup (value != NULL && g_path_is_absolute (value) ? value : otherwise);
}

/* A key that systemd keeps for us, if somebody gave it one. */
static char *
credential (const char *name)
{
  const char *directory = g_getenv ("CREDENTIALS_DIRECTORY");
  g_autofree char *path = NULL;

  if (directory == NULL || !g_path_is_absolute (directory))
    return NULL;
  path = g_build_filename (directory, name, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : NULL;
}

static char *
user_state_directory (void)
{
  const char *state_home = g_getenv ("XDG_STATE_HOME");

  if (state_home != NULL && g_path_is_absolute (state_home))
    return g_build_filename (state_home, "bgcopyd", NULL);
  return g_build_filename (g_get_home_dir (), ".local", "state", "bgcopyd", NULL);
}

static void
complete_options (BgcDaemonOptions *options, CommandLine *line)
{
  const char *worker = g_getenv ("BGCOPY_WORKER");

  options->session = line->session;
  options->config = g_steal_pointer (&line->config);
  if (line->state_directory != NULL)
    options->state_directory = g_canonicalize_filename (line->state_directory, NULL);
  else if (line->session)
    options->state_directory = user_state_directory ();
  else
    options->state_directory = service_directory ("STATE_DIRECTORY", "/var/lib/bgcopyd");
  g_clear_pointer (&line->state_directory, g_free);
  if (line->idle_exit >= 0)
    options->idle_exit = line->idle_exit;
  else
    options->idle_exit = line->session ? 0 : IDLE_EXIT;
  options->key = credential (KEY_CREDENTIAL);
  if (line->session)
    {
      options->worker = g_strdup (worker != NULL ? worker : LIBEXECDIR "/bgcopy-worker");
    }
  else
    {
      g_autofree char *directory = service_directory ("RUNTIME_DIRECTORY", "/run/bgcopyd");

      options->worker_socket = g_build_filename (directory, "workers", NULL);
    }
}

static gboolean
seed (guint32 *words, gsize count)
{
  return getrandom (words, count * sizeof *words, 0) == (ssize_t)(count * sizeof *words);
}

static int
run (CommandLine *line)
{
  BgcDaemonOptions options = { FALSE };
  g_autoptr (BgcDaemon) daemon = NULL;
  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;

  complete_options (&options, line);
  options.patience = PATIENCE;
  options.seed = seed;
  daemon = bgc_daemon_new (&options, g_rand_new (), &error);
  if (daemon == NULL || !bgc_daemon_run (daemon, &error))
    {
      fprintf (stderr, "bgcopyd: %s\n", error->message);
      status = EXIT_FAILURE;
    }
  g_free (options.state_directory);
  g_free (options.config);
  g_free (options.worker);
  g_free (options.worker_socket);
  g_free (options.key);
  return status;
}

static int
check_config (CommandLine *line)
{
  g_autofree char *checked = g_steal_pointer (&line->checked);
  g_autofree char *config = g_steal_pointer (&line->config);

  return bgc_config_check (checked != NULL ? checked : config, line->session, stdout, stderr);
}

int
main (int argc, char **argv)
{
  CommandLine line = { .idle_exit = -1 };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  umask (077);
  /* What users trust us with goes into no core dump, and no process of the same user may look at it. */
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
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
  if (line.check_config)
    return check_config (&line);
  if (!check_user (&line, &error))
    {
      fprintf (stderr, "bgcopyd: %s\n", error->message);
      return EXIT_FAILURE;
    }
  bgc_log_init ("bgcopyd", line.verbose);
  return run (&line);
}
