/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Session mode: the worker is a child process on a socket pair, for the daemon's own uid alone. */

#pragma once

#include "workers/bgc-launcher.h"

#define BGC_TYPE_LAUNCHER_SPAWN (bgc_launcher_spawn_get_type ())
G_DECLARE_FINAL_TYPE (BgcLauncherSpawn, bgc_launcher_spawn, BGC, LAUNCHER_SPAWN, GObject)

/* @program is the path of bgcopy-worker. */
BgcLauncher *bgc_launcher_spawn_new (const char *program);
/* Where workers keep what is theirs, instead of the usual place. */
void bgc_launcher_spawn_set_state_directory (BgcLauncherSpawn *self, const char *directory);
