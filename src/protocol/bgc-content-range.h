/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Content-Range as a request carries it: "bytes FIRST-LAST/TOTAL" with everything known, and for a
 * file without bytes "bytes *" "/0". Pure. */

#pragma once

#include <glib.h>

typedef struct
{
  guint64 first;  /* offset of the first byte */
  guint64 length; /* bytes; 0 only where total is 0 */
  guint64 total;  /* bytes of the whole file */
} BgcContentRange;

/* Errors: InvalidArgument. */
gboolean bgc_content_range_parse (const char *value, BgcContentRange *out, GError **error);
/* Owned by the caller. */
char *bgc_content_range_format (const BgcContentRange *self);
