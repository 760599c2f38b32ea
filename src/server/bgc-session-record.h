/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is known of one upload session, and its durable form: two slots of one file, written in turn,
 * so that a power cut in the middle of a write leaves the one before. The file is never replaced: it
 * carries the session's lock, and a shared file system shows a new holder of the lock what the last one
 * wrote. */

#pragma once

#include <glib.h>

typedef enum
{
  BGC_SESSION_RECEIVING = 0, /* bytes are missing */
  BGC_SESSION_COMPLETE = 1,  /* all bytes are here, not yet published (or the back end not yet content) */
  BGC_SESSION_PUBLISHING
  = 2, /* the next thing that happens to the data file is that it moves to its destination */
  BGC_SESSION_WAIT_CLOSE = 3, /* done; waits for the client to take the reply and close */
  BGC_SESSION_GONE = 4,       /* over; the files are about to go */
  BGC_N_SESSION_STATES
} BgcSessionState;

typedef struct
{
  BgcSessionState state;
  guint64 sequence;      /* counts the writes; the higher of two slots is the newer */
  char *url;             /* (owned) path and query of the upload, as sent */
  gboolean has_total;    /* a Fragment has named the size */
  guint64 total;         /* bytes */
  guint64 received;      /* bytes that are durable */
  gint64 active;         /* microseconds since the epoch: the last successful packet */
  gboolean has_reply;    /* the reply file is there */
  char *static_reply;    /* (owned) (nullable) a reply URL of the back end's own */
  gboolean never_notify; /* the back end answered 403: it is not asked again */
} BgcSessionRecord;

void bgc_session_record_clear (BgcSessionRecord *self);
/* The newer of the slots that are whole. Errors: SessionNotFound if there is none, else a file error. */
gboolean bgc_session_record_read (int descriptor, BgcSessionRecord *out, GError **error);
/* Into the older slot, durable when it returns; raises @sequence. */
gboolean bgc_session_record_write (int descriptor, BgcSessionRecord *self, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcSessionRecord, bgc_session_record_clear)
