/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-chunks.h"

#include <string.h>

/* Bytes of one size line with its extensions, and of all trailers: nothing real comes near. */
#define LINE_MAX_BYTES     4096u
#define TRAILERS_MAX_BYTES 16384u
/* Hex digits of a chunk's size: 15 stay below 2^60, so that no sum overflows. */
#define SIZE_MAX_DIGITS 15u

static void
start_line (BgcHttpChunks *self, BgcHttpChunksState state)
{
  self->state = state;
  self->digits = 0;
  self->line = 0;
  self->extension = FALSE;
  self->carriage = FALSE;
  if (state == BGC_HTTP_CHUNKS_SIZE)
    self->left = 0;
}

static void
size_byte (BgcHttpChunks *self, guint8 byte)
{
  if (byte == '\n')
    {
      if (self->digits == 0)
        self->state = BGC_HTTP_CHUNKS_BROKEN;
      else if (self->left > 0)
        self->state = BGC_HTTP_CHUNKS_DATA;
      else
        start_line (self, BGC_HTTP_CHUNKS_TRAILER);
      return;
    }
  if (self->carriage || ++self->line > LINE_MAX_BYTES)
    self->state = BGC_HTTP_CHUNKS_BROKEN;
  else if (byte == '\r')
    self->carriage = TRUE;
  else if (self->extension)
    return;
  else if (g_ascii_isxdigit ((char)byte) && self->digits < SIZE_MAX_DIGITS)
    {
      self->left = self->left * 16 + (guint64)g_ascii_xdigit_value ((char)byte);
      self->digits++;
    }
  else if (self->digits > 0 && (byte == ';' || byte == ' ' || byte == '\t'))
    self->extension = TRUE;
  else
    self->state = BGC_HTTP_CHUNKS_BROKEN;
}

static void
data_end_byte (BgcHttpChunks *self, guint8 byte)
{
  if (byte == '\r' && !self->carriage)
    self->carriage = TRUE;
  else if (byte == '\n')
    start_line (self, BGC_HTTP_CHUNKS_SIZE);
  else
    self->state = BGC_HTTP_CHUNKS_BROKEN;
}

static void
trailer_byte (BgcHttpChunks *self, guint8 byte)
{
  if (++self->trailers > TRAILERS_MAX_BYTES)
    self->state = BGC_HTTP_CHUNKS_BROKEN;
  else if (byte == '\n')
    {
      if (self->line == 0)
        self->state = BGC_HTTP_CHUNKS_END;
      else
        start_line (self, BGC_HTTP_CHUNKS_TRAILER);
    }
  else if (byte != '\r')
    self->line++;
}

gsize
bgc_http_chunks_decode (BgcHttpChunks *self, guint8 *bytes, gsize length, gsize *used)
{
  gsize in = 0;
  gsize out = 0;

  while (in < length && self->state < BGC_HTTP_CHUNKS_END)
    {
      if (self->state == BGC_HTTP_CHUNKS_DATA)
        {
          gsize run = (gsize)MIN (self->left, length - in);

          if (out != in)
            memmove (bytes + out, bytes + in, run);
          in += run;
          out += run;
          self->left -= run;
          if (self->left == 0)
            start_line (self, BGC_HTTP_CHUNKS_DATA_END);
        }
      else if (self->state == BGC_HTTP_CHUNKS_SIZE)
        size_byte (self, bytes[in++]);
      else if (self->state == BGC_HTTP_CHUNKS_DATA_END)
        data_end_byte (self, bytes[in++]);
      else
        trailer_byte (self, bytes[in++]);
    }
  *used = in;
  return out;
}
