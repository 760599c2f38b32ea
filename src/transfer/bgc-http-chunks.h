/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The chunked transfer coding of RFC 9112, decoded strictly: a body that stops before its last chunk
 * has not ended. libsoup 3.2 takes a connection closed between two chunks, and a chunk size that is
 * no number, for the end of the body. Pure. */

#pragma once

#include <glib.h>

typedef enum {
  BGC_HTTP_CHUNKS_SIZE = 0, /* in the line that announces a chunk */
  BGC_HTTP_CHUNKS_DATA,
  BGC_HTTP_CHUNKS_DATA_END, /* in the line end behind a chunk */
  BGC_HTTP_CHUNKS_TRAILER,
  BGC_HTTP_CHUNKS_END,
  BGC_HTTP_CHUNKS_BROKEN
} BgcHttpChunksState;

/* All zero is a fresh decoder. */
typedef struct {
  BgcHttpChunksState state;
  guint64 left;        /* bytes of the present chunk still to come */
  guint digits;        /* of the size line */
  guint line;          /* bytes of the line being read, to bound it */
  gboolean extension;  /* behind the digits of the size line */
  gboolean carriage;   /* a carriage return was the last byte of the line */
  guint trailers;      /* bytes of trailer in all */
} BgcHttpChunks;

/* Decodes @length bytes in place: the body bytes among them move to the front of @bytes and their
 * number is returned. @used gets how many bytes were looked at; less than @length only once the end
 * has come or the coding is broken. */
gsize bgc_http_chunks_decode (BgcHttpChunks *self, guint8 *bytes, gsize length, gsize *used);
