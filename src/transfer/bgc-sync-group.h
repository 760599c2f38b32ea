/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Makes finished files durable, contents and names: a large one by itself, small ones in groups, where
 * one syncfs() serves as many as have gathered. Main thread; the waiting is done on I/O threads. */

#pragma once

#include "transfer/bgc-io-pool.h"
#include "transfer/bgc-local-file-directory.h"

typedef struct _BgcSyncGroup BgcSyncGroup;

/* @error: 0, or the errno that says the file is not known to be durable. */
typedef void (*BgcSyncFunc) (int error, gpointer data);

/* @io is borrowed and must outlive all that was added. */
BgcSyncGroup *bgc_sync_group_new (BgcIoPool *io);
void bgc_sync_group_free (BgcSyncGroup *self);
/* @name in @directory is finished. @fd is taken and closed, and synced at once; -1: the file is closed
 * already and may wait for others. */
void bgc_sync_group_add (BgcSyncGroup *self, BgcLocalFileDirectory *directory, const char *name, int fd,
                         BgcSyncFunc function, gpointer data);
/* No more files are coming for now: those that wait, wait no longer. */
void bgc_sync_group_flush (BgcSyncGroup *self);
/* @data is not called any more. */
void bgc_sync_group_forget (BgcSyncGroup *self, gpointer data);
