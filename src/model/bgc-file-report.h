/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a worker tells about one file of a running job. Plain data, see bgc-report.h. */

#pragma once

#include "model/bgc-failure.h"

typedef enum {
  BGC_FILE_EVENT_PROGRESS = 0, /* bytes are durable up to @durable */
  /* the server's file changed (or the temporary one is not ours): from 0 again */
  BGC_FILE_EVENT_RESTARTED = 1,
  BGC_FILE_EVENT_WHOLE = 2,    /* all bytes durable and checked; nothing more about this file follows */
  BGC_FILE_EVENT_FAILED = 3,   /* @failure is set; nothing more about this file follows in this run */
  BGC_N_FILE_EVENTS
} BgcFileEvent;

typedef struct {
  guint32 index;
  BgcFileEvent event;
  guint64 durable;       /* bytes of the temporary file that survive a power cut */
  guint64 total;         /* or BGC_SIZE_UNKNOWN */
  guint64 device;        /* of the temporary file; its name survives a power cut too */
  guint64 inode;
  char *etag;            /* (owned) (nullable) of the bytes held */
  char *last_modified;   /* (owned) (nullable) */
  gint64 server_date;    /* seconds, 0 = none */
  guint32 attempts;      /* requests made for it in this run */
  BgcFailure *failure;   /* (owned) (nullable) only with FAILED */
} BgcFileReport;

BgcFileReport *bgc_file_report_new (guint32 index, BgcFileEvent event);
BgcFileReport *bgc_file_report_copy (const BgcFileReport *self);
void bgc_file_report_free (BgcFileReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFileReport, bgc_file_report_free)
