/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The five packets a BITS upload client sends, built and parsed. Pure. */

#pragma once

#include "protocol/bgc-content-range.h"
#include "protocol/bgc-header.h"

#define BGC_BITS_METHOD "BITS_POST"
/* The one protocol there is: BITS 1.5 upload. Lower case, as some servers compare it so. */
#define BGC_BITS_PROTOCOL "{7df0354d-249b-430f-820d-3d2a9bef4931}"
#define BGC_BITS_HEADER_MAX 4096u /* bytes of a header's value; longer is malformed */

typedef enum {
  BGC_BITS_PING,
  BGC_BITS_CREATE_SESSION,
  BGC_BITS_FRAGMENT,
  BGC_BITS_CLOSE_SESSION,
  BGC_BITS_CANCEL_SESSION,
  BGC_N_BITS_REQUESTS
} BgcBitsRequestType;

typedef struct
{
  BgcBitsRequestType type;
  char *session_id;      /* (owned) (nullable) opaque; NULL for Ping and Create-Session */
  char *content_name;    /* (owned) (nullable) base name of the source; servers ignore it */
  BgcContentRange range; /* Fragment only */
} BgcBitsRequest;

/* The spelling that Windows sends, which some servers compare byte for byte. */
const char *bgc_bits_request_type_to_string (BgcBitsRequestType type);
/* Without case. */
gboolean bgc_bits_request_type_from_string (const char *text, BgcBitsRequestType *out);
/* TRUE if @list, GUIDs between spaces and commas, has our protocol among its first hundred entries. */
gboolean bgc_bits_request_offers_protocol (const char *list);

/* What a server makes of a client's headers; clear @out with bgc_bits_request_clear(). A Create-Session that
 * does not offer the protocol is malformed. Errors: InvalidArgument. */
gboolean bgc_bits_request_parse (const BgcHeaderReader *headers, BgcBitsRequest *out, GError **error);
/* @has_length: the request had a Content-Length, @length. Only a Fragment has a body, and its length
 * is that of its range; the other packets may leave the header out. Errors: InvalidArgument. */
gboolean
bgc_bits_request_check_length (const BgcBitsRequest *self, gboolean has_length, guint64 length,
                               GError **error);
/* All headers of the packet, Content-Length among them. */
void bgc_bits_request_write (const BgcBitsRequest *self, const BgcHeaderWriter *headers);
void bgc_bits_request_clear (BgcBitsRequest *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcBitsRequest, bgc_bits_request_clear)
