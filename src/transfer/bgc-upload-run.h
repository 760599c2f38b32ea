/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One step of an upload from its beginning to its end: chooses the protocol, opens or resumes the session,
 * sends piece after piece, begins again where the server has lost it. Blocking, in the upload's thread. */

#pragma once

#include "model/bgc-file-report.h"
#include "model/bgc-file.h"
#include "model/bgc-upload.h"
#include "transfer/bgc-upload-channel.h"

/* As BgcUploadTransferFunc; in the upload's thread. */
typedef void (*BgcUploadRunFunc) (const BgcFileReport *report, const BgcUpload *upload, gpointer data);

typedef struct {
  BgcUploadChannel *channel; /* (borrowed) */
  const BgcFile *file;       /* (borrowed) */
  BgcUpload *session;        /* (borrowed) altered */
  gboolean wants_reply;
  guint64 told;              /* bytes the daemon knows the server to have; altered */
  BgcUploadRunFunc tell;
  void (*moved) (gpointer data); /* bytes went, or an answer came */
  gpointer data;             /* (borrowed) of both */
} BgcUploadRun;

/* Each ends with the report that ends the step, or was stopped. */
void bgc_upload_run_send (BgcUploadRun *self);
void bgc_upload_run_close (BgcUploadRun *self);
