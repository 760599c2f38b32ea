/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The composition root: the one place that names concrete adapters, builds them and wires them.
 *
 * Start: configuration, clock, network, store, bus, workers, manager (the queue is loaded), objects
 * exported, name owned, transfers go on. Stop: name released, transfers stopped with their bytes made
 * durable, workers gone, store closed. */

#pragma once

#include <gio/gio.h>

#include "engine/bgc-manager.h"

typedef struct {
  gboolean session;      /* for one user on the session bus, else for all on the system bus */
  guint idle_exit;       /* seconds without anything to do after which it ends, 0 = never */
  char *state_directory; /* (owned) */
  char *config;          /* (owned) (nullable) as given on the command line */
  char *worker;          /* (owned) (nullable) path of bgcopy-worker; NULL unless session */
  char *worker_socket;   /* (owned) (nullable) where workers call in; NULL if session */
  char *key;             /* (owned) (nullable) file with the key for secrets; NULL: one beside the queue */
  guint patience;        /* seconds to wait for another daemon to leave the queue */
  BgcManagerSeedFunc seed; /* (nullable) see bgc_manager_set_seed() */
} BgcDaemonOptions;

typedef struct _BgcDaemon BgcDaemon;

/* Builds everything and loads the queue; nothing is on the bus yet. @random transfer full, whatever comes.
 * Errors: those of the store and the configuration, and in system mode of the bus. */
BgcDaemon *bgc_daemon_new (const BgcDaemonOptions *options, GRand *random, GError **error);
/* Runs until told to stop, until it has been idle for long, or until the bus goes. FALSE with @error if the
 * name could not be had or the bus connection was lost. */
gboolean bgc_daemon_run (BgcDaemon *self, GError **error);
void bgc_daemon_free (BgcDaemon *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcDaemon, bgc_daemon_free)
