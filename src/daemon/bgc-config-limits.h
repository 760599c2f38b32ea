/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* [Limits]: quotas and defaults by their names. */

#pragma once

#include "base/bgc-limits.h"
#include "daemon/bgc-config-lines.h"

typedef enum
{
  BGC_CONFIG_UNIT_COUNT,
  BGC_CONFIG_UNIT_SECONDS, /* also with s, min, h, d or w behind the number */
  BGC_CONFIG_UNIT_BYTES,   /* also with K, M, G or T, powers of 1024 */
  BGC_CONFIG_UNIT_MARK,    /* also hexadecimal, with 0x before it */
  BGC_CONFIG_UNIT_SWITCH,  /* yes or no, as 1 and 0 */
} BgcConfigUnit;

#define BGC_CONFIG_LIMITS_KEYS_MAX 64u

typedef struct {
  BgcLimits *limits; /* (borrowed) made of the lines */
  gboolean refused[BGC_CONFIG_LIMITS_KEYS_MAX]; /* the last value of this key */
} BgcConfigLimits;

/* The group; its data is a BgcConfigLimits. */
void bgc_config_limits_group (BgcConfigLimits *self, BgcConfigGroup *group);
/* What was refused, or all if @all, is as in @running. */
void bgc_config_limits_keep (BgcConfigLimits *self, const BgcLimits *running, gboolean all);
/* The key @index from 0 on with its default and bounds, for those who check what is written about it. NULL
 * behind the last. */
const char *bgc_config_limits_key (guint index, guint64 *value, guint64 *minimum, guint64 *maximum,
                                   BgcConfigUnit *unit);
