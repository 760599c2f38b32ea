/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the service manager is told: ready, alive, what it is doing, going. Without one, nothing. */

#pragma once

#include "host/bgc-clock.h"

typedef struct _BgcSystemd BgcSystemd;

/* Begins to answer for the main loop if a watchdog is set. */
BgcSystemd *bgc_systemd_new (BgcClock *clock);
void bgc_systemd_free (BgcSystemd *self);
void bgc_systemd_ready (BgcSystemd *self);
/* Around reading the configuration again. */
void bgc_systemd_reloading (BgcSystemd *self);
void bgc_systemd_stopping (BgcSystemd *self);
/* One line for `systemctl status`: @jobs are in the queue. Sent at most once a second. */
void bgc_systemd_jobs (BgcSystemd *self, guint jobs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSystemd, bgc_systemd_free)
