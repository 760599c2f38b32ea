/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One running upload in the worker: the source goes to the server in a thread of its own, by whichever
 * protocol the session names or the server turns out to speak. Main thread only; its callbacks too.
 *
 * A step is taken by _begin(), _send() or _close() and ends with a report; the next may be taken then. The
 * reply of an upload-reply job is an ordinary download, which a BgcTransfer does in between. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-file-report.h"
#include "model/bgc-file.h"
#include "model/bgc-job-secrets.h"
#include "model/bgc-upload.h"
#include "transfer/bgc-courtesy.h"
#include "transfer/bgc-throttle.h"

typedef struct _BgcUploadTransfer BgcUploadTransfer;

typedef struct {
  gboolean wants_reply;   /* the last bytes must bring a reply's URL; BITS only */
  guint stall_seconds;    /* how long a server may take or give nothing; 0 = 60 */
  guint answer_seconds;   /* how long its answer to the last bytes may take; 0 = 300 */
  const char *user_agent; /* borrowed */
  BgcCourtesy *courtesy;  /* borrowed, nullable, as in bgc-transfer.h */
  BgcPriority priority;
  BgcThrottle *throttle;  /* shared; NULL as in bgc-transfer.h */
  const BgcJobSecrets *secrets; /* copied; NULL = none. For the origin of the file's URL alone */
} BgcUploadTransferSettings;

/* What became of file 0 and of the session; both are the transfer's own.
 *   PROGRESS   the server has @report->durable bytes, which never falls but with RESTARTED; ends the step
 *              that begins: @upload has stage open, or its protocol is PUT, which has no sessions
 *   RESTARTED  from 0 again, @upload has stage none: the session is gone, which ends the step, or a PUT broke
 *   WHOLE      ends the step: the server has every byte, @upload has stage sent or closed
 *   FAILED     ends the step; if @upload has stage none the session is gone
 *   NULL       ends the step of closing: @upload has stage closed
 * May be called until the transfer is stopped. _is_busy() is FALSE in the report that ends a step. */
typedef void (*BgcUploadTransferFunc) (const BgcFileReport *report, const BgcUpload *upload, gpointer data);

/* @file: the source, copied, as the daemon knows it: local name and bytes_transferred, the server's
 * offset; @upload is copied. Nothing begins yet. */
BgcUploadTransfer *bgc_upload_transfer_new (const BgcUploadTransferSettings *settings, const BgcFile *file,
                                            const BgcUpload *upload, BgcUploadTransferFunc function,
                                            gpointer data);
/* @moved is called when a server has answered and when body bytes have gone: some ten times a second. */
void bgc_upload_transfer_set_moved (BgcUploadTransfer *self, void (*moved) (gpointer data), gpointer data);
/* Opens a session, having found out the protocol if need be, and sends nothing of the file; only between
 * steps. Not needed for PUT. */
void bgc_upload_transfer_begin (BgcUploadTransfer *self);
/* Sends what the server has not got into the session that is open; only between steps. */
void bgc_upload_transfer_send (BgcUploadTransfer *self);
/* Closes the session, once everything is where it belongs; only between steps. */
void bgc_upload_transfer_close (BgcUploadTransfer *self);
/* A step is under way. */
gboolean bgc_upload_transfer_is_busy (BgcUploadTransfer *self);
/* The session as last reported; the transfer's own. */
const BgcUpload *bgc_upload_transfer_upload (BgcUploadTransfer *self);
/* Body bytes sent so far, whether the server keeps them or not: for the rate. */
guint64 bgc_upload_transfer_sent (BgcUploadTransfer *self);
/* An answer of a server has come. */
gboolean bgc_upload_transfer_is_connected (BgcUploadTransfer *self);
/* Closes the connection, mid-fragment too, and ends when no byte is sent any more. A request for a
 * session is given 2 s to be answered, so that what it opened is not forgotten: a last report (PROGRESS)
 * tells of it. A step that is cut short has no other end than this one's. */
void bgc_upload_transfer_stop_async (BgcUploadTransfer *self, GAsyncReadyCallback callback, gpointer data);
gboolean bgc_upload_transfer_stop_finish (BgcUploadTransfer *self, GAsyncResult *result, GError **error);
/* Only after stop has ended. */
void bgc_upload_transfer_free (BgcUploadTransfer *self);
