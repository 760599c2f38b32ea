/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Headers of a message, read and written without knowing which library holds them; and the few
 * value forms that all protocols share. Pure. */

#pragma once

#include <glib.h>

/* The value of a header, NULL if it is absent; borrowed from the headers. Names are compared
 * without case by whoever holds them. */
typedef const char *(*BgcHeaderGet) (gconstpointer headers, const char *name);
/* Sets a header, replacing one of the same name. */
typedef void (*BgcHeaderSet) (gpointer headers, const char *name, const char *value);

typedef struct
{
  BgcHeaderGet get;      /* never NULL */
  gconstpointer headers; /* borrowed; what @get is given */
} BgcHeaderReader;

typedef struct
{
  BgcHeaderSet set; /* never NULL */
  gpointer headers; /* borrowed; what @set is given */
} BgcHeaderWriter;

const char *bgc_header_get (const BgcHeaderReader *self, const char *name);
void bgc_header_set (const BgcHeaderWriter *self, const char *name, const char *value);
void bgc_header_set_number (const BgcHeaderWriter *self, const char *name, guint64 value);

/* TRUE for decimal digits alone, at least one, that fit 64 bits; no sign, no space. */
gboolean bgc_header_parse_number (const char *text, guint64 *out);
/* TRUE if the header is there and is such a number. */
gboolean bgc_header_get_number (const BgcHeaderReader *self, const char *name, guint64 *out);
/* TRUE for one to @max_bytes bytes of printable ASCII without spaces at its ends: nothing that could
 * end a header line or hide in a log. */
gboolean bgc_header_is_plain (const char *value, gsize max_bytes);
