/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The composition root: the one place that names concrete adapters, builds them and wires them.
 *
 * Start: configuration, clock, network, store, workers, manager (the queue is loaded), bus, objects
 * exported, name owned, transfers go on. Stop: name released, transfers stopped with their bytes made
 * durable, workers gone, store closed. */

#pragma once

#include <gio/gio.h>

typedef struct {
  char *state_directory; /* (owned) */
  char *config;          /* (owned) (nullable) as given on the command line */
  char *worker;          /* (owned) path of bgcopy-worker */
} BgcDaemonOptions;

typedef struct _BgcDaemon BgcDaemon;

/* Builds everything and loads the queue; no bus yet. @random transfer full, whatever comes. Errors: those
 * of the store and the configuration. */
BgcDaemon *bgc_daemon_new (const BgcDaemonOptions *options, GRand *random, GError **error);
/* Runs until told to stop, or until the bus goes. FALSE with @error if the name could not be had or the
 * bus connection was lost. */
gboolean bgc_daemon_run (BgcDaemon *self, GError **error);
void bgc_daemon_free (BgcDaemon *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcDaemon, bgc_daemon_free)
