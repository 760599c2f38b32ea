/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is shown of a job beyond what is stored of it. Plain data. */

#pragma once

#include "base/bgc-enums.h"
#include "model/bgc-counters.h"

typedef struct {
  guint64 rate;         /* bytes a second now, 0 unless it transfers; likewise the next */
  BgcYield yields_to;
  BgcCounters counters; /* since the service began */
} BgcFigures;
