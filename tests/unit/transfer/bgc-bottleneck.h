/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A slow link in memory, packet by packet, with downloads that BgcDelayControl keeps behind and others that
 * it does not: what the laboratory of namespaces shows, in milliseconds and the same each time. Models the
 * receiver of Linux: credit that is never taken back, an acknowledgement for every second segment, round
 * trips in whole milliseconds and averaged. */

#pragma once

#include "transfer/bgc-delay-control.h"

#define BGC_BOTTLENECK_FLOWS 16u

typedef struct _BgcBottleneck BgcBottleneck;

typedef struct
{
  double rate;     /* Mbit/s */
  double base;     /* milliseconds of a round trip without a queue */
  double buffer;   /* milliseconds that the full buffer takes */
  gboolean latest; /* the kernel takes a lower round trip as it is, as since Linux 6.16 */
  double stall;    /* milliseconds for which a busy machine stands still at most, ten times a second */
} BgcBottleneckSettings;

BgcBottleneck *bgc_bottleneck_new (const BgcBottleneckSettings *settings);
void bgc_bottleneck_free (BgcBottleneck *self);
/* Begins a transfer of @bytes now, 0 = without end; gives its number. @control: (borrowed) what keeps it
 * behind, together with all others that have the same; NULL = it takes what it can get, as CUBIC does. */
guint bgc_bottleneck_add (BgcBottleneck *self, BgcDelayControl *control, guint64 bytes);
/* Ends it as if its sender had nothing more. */
void bgc_bottleneck_end (BgcBottleneck *self, guint flow);
void bgc_bottleneck_run (BgcBottleneck *self, double seconds);
/* Runs until a transfer with an end has come; seconds. */
double bgc_bottleneck_run_until_done (BgcBottleneck *self, guint flow);
/* Runs, and gives the part of the link that all with @control used. */
double bgc_bottleneck_use (BgcBottleneck *self, const BgcDelayControl *control, double seconds);
/* Milliseconds that a packet waited at the link, mean of the time since the last call. */
double bgc_bottleneck_take_wait (BgcBottleneck *self);
