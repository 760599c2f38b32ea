/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The configuration, as it is read from its files. */

#pragma once

#include "base/bgc-limits.h"
#include "model/bgc-timetable.h"

typedef struct {
  BgcLimits limits;
  BgcTimetable timetable;
} BgcConfig;

/* The defaults. */
void bgc_config_init (BgcConfig *self);
void bgc_config_clear (BgcConfig *self);
/* Reads @files (element-type filename) one after the other, the later over the earlier, over the defaults,
 * into @made (initialized, or all zeroes), and tells what is wrong in @mistakes. A value that makes no sense
 * is refused, and its setting stays what it is in @running (nullable), or what an earlier line or the default
 * says where nothing runs yet. So do all settings if a file cannot be read. */
void bgc_config_read (const GPtrArray *files, const BgcConfig *running, BgcConfig *made, GPtrArray *mistakes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcConfig, bgc_config_clear)
