/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The real workers: one private D-Bus connection to each (org.example.BackgroundCopy.Worker), started
 * by a launcher, watched, and believed in nothing. */

#pragma once

#include "host/bgc-clock.h"
#include "workers/bgc-launcher.h"
#include "workers/bgc-worker-codec.h"
#include "workers/bgc-workers.h"

#define BGC_TYPE_WORKERS_BUS (bgc_workers_bus_get_type ())
G_DECLARE_FINAL_TYPE (BgcWorkersBus, bgc_workers_bus, BGC, WORKERS_BUS, GObject)

BgcWorkers *bgc_workers_bus_new (BgcLauncher *launcher, BgcClock *clock);
/* For what starts from now on. At first there are none. */
void bgc_workers_bus_set_rules (BgcWorkersBus *self, const BgcWorkerRules *rules);
