/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The directory of the queue database: its files, their modes, and the lock that keeps a second daemon
 * out. Of the daemon's own files only; knows nothing of what is in them. */

#pragma once

#include <glib.h>

#include "base/bgc-error.h"

typedef struct {
  char *path;     /* (owned) absolute or not, as given */
  char *database; /* (owned) path of queue.db */
  char *salvage;  /* (owned) path of the database being salvaged into */
  int lock;       /* descriptor that holds the lock */
} BgcStoreDirectory;

/* Makes @path (and what is missing above it) with mode 0700 where it does not exist, durably, and locks
 * it until bgc_store_directory_free(). Errors: Busy, NoSpace, StoreFailed. */
BgcStoreDirectory *bgc_store_directory_open (const char *path, GError **error);
void bgc_store_directory_free (BgcStoreDirectory *self);
/* Finishes or drops a salvage that was interrupted, and makes an empty queue.db where there is none.
 * After this SQLite may open it. Errors: NoSpace, StoreFailed. */
gboolean bgc_store_directory_prepare (BgcStoreDirectory *self, GError **error);
/* Makes an empty file for the salvage, dropping an older one. Errors: NoSpace, StoreFailed. */
gboolean bgc_store_directory_prepare_salvage (BgcStoreDirectory *self, GError **error);
/* Renames queue.db and what belongs to it aside, and the salvage in its place, so that a crash at any
 * point leaves one of the two to go on from. Answers the name that queue.db has now, owned by the
 * caller. Errors: NoSpace, StoreFailed. */
char *bgc_store_directory_adopt_salvage (BgcStoreDirectory *self, GError **error);

/* Names made, renamed and removed in the directory at @path are durable afterwards. */
gboolean bgc_store_directory_sync (const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcStoreDirectory, bgc_store_directory_free)
