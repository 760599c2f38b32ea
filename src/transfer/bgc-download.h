/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One file in one run: asks, judges the answers, hands the bytes to the writer, tells what came of it.
 * Main thread only. */

#pragma once

#include "model/bgc-file.h"
#include "model/bgc-report.h"
#include "transfer/bgc-file-writer.h"
#include "transfer/bgc-http-session.h"
#include "transfer/bgc-sync-group.h"
#include "transfer/bgc-throttle.h"

typedef struct _BgcDownload BgcDownload;

/* What the downloads of a job share, and whom they tell. Borrowed, outlives them. */
typedef struct {
  BgcFileWriterHost files;
  BgcHttpSession *session;
  BgcSyncGroup *sync;
  BgcThrottle *throttle; /* (nullable) */
  guint64 checkpoint_bytes;
  guint checkpoint_seconds; /* 0 = never by time */
  void (*report) (const BgcFileReport *report, gpointer data);
  void (*received) (guint64 bytes, gpointer data);
  void (*answered) (gpointer data);
  void (*announced) (guint64 total, gpointer data); /* how large a file is, or BGC_SIZE_UNKNOWN */
  void (*connection_free) (gpointer data); /* it needs the network no more; once */
  void (*ended) (BgcDownload *download, gpointer data); /* once; not to be freed within */
  gpointer data;
} BgcDownloadHost;

/* @file transfer full. */
BgcDownload *bgc_download_new (const BgcDownloadHost *host, BgcFile *file);
void bgc_download_start (BgcDownload *self);
/* In place of start: with what a line got for this file, of which nothing is held. @sent transfer full. */
void bgc_download_go_on (BgcDownload *self, BgcHttpSent *sent);
/* Fails if the server has been silent since before @since, monotonic microseconds. */
void bgc_download_check_silence (BgcDownload *self, gint64 since);
/* No byte is written any more once it has ended. Unless @discard what came is made durable and told;
 * a file of which all came becomes whole. */
void bgc_download_stop (BgcDownload *self, gboolean discard);
/* Only after it has ended. */
void bgc_download_free (BgcDownload *self);
