/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The requests of one upload, one after the other, each sent by a blocking call: a body streamed so goes
 * out several times as fast as by libsoup's asynchronous one. Whatever a server does, each call ends: the
 * main thread looks after its time. Redirects are not followed. */

#pragma once

#include "transfer/bgc-courtesy.h"
#include "transfer/bgc-http-login.h"
#include "transfer/bgc-throttle.h"
#include "transfer/bgc-upload-answer.h"
#include "transfer/bgc-upload-request.h"

typedef struct _BgcUploadChannel BgcUploadChannel;

typedef struct {
  guint stall_seconds;    /* without a byte in either direction; 0 = 60 */
  guint answer_seconds;   /* for the answer to the last bytes; 0 = 300 */
  const char *user_agent; /* (borrowed) */
  BgcCourtesy *courtesy;  /* (borrowed) (nullable) outlives the channel, as in bgc-transfer.h */
  BgcPriority priority;
  BgcThrottle *throttle;  /* (nullable) shared: how fast bodies go */
  BgcHttpLogin *login;    /* (nullable) shared: what the requests show */
} BgcUploadChannelSettings;

/* ---- main thread -------------------------------------------------------------------------------- */

BgcUploadChannel *bgc_upload_channel_new (const BgcUploadChannelSettings *settings);
void bgc_upload_channel_free (BgcUploadChannel *self);
/* Ends the call under way, and lets no other begin. One that opens a session is given 2 s. */
void bgc_upload_channel_stop (BgcUploadChannel *self);

/* ---- any thread --------------------------------------------------------------------------------- */

gboolean bgc_upload_channel_is_stopped (BgcUploadChannel *self);
/* Body bytes handed to the network. */
guint64 bgc_upload_channel_sent (BgcUploadChannel *self);
/* Some answer came. */
gboolean bgc_upload_channel_is_connected (BgcUploadChannel *self);
/* A question of the status 401 or 407 is answered, be it rightly or not. */
gboolean bgc_upload_channel_answers (BgcUploadChannel *self, guint status);
guint32 bgc_upload_channel_requests (BgcUploadChannel *self);

/* ---- the upload's thread ------------------------------------------------------------------------ */

/* @moved: as with _set_moved(). */
void bgc_upload_channel_enter (BgcUploadChannel *self, void (*moved) (gpointer data), gpointer data);
/* @moved (nullable): called when bytes went or an answer came, from within a call; at most every 50 ms. */
void bgc_upload_channel_set_moved (BgcUploadChannel *self, void (*moved) (gpointer data), gpointer data);
/* Closes the connections. */
void bgc_upload_channel_leave (BgcUploadChannel *self);

/* @request transfer full. Clear @out with bgc_upload_answer_clear(). */
void bgc_upload_channel_call (BgcUploadChannel *self, BgcUploadRequest *request, BgcUploadAnswer *out);
