/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running job in the worker: its HTTP session, its files side by side, their durability. What
 * happens is told as BgcFileReport. Main thread only; every system call on a user's path runs on an
 * I/O thread. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-file.h"
#include "model/bgc-job-secrets.h"
#include "model/bgc-report.h"
#include "transfer/bgc-courtesy.h"
#include "transfer/bgc-throttle.h"

typedef struct _BgcTransfer BgcTransfer;

typedef struct {
  guint files_at_once;          /* requests side by side */
  guint64 checkpoint_bytes;     /* a file's bytes are made durable at least this often … */
  guint checkpoint_seconds;     /* … and this often; 0 = never by time */
  gboolean expect_small;        /* before the first answer tells, see bgc-courier.h */
  guint stall_seconds;          /* how long nothing may come from a server; 0 = 60 */
  guint64 kept_free;            /* bytes that are to stay free on a file system */
  const char *user_agent;       /* borrowed */
  BgcCourtesy *courtesy;        /* borrowed, outlives the transfer; NULL = the network is the job's alone */
  BgcPriority priority;
  BgcThrottle *throttle;        /* borrowed, outlives the transfer; NULL = as fast as it can be */
  const BgcJobSecrets *secrets; /* copied; NULL = none */
  const char *secrets_origin;   /* copied; a URL of the only origin they are shown to; NULL = each file's */
} BgcTransferSettings;

/* @report is the transfer's own; copy what must last. May be called until the transfer is stopped. */
typedef void (*BgcTransferFunc) (const BgcFileReport *report, gpointer data);

BgcTransfer *bgc_transfer_new (const BgcTransferSettings *settings, BgcTransferFunc function, gpointer data);
/* @moved is called when a server has answered, and when body bytes have come: often, so briefly. */
void bgc_transfer_set_moved (BgcTransfer *self, void (*moved) (gpointer data), gpointer data);
/* Queues a file; @file transfer full, in the state the daemon knows: temporary name, device and inode,
 * durable bytes, validators. Work begins by itself. */
void bgc_transfer_add (BgcTransfer *self, BgcFile *file);
/* Body bytes received so far, durable or not. */
guint64 bgc_transfer_received (BgcTransfer *self);
/* An answer of a server has come. */
gboolean bgc_transfer_is_connected (BgcTransfer *self);
/* Files added and neither whole nor failed. */
guint bgc_transfer_unsettled (BgcTransfer *self);
/* Stops everything; ends when no byte will be written any more. Unless @discard what was received is
 * made durable and reported first. */
void bgc_transfer_stop_async (BgcTransfer *self, gboolean discard, GAsyncReadyCallback callback,
                              gpointer data);
gboolean bgc_transfer_stop_finish (BgcTransfer *self, GAsyncResult *result, GError **error);
/* Only after stop has ended. */
void bgc_transfer_free (BgcTransfer *self);
