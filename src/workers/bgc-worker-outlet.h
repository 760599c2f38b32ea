/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What GDBus writes on a worker's socket, with descriptors beside the calls that have some. GDBus would pass
 * them by itself only on a stream that is a socket, and would then read past the guard. Written from GDBus's
 * thread, the function below is for any. */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#define BGC_TYPE_WORKER_OUTLET (bgc_worker_outlet_get_type ())
G_DECLARE_FINAL_TYPE (BgcWorkerOutlet, bgc_worker_outlet, BGC, WORKER_OUTLET, GFilterOutputStream)

BgcWorkerOutlet *bgc_worker_outlet_new (GSocketConnection *socket);
/* The next call of @method that goes out takes @descriptors (reffed) along; to be said before it is made. The
 * list it arrives with is that of its message, numbered as in @descriptors. */
void bgc_worker_outlet_attach (BgcWorkerOutlet *self, const char *method, GUnixFDList *descriptors);
