/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How much of a file is sent at once. It begins at 1 MiB, what a proxy lets through that nobody has
 * configured, and doubles with each piece that was taken whole within 10 s, up to 8 MiB; it halves when a
 * piece is refused for its size or its connection is lost, down to 5 KiB. A size refused is not tried
 * again in the same run. Pure. */

#pragma once

#include <glib.h>

#define BGC_PIECE_SIZE_FIRST (1024u * 1024u)    /* bytes, as the next two */
#define BGC_PIECE_SIZE_MAX (8u * 1024u * 1024u) /* a lost connection costs at most this */
#define BGC_PIECE_SIZE_MIN (5u * 1024u)         /* the least that the BITS protocol knows */

typedef struct {
  guint64 bytes; /* to be sent at once */
  guint64 limit; /* never more in this run */
} BgcPieceSize;

/* @remembered: bytes, of an earlier run; 0 = none. */
void bgc_piece_size_init (BgcPieceSize *self, guint64 remembered);
/* The server itself said what it takes. */
void bgc_piece_size_limit (BgcPieceSize *self, guint64 most);
/* @length bytes were taken in @duration, microseconds. */
void bgc_piece_size_grow (BgcPieceSize *self, guint64 length, gint64 duration);
/* @length bytes were refused. FALSE: they were as few as there may be. */
gboolean bgc_piece_size_refuse (BgcPieceSize *self, guint64 length);
/* The connection was lost with such a piece on it. */
void bgc_piece_size_lose (BgcPieceSize *self);
