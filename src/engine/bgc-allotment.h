/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Who of those that run gets how much of what all together may move. Owners get the same, within an owner
 * jobs by the weight of their priority; what one cannot use goes to the others, its owner's first. Pure. */

#pragma once

#include "model/bgc-caps.h"

/* A job that runs. Bytes a second, each. */
typedef struct {
  guint32 owner;
  BgcPriority priority;
  guint64 limit; /* its own, or BGC_CAP_NONE */
  /* what it moves although it might move more, so that the rest is for others; BGC_CAP_NONE = it uses
   * whatever it gets */
  guint64 used;
  guint64 rate; /* out: what it may move, at least 1, or BGC_CAP_NONE */
} BgcAllotment;

/* Sets the rates. A job that does not use its part may move a little more than it does, to show that it can:
 * the sum of all is that much above the caps, and for as long as they do not. */
void bgc_allotment_share (BgcAllotment *jobs, guint n, const BgcCaps *caps);
