/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Who hears what: connections that hear about all jobs of their user, and connections that hear about
 * single jobs because they used them. Pure. */

#pragma once

#include "base/bgc-error.h"
#include "model/bgc-job-id.h"

/* Single jobs a connection hears about; the one unused for longest makes room. Who has more subscribes. */
#define BGC_SUBSCRIBERS_JOBS_PER_CONNECTION 1000u
/* Connections of one user that hear about all its jobs: what a bus allows a user by default. */
#define BGC_SUBSCRIBERS_PER_USER 256u

typedef struct _BgcSubscribers BgcSubscribers;
typedef void (*BgcSubscribersFunc) (const char *connection, gpointer data);

BgcSubscribers *bgc_subscribers_new (void);
void bgc_subscribers_free (BgcSubscribers *self);

/* @connection, of @uid, hears about all jobs of @uid from now on. Error: LimitsExceeded. */
gboolean bgc_subscribers_add (BgcSubscribers *self, const char *connection, guint32 uid, GError **error);
/* @connection, of @uid, used the job @id of @owner. TRUE if it did not hear about it until now. */
gboolean bgc_subscribers_add_job (BgcSubscribers *self, const char *connection, guint32 uid,
                                  const BgcJobId *id, guint32 owner);
/* It left, or wants to hear nothing. */
void bgc_subscribers_remove (BgcSubscribers *self, const char *connection);
/* Nothing more will be told about that job. */
void bgc_subscribers_forget_job (BgcSubscribers *self, const BgcJobId *id);

/* That job is @owner's from now on: connections of other users, but for root's, hear about it no more. */
void bgc_subscribers_hand_over (BgcSubscribers *self, const BgcJobId *id, guint32 owner);

/* Does anybody hear about that job? */
gboolean bgc_subscribers_hear (BgcSubscribers *self, const BgcJobId *id, guint32 owner);
/* Every connection that hears about that job, each once. @function may not change the subscribers. */
void bgc_subscribers_foreach (BgcSubscribers *self, const BgcJobId *id, guint32 owner,
                              BgcSubscribersFunc function, gpointer data);
/* Every connection that hears about all jobs of @owner. */
void bgc_subscribers_foreach_of_owner (BgcSubscribers *self, guint32 owner, BgcSubscribersFunc function,
                                       gpointer data);
/* Connections that hear anything. */
guint bgc_subscribers_count (BgcSubscribers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSubscribers, bgc_subscribers_free)
