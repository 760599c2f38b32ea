/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Structured logging to the journal, or to standard error where that is a terminal or a pipe. Takes
 * strings, never objects. Levels: warning, something an administrator should look at; message, the
 * life of a job (created, transferred, cancelled); info, decisions; debug, everything else (shown
 * only when verbose or when G_MESSAGES_DEBUG asks). */

#pragma once

#include "base/bgc-event.h"

/* Installs the writer. Call once, first thing in main. */
void bgc_log_init (const char *program, gboolean verbose);

/* A line about one job. @job_id is its 32 hex digits; @format as of printf. Fields in the journal:
 * BGCOPY_JOB, BGCOPY_OWNER. */
void bgc_log_job (GLogLevelFlags level, const char *job_id, guint32 owner, const char *format,
                  ...) G_GNUC_PRINTF (4, 5);

#define BGC_LOG_NO_FILE G_MAXUINT32

/* What an event is about, for those who search the journal. */
typedef struct {
  BgcEvent event;
  GLogLevelFlags level;
  const char *job;   /* (borrowed) (nullable) 32 hex digits: BGCOPY_JOB */
  guint32 owner;     /* a uid: BGCOPY_OWNER */
  guint32 file;      /* index or BGC_LOG_NO_FILE: BGCOPY_FILE */
  const char *error; /* (borrowed) (nullable) its name on the bus without the prefix: BGCOPY_ERROR */
  const char *url;   /* (borrowed) (nullable) as bgc_url_for_display() makes it: BGCOPY_URL */
} BgcLogEvent;

/* A line about an event, with the MESSAGE_ID of its kind. */
void bgc_log_event (const BgcLogEvent *event, const char *format, ...) G_GNUC_PRINTF (2, 3);
