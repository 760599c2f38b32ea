/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The configuration: limits by their names, in files of [groups] and Key=value lines. */

#pragma once

#include "base/bgc-limits.h"

typedef enum
{
  BGC_CONFIG_UNIT_COUNT,
  BGC_CONFIG_UNIT_SECONDS, /* also with s, min, h, d or w behind the number */
  BGC_CONFIG_UNIT_BYTES,   /* also with K, M, G or T, powers of 1024 */
  BGC_CONFIG_UNIT_SWITCH,  /* yes or no, as 1 and 0 */
} BgcConfigUnit;

/* Reads @files (element-type filename) one after the other, the later over the earlier, over the defaults,
 * and tells what is wrong in @mistakes. A value that makes no sense is refused, and its setting stays what it
 * is in @running (nullable), or what an earlier line or the default says where nothing runs yet. So do all
 * settings if a file cannot be read. */
void bgc_config_read (const GPtrArray *files, const BgcLimits *running, BgcLimits *limits,
                      GPtrArray *mistakes);
/* The key @index from 0 on with its default and bounds, for those who check what is written about it. NULL
 * behind the last. */
const char *bgc_config_key (guint index, guint64 *value, guint64 *minimum, guint64 *maximum,
                            BgcConfigUnit *unit);
