/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The Range header of a request for a file of known size. Pure. */

#pragma once

#include <glib.h>

typedef enum {
  BGC_REPLY_RANGE_ALL,          /* no range, or one that is not understood or not worth it: the whole file */
  BGC_REPLY_RANGE_PART,
  BGC_REPLY_RANGE_UNSATISFIABLE /* begins behind the end */
} BgcReplyRange;

/* @value: (nullable). @first and @length are set for the first two. Several ranges at once are answered with
 * the whole. */
BgcReplyRange bgc_reply_range_parse (const char *value, guint64 size, guint64 *first, guint64 *length);
