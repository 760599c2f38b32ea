/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Keeps the connections of background jobs behind everybody else's: finds their sockets, asks each how
 * its path is, and gives each its part of the window that the path bears. Main thread only, but for
 * what libsoup calls. */

#pragma once

#include <libsoup/soup.h>

#include "base/bgc-enums.h"

typedef struct _BgcCourtesy BgcCourtesy;

/* @priority: of the job; foreground jobs have no courtesy. */
BgcCourtesy *bgc_courtesy_new (BgcPriority priority);
void bgc_courtesy_free (BgcCourtesy *self);
/* Before @message is sent: whatever connection is made for it is kept behind, as long as it lives. */
void bgc_courtesy_watch (BgcCourtesy *self, SoupMessage *message);
/* Of the path with the largest window: for display and tests; 0 = nothing connected. */
guint64 bgc_courtesy_window (BgcCourtesy *self);
