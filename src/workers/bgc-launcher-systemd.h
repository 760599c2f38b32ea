/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* System mode: the worker of uid N is bgcopy-worker@N.service, which systemd starts and stops at our
 * word and which calls in at a socket of ours. Believed to be the worker is only who the kernel says has
 * that uid and is that unit's main process.
 *
 * A start: does the system know the uid → is a worker of an earlier daemon still about (then it is stopped
 * first, so that no two write to one file) → StartUnit → it connects → is it the main process. */

#pragma once

#include "host/bgc-clock.h"
#include "workers/bgc-launcher.h"

#define BGC_TYPE_LAUNCHER_SYSTEMD (bgc_launcher_systemd_get_type ())
G_DECLARE_FINAL_TYPE (BgcLauncherSystemd, bgc_launcher_systemd, BGC, LAUNCHER_SYSTEMD, GObject)

/* @bus is the one systemd is on, @listening a listening UNIX socket that the units know of; all reffed. */
BgcLauncher *bgc_launcher_systemd_new (GDBusConnection *bus, GSocket *listening, BgcClock *clock);
