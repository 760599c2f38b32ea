/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopy-server: takes uploads by the BITS upload protocol. */

#include <errno.h>
#include <glib-unix.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "base/bgc-log.h"
#include "server/bgc-server.h"

#define DEFAULT_CONFIG SYSCONFDIR "/bgcopyd/bgcopy-server.conf"
/* Of the allocator, for all threads together: each of its own would keep what it once needed. */
#define ARENAS 2
#define KEPT_FREE (1024 * 1024) /* bytes at the end of the heap that are not given back at once */
/* Bytes from which a block has pages of its own: those of bodies (65536) go back to the system as soon as
 * their request ends, and leave no holes in the heap; what reading a session's record takes (32769) stays
 * within it. */
#define OWN_PAGES 61440

typedef struct
{
  GMainLoop *loop;   /* (owned) */
  BgcServer *server; /* (owned) */
} Program;

static gboolean
fill_with_random (guint8 *bytes, gsize n_bytes)
{
  return getrandom (bytes, n_bytes, 0) == (ssize_t) n_bytes;
}

static void
quit (gpointer data, gpointer nothing)
{
  g_main_loop_quit (((Program *) data)->loop);
}

static gboolean
asked_to_end (gpointer data)
{
  Program *program = data;

  sd_notify (0, "STOPPING=1");
  bgc_server_stop (program->server, quit, program);

  return G_SOURCE_CONTINUE;
}

static gboolean
feed_watchdog (gpointer data)
{
  sd_notify (0, "WATCHDOG=1");

  return G_SOURCE_CONTINUE;
}

static void
start_watchdog (void)
{
  guint64 microseconds = 0;

  if (sd_watchdog_enabled (0, &microseconds) > 0)
    g_source_set_name_by_id (g_timeout_add ((guint)MAX (microseconds / 2000, 1), feed_watchdog, NULL),
                             "watchdog");
}

/* A connection and the three files of its session each need a descriptor. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

static int
serve (BgcServerConfig *config)
{
  Program program = { NULL, NULL };
  g_autoptr (GError) error = NULL;
  int n_descriptors = sd_listen_fds (TRUE);

  /* Whoever can connect may also ask it to end. */
  g_unix_signal_add (SIGTERM, asked_to_end, &program);
  g_unix_signal_add (SIGINT, asked_to_end, &program);
  program.server = bgc_server_new (config, fill_with_random, &error);
  if (program.server == NULL
      || !bgc_server_listen (program.server, SD_LISTEN_FDS_START, (guint) MAX (n_descriptors, 0), &error))
    {
      g_printerr ("bgcopy-server: %s\n", error->message);
      g_clear_pointer (&program.server, bgc_server_free);
      return EXIT_FAILURE;
    }
  program.loop = g_main_loop_new (NULL, FALSE);
  start_watchdog ();
  sd_notify (0, "READY=1");
  g_message ("ready");
  g_main_loop_run (program.loop);
  bgc_server_free (program.server);
  g_main_loop_unref (program.loop);

  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  gboolean verbose = FALSE, version = FALSE, check = FALSE;
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "Configuration file [" DEFAULT_CONFIG "]", "FILE" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &check, "Read the configuration, say what is wrong with it, and end",
      NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) options = g_option_context_new ("- a server for BITS uploads");
  g_autoptr (GError) error = NULL;
  BgcServerConfig *config;

  /* For names in messages. */
  setlocale (LC_CTYPE, "");
  mallopt (M_ARENA_MAX, ARENAS);
  mallopt (M_TRIM_THRESHOLD, KEPT_FREE);
  mallopt (M_MMAP_THRESHOLD, OWN_PAGES);
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc > 1)
    {
      g_printerr ("bgcopy-server: %s\n", error != NULL ? error->message : "there are no arguments");
      return 2;
    }
  if (version)
    {
      g_print ("bgcopy-server %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  bgc_log_init ("bgcopy-server", verbose);
  config = bgc_server_config_load (path != NULL ? path : DEFAULT_CONFIG, &error);
  if (config == NULL)
    {
      g_printerr ("bgcopy-server: %s\n", error->message);
      return EXIT_FAILURE;
    }
  if (check)
    {
      bgc_server_config_free (config);
      return EXIT_SUCCESS;
    }
  raise_descriptor_limit ();

  return serve (config);
}
