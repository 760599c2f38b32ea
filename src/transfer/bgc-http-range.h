/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Content-Range, read strictly: what cannot be read exactly is no range. Pure. */

#pragma once

#include "base/bgc-limits.h"

typedef struct {
  gboolean unsatisfied; /* "bytes *" slash N: only total is set */
  guint64 first;
  guint64 last;         /* inclusive */
  guint64 total;        /* of the whole file, BGC_SIZE_UNKNOWN for "*" */
} BgcHttpRange;

/* FALSE for NULL, another unit, numbers that contradict one another or anything left over. */
gboolean bgc_http_range_parse (const char *content_range, BgcHttpRange *out);
