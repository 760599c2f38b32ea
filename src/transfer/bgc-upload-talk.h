/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the parts of one upload share while they talk to a server: who, what, and how far it is. In the
 * upload's thread. */

#pragma once

#include "model/bgc-upload.h"
#include "transfer/bgc-upload-channel.h"

typedef enum {
  BGC_UPLOAD_RESULT_DONE = 0,
  BGC_UPLOAD_RESULT_LOST,        /* the server has no such session (any more) */
  BGC_UPLOAD_RESULT_SMALLER,     /* so much at once is too much */
  BGC_UPLOAD_RESULT_OUT_OF_STEP, /* where the server is has to be asked */
  BGC_UPLOAD_RESULT_FAILED       /* with a failure; without one it was stopped */
} BgcUploadResult;

typedef struct {
  BgcUploadChannel *channel; /* (borrowed) */
  const char *url;           /* (borrowed) of the job */
  const char *name;          /* (borrowed) (nullable) base name of the source */
  BgcUpload *session;        /* (borrowed) what is known of it; altered as more is learnt */
  guint64 size;              /* bytes of the source */
  guint64 offset;            /* bytes that the server has */
  guint64 piece_min;         /* bytes of a request that is not the last; 0 = any */
  guint64 piece_max;         /* bytes of a request */
  gboolean wants_reply;
  gboolean was_odd;          /* an answer out of step that named no offset came before */
  BgcFailure *failure;       /* (owned) (nullable) */
} BgcUploadTalk;

void bgc_upload_talk_init (BgcUploadTalk *self, BgcUploadChannel *channel, const char *url,
                           BgcUpload *session);
void bgc_upload_talk_clear (BgcUploadTalk *self);

/* @request transfer full, nullable: it could not be made, and why is in failure. TRUE if there is an answer,
 * else the failure is kept, if there is one. Clear @out in any case. */
gboolean bgc_upload_talk_call (BgcUploadTalk *self, BgcUploadRequest *request, BgcUploadAnswer *out);
/* Keeps @failure, transfer full; answers FAILED. */
BgcUploadResult bgc_upload_talk_fail (BgcUploadTalk *self, BgcFailure *failure);
/* Fails with what the status means. */
BgcUploadResult bgc_upload_talk_refuse (BgcUploadTalk *self, const BgcUploadAnswer *answer);
/* Fails with InvalidServerResponse. */
BgcUploadResult bgc_upload_talk_wonder (BgcUploadTalk *self, const char *message);
/* The upload goes to @location from now on: absolute, or relative to the job's URL. FALSE, having failed, for
 * none or one that cannot be used. */
gboolean bgc_upload_talk_open_at (BgcUploadTalk *self, const char *location);
/* After a request to drop the session: DONE if nothing is left to ask for, with the failure that settled
 * it if one did; else FAILED. @gone: the answer says that there is no such session. */
BgcUploadResult bgc_upload_talk_settle (BgcUploadTalk *self, const BgcUploadAnswer *answer, gboolean gone);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcUploadTalk, bgc_upload_talk_clear)
