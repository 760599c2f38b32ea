/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The daemon's end of the connection to one worker: authenticated, guarded, watched. Knows calls,
 * answers and signals, and nothing of what they are about. Main thread only. */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#include "host/bgc-clock.h"

typedef struct _BgcWorkerLink BgcWorkerLink;

typedef struct {
  void (*ready) (gpointer data);                      /* calls may be made */
  void (*reports) (GVariant *reports, gpointer data); /* BGC_WORKER_CODEC_REPORTS, well formed */
  /* The connection is of no use any more; the last event. @crashed: closed by the other end, else it
   * was cut off for a breach or for silence. The link may be freed from within. */
  void (*broken) (const char *why, gboolean crashed, gpointer data);
} BgcWorkerLinkEvents;

/* Called with the answer; not at all if the link breaks or is freed first. */
typedef void (*BgcWorkerLinkFunc) (GVariant *answer, gpointer data);

/* Authenticates at once. @events and @data must live as long as the link. */
BgcWorkerLink *bgc_worker_link_new (GSocketConnection *socket, guint32 owner, BgcClock *clock,
                                    const BgcWorkerLinkEvents *events, gpointer data);
/* Closes. */
void bgc_worker_link_free (BgcWorkerLink *self);
/* @arguments may be floating or NULL; an answer that is not of @type, or an error, is a breach. */
void bgc_worker_link_call (BgcWorkerLink *self, const char *method, GVariant *arguments, const char *type,
                           BgcWorkerLinkFunc function, gpointer data, GDestroyNotify free_data);
/* Likewise, and @descriptors travel with it: an h among @arguments is the number of one. */
void bgc_worker_link_call_with (BgcWorkerLink *self, const char *method, GVariant *arguments,
                                GUnixFDList *descriptors, const char *type, BgcWorkerLinkFunc function,
                                gpointer data, GDestroyNotify free_data);
/* The worker is answerable while @busy even with no call out: it is pinged when it falls silent. */
void bgc_worker_link_set_busy (BgcWorkerLink *self, gboolean busy);
/* Something it said was a breach: ends in "broken", before this returns. */
void bgc_worker_link_refuse (BgcWorkerLink *self, const char *why);
/* Says that nothing more will come; "broken" follows when the worker has gone. */
void bgc_worker_link_hang_up (BgcWorkerLink *self);
/* Calls that it has not answered yet. */
guint bgc_worker_link_pending (BgcWorkerLink *self);
/* Answers that came so far. */
guint bgc_worker_link_answers (BgcWorkerLink *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcWorkerLink, bgc_worker_link_free)
