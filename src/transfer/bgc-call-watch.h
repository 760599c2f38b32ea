/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The time that a blocking call in another thread may take: the main thread cancels it when nothing has
 * moved for too long, or when it is to stop. */

#pragma once

#include <gio/gio.h>

/* Seconds for which a call that opens something on a server may still be answered when it is to stop. */
#define BGC_CALL_WATCH_GRACE 2u

typedef struct _BgcCallWatch BgcCallWatch;

/* ---- main thread -------------------------------------------------------------------------------- */

BgcCallWatch *bgc_call_watch_new (void);
void bgc_call_watch_free (BgcCallWatch *self);
/* Cancels the call under way, if it was begun with grace a moment later, and lets no other begin. */
void bgc_call_watch_stop (BgcCallWatch *self);

/* ---- any thread --------------------------------------------------------------------------------- */

gboolean bgc_call_watch_is_stopped (BgcCallWatch *self);

/* ---- the calling thread ------------------------------------------------------------------------- */

/* What to cancel the call with, owned by the caller; NULL: stopped. */
GCancellable *bgc_call_watch_begin (BgcCallWatch *self, guint seconds, gboolean with_grace);
/* When the call is to stop, what was written and not sent yet goes nowhere. Until the next call. */
void bgc_call_watch_set_all_or_nothing (BgcCallWatch *self);
/* Something moved: @seconds from now on. */
void bgc_call_watch_beat (BgcCallWatch *self, guint seconds);
/* The connection in use: that its peer takes what the kernel holds is a movement too. */
void bgc_call_watch_set_socket (BgcCallWatch *self, GSocket *socket);
/* The peer has said all that matters: whoever reads on finds the end of the connection. */
void bgc_call_watch_stop_reading (BgcCallWatch *self);
/* TRUE if it took too long. */
gboolean bgc_call_watch_end (BgcCallWatch *self);
/* There is no connection any more. */
void bgc_call_watch_forget (BgcCallWatch *self);
