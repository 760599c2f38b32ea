/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Bytes of bodies that were moved since the service began, and what became of them. Plain data. */

#pragma once

#include <glib.h>

typedef struct _BgcCounters {
  guint64 received;  /* from servers */
  guint64 sent;      /* to servers */
  guint64 refetched; /* of those received, thrown away and to be fetched again */
  guint64 saved;     /* held from an earlier run, and not moved again since the server went on from there */
} BgcCounters;

/* Stops at the largest number there is: what a worker says may be anything. */
void bgc_counters_add (BgcCounters *self, const BgcCounters *more);
