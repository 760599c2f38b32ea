/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-piece-size.h"

/* A piece that takes longer is large enough: more would only be lost together. Microseconds. */
#define SLOW (10 * G_USEC_PER_SEC)

void
bgc_piece_size_init (BgcPieceSize *self, guint64 remembered)
{
  self->limit = BGC_PIECE_SIZE_MAX;
  if (remembered == 0)
    remembered = BGC_PIECE_SIZE_FIRST;
  self->bytes = CLAMP (remembered, (guint64)BGC_PIECE_SIZE_MIN, (guint64)BGC_PIECE_SIZE_MAX);
}

void
bgc_piece_size_limit (BgcPieceSize *self, guint64 most)
{
  self->limit = CLAMP (most, 1, self->limit);
  self->bytes = MIN (self->bytes, self->limit);
}

void
bgc_piece_size_grow (BgcPieceSize *self, guint64 length, gint64 duration)
{
  if (length == self->bytes && duration < SLOW)
    self->bytes = MIN (self->bytes * 2, self->limit);
}

gboolean
bgc_piece_size_refuse (BgcPieceSize *self, guint64 length)
{
  if (length <= BGC_PIECE_SIZE_MIN)
    return FALSE;
  self->limit = MAX (MIN (length, self->bytes) / 2, (guint64)BGC_PIECE_SIZE_MIN);
  self->bytes = self->limit;
  return TRUE;
}

void
bgc_piece_size_lose (BgcPieceSize *self)
{
  self->bytes = MAX (self->bytes / 2, MIN (self->limit, (guint64)BGC_PIECE_SIZE_MIN));
}
