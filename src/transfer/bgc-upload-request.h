/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One request of an upload, before it is sent: what protocols fill in and the channel sends. */

#pragma once

#include <libsoup/soup.h>

#include "protocol/bgc-header.h"
#include "transfer/bgc-local-file-source.h"

typedef struct {
  SoupMessage *message;             /* (owned) */
  const BgcLocalFileSource *source; /* (borrowed) (nullable) no body */
  guint64 first;                    /* byte of the source with which the body begins */
  guint64 length;
  gboolean ask_first;               /* the server is asked whether it wants the body */
  gboolean is_last;                 /* it has everything then, and may work on it before it answers */
  gboolean opens_session;           /* what it opens must be heard of */
  gboolean all_or_nothing;          /* the server keeps nothing of a part */
} BgcUploadRequest;

/* NULL with @failure (owned by the caller) for what is no URL. */
BgcUploadRequest *bgc_upload_request_new (const char *method, const char *url, BgcFailure **failure);
void bgc_upload_request_free (BgcUploadRequest *self);
/* The same once more, as if it had not been sent, without asking first. */
BgcUploadRequest *bgc_upload_request_copy (const BgcUploadRequest *self);
BgcHeaderWriter bgc_upload_request_headers (BgcUploadRequest *self);
/* @source is borrowed. Of a large body that is asked for first, if wanted, so that a refusal is heard. */
void bgc_upload_request_set_body (BgcUploadRequest *self, const BgcLocalFileSource *source, guint64 first,
                                  guint64 length, gboolean ask_first);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcUploadRequest, bgc_upload_request_free)
