/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What came back of one request of an upload. */

#pragma once

#include <libsoup/soup.h>

#include "model/bgc-failure.h"
#include "protocol/bgc-header.h"

typedef struct {
  guint status;                /* 0: there was no answer, see failure */
  SoupMessageHeaders *headers; /* (owned) (nullable) */
  BgcHeaderReader reader;      /* of them */
  BgcFailure *failure;         /* (owned) (nullable) no answer came; NULL with status 0: stopped */
} BgcUploadAnswer;

/* The head of an answer to @message. */
void bgc_upload_answer_take (BgcUploadAnswer *self, SoupMessage *message);
void bgc_upload_answer_clear (BgcUploadAnswer *self);
/* TRUE for 2xx. */
gboolean bgc_upload_answer_is_success (const BgcUploadAnswer *self);
/* TRUE for what says that nothing stands there (any more): 404 and 410. */
gboolean bgc_upload_answer_is_gone (const BgcUploadAnswer *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcUploadAnswer, bgc_upload_answer_clear)
