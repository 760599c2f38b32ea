/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The memory that ShareCounters brings, on its way to the courtesy. */

#pragma once

#include <gio/gio.h>

#include "transfer/bgc-courtesy.h"

/* Takes what came with @call, a ShareCounters of the right signature; what the kernel did not let through,
 * as too many are open, is missing. */
void bgc_worker_share_take (BgcCourtesy *courtesy, GDBusMessage *call);
