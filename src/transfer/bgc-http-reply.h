/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The head of an answer, as far as a download needs it, and its body. What it keeps of the server's
 * words is text and short, or not kept. */

#pragma once

#include "transfer/bgc-http-body.h"
#include "transfer/bgc-http-range.h"

typedef struct {
  guint status;
  guint64 length;         /* of the body, or BGC_SIZE_UNKNOWN */
  gboolean is_impossible; /* a length was announced that no file can have */
  gboolean has_range;     /* a Content-Range that could be read */
  BgcHttpRange range;
  char *etag;             /* (owned) (nullable) */
  char *last_modified;    /* (owned) (nullable) */
  gint64 date;            /* seconds, 0 = none */
  char *retry_after;      /* (owned) (nullable) */
  BgcHttpBody *body;      /* (owned) */
} BgcHttpReply;

/* @message transfer none, @stream transfer full. */
BgcHttpReply *bgc_http_reply_new (SoupMessage *message, GInputStream *stream);
/* Drops the body too. */
void bgc_http_reply_free (BgcHttpReply *self);
/* @value as a header is sent back or told: NULL unless it is UTF-8 without control characters and of
 * a length that makes sense. Owned by the caller. */
char *bgc_http_reply_keep (const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpReply, bgc_http_reply_free)
