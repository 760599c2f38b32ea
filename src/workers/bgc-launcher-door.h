/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The socket where workers call in. Any local user can connect to it, so a connection costs nothing
 * until the kernel has said whose it is: no thread, no timer, no byte read. */

#pragma once

#include <gio/gio.h>

#include "host/bgc-clock.h"

typedef struct _BgcLauncherDoor BgcLauncherDoor;

/* Somebody connected: @uid and @pid are the kernel's word at the time of connecting. Not reffing
 * @connection closes it. */
typedef void (*BgcLauncherDoorFunc) (GSocketConnection *connection, guint32 uid, guint32 pid, gpointer data);

/* Accepts on @listening (reffed, already listening) from now on. */
BgcLauncherDoor *bgc_launcher_door_new (GSocket *listening, BgcClock *clock, BgcLauncherDoorFunc function,
                                        gpointer data);
void bgc_launcher_door_free (BgcLauncherDoor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcLauncherDoor, bgc_launcher_door_free)
