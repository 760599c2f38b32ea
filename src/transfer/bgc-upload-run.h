/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One step of an upload from its beginning to its end: chooses the protocol and opens a session; or goes on
 * with one, piece after piece; or closes it. Blocking, in the upload's thread. */

#pragma once

#include "model/bgc-file-report.h"
#include "model/bgc-file.h"
#include "model/bgc-upload.h"
#include "transfer/bgc-upload-channel.h"

/* As BgcUploadTransferFunc; in the upload's thread. @last: it ends the step. */
typedef void (*BgcUploadRunFunc) (const BgcFileReport *report, const BgcUpload *upload, gboolean last,
                                  gpointer data);

/* What a step leaves to the next one of the same worker. Another worker does without, and asks the server. */
typedef struct {
  gboolean fresh;    /* the session was opened by the step before: there is nothing to ask about it */
  gboolean was_odd;  /* this and the next two as in BgcUploadTalk */
  guint64 piece_min;
  guint64 piece_max;
  guint64 best;      /* most bytes that the server ever had */
  guint losses;      /* of the session, since best rose */
} BgcUploadMemory;

#define BGC_UPLOAD_MEMORY_NONE ((BgcUploadMemory){ .piece_max = G_MAXUINT64 })

typedef struct {
  BgcUploadChannel *channel; /* (borrowed) entered */
  const BgcFile *file;       /* (borrowed) */
  BgcUpload *session;        /* (borrowed) altered */
  gboolean wants_reply;
  BgcUploadMemory *memory;   /* (borrowed) altered */
  guint64 told;              /* bytes the daemon knows the server to have; altered */
  BgcUploadRunFunc tell;
  void (*moved) (gpointer data); /* bytes went, or an answer came */
  gpointer data;             /* (borrowed) of both */
} BgcUploadRun;

/* Each ends with the report that ends the step, or was stopped. */
void bgc_upload_run_begin (BgcUploadRun *self);
void bgc_upload_run_send (BgcUploadRun *self);
void bgc_upload_run_close (BgcUploadRun *self);
