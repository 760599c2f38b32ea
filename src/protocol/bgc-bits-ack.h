/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a BITS upload server answers, built and parsed. Pure. */

#pragma once

#include "base/bgc-enums.h"
#include "protocol/bgc-header.h"

#define BGC_BITS_NEVER_FALL_BACK G_MAXUINT32 /* host_id_timeout where the server named none */
#define BGC_BITS_REPLY_URL_MAX 2200u         /* bytes, as documented */

typedef struct
{
  gboolean is_ack;         /* parse only: it says that it is an Ack; a plain web server's answer does not */
  gboolean has_protocol;   /* Create-Session: the server chose our protocol */
  char *session_id;        /* (owned) (nullable) opaque to a client */
  gboolean has_received;   /* @received is there */
  guint64 received;        /* offset of the next byte wanted */
  char *reply_url;         /* (owned) (nullable) as sent; see bgc_reply_url_resolve() */
  char *host_id;           /* (owned) (nullable) checked: a bare host name or address */
  guint32 host_id_timeout; /* seconds until a client goes back to the first host */
  gboolean has_error;      /* @error_value and @context are there; never with a success status */
  guint32 error_value;     /* see bgc-hresult.h */
  BgcErrorContext context; /* BGC_CONTEXT_REMOTE_FILE unless the server said otherwise */
} BgcBitsAck;

/* What cannot be used counts as absent, so this cannot fail. @status: that of the answer; with 2xx
 * error headers are ignored, as some servers send them always. Clear @out with bgc_bits_ack_clear(). */
void bgc_bits_ack_parse (const BgcHeaderReader *headers, guint status, BgcBitsAck *out);
void bgc_bits_ack_write (const BgcBitsAck *self, const BgcHeaderWriter *headers);
void bgc_bits_ack_clear (BgcBitsAck *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcBitsAck, bgc_bits_ack_clear)
