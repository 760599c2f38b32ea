/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is known of an upload's session on the server, so that a restart of worker, daemon or machine
 * goes on where the server is, and Cancel finds what to remove. Plain data; the worker learns it, the
 * daemon stores it and gives it back.
 *
 * An upload job has the file 0, whose local name is the source and which has no temporary file;
 * bytes_transferred is the server's offset. An upload-reply job has a second, 1: the reply, an ordinary
 * download whose remote name is "" until the server has told it. */

#pragma once

#include "base/bgc-enums.h"

#define BGC_UPLOAD_FILE 0u
#define BGC_UPLOAD_REPLY 1u

typedef enum {
  BGC_UPLOAD_STAGE_NONE = 0,   /* the server holds nothing of this job */
  BGC_UPLOAD_STAGE_OPEN = 1,   /* it holds a session, or may: bytes are missing */
  BGC_UPLOAD_STAGE_SENT = 2,   /* it has accepted every byte; a session is still open for reply and close */
  BGC_UPLOAD_STAGE_CLOSED = 3, /* nothing of the job is left there but the file */
  BGC_N_UPLOAD_STAGES
} BgcUploadStage;

typedef struct {
  BgcUploadProtocol protocol;  /* spoken with this server; auto = not found out yet */
  BgcUploadStage stage;
  char *session_id;            /* (owned) (nullable) BITS: as the server gave it */
  char *resource;              /* (owned) (nullable) tus, resumable: absolute URL of the session */
  char *host_id;               /* (owned) (nullable) BITS: host that packets go to instead of the URL's */
  /* (owned) (nullable) upload-reply: absolute URL of the reply, which becomes the remote name of file 1 */
  char *reply_url;
  gint64 host_fallback;        /* seconds of silence until the URL's host is asked again; -1 = never */
  gint64 host_silent_since;    /* wall clock, seconds, first failure in a row on host_id; 0 = none */
  guint64 fragment;            /* bytes to send at once; 0 = the protocol's start value */
  /* the server removes a session when asked; FALSE for tus without termination */
  gboolean can_terminate;
  /* The source as it was when the session began; all 0 before. */
  guint64 source_size;
  guint64 source_device;
  guint64 source_inode;
  gint64 source_mtime;         /* nanoseconds since the epoch */
} BgcUpload;

/* Nothing begun. */
BgcUpload *bgc_upload_new (void);
BgcUpload *bgc_upload_copy (const BgcUpload *self);
void bgc_upload_free (BgcUpload *self);
/* The server may hold something that a cancelled job should have removed. */
gboolean bgc_upload_is_open (const BgcUpload *self);
/* Forgets session and source, keeps the protocol found out: the upload begins again from 0. */
void bgc_upload_restart (BgcUpload *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcUpload, bgc_upload_free)
