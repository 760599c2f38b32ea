/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Tells those who listen what happens to jobs. PropertiesChanged of a job carry what differs from what was
 * last sent of it, at most once each MinimumNotificationInterval; a change of state is told at once, with all
 * else that changed, and before Transferred or Failed.
 *
 * Knows no bus and no queue: both are behind the hooks. */

#pragma once

#include "host/bgc-clock.h"
#include "model/bgc-figures.h"
#include "model/bgc-job.h"
#include "service/bgc-subscribers.h"

typedef struct _BgcNotifier BgcNotifier;

typedef struct {
  /* Sends one signal to one connection; @parameters is not floating. */
  void (*send) (const char *connection, const char *path, const char *interface, const char *signal,
                GVariant *parameters, gpointer data);
  const BgcJob *(*find) (const BgcJobId *id, gpointer data);  /* (nullable) */
  BgcFigures (*figures) (const BgcJob *job, gpointer data);
  gboolean (*is_listed) (const BgcJob *job, gpointer data);
} BgcNotifierHooks;

/* @clock is reffed; @subscribers and @data are borrowed; @hooks is copied. */
BgcNotifier *bgc_notifier_new (BgcClock *clock, BgcSubscribers *subscribers, const BgcNotifierHooks *hooks,
                               gpointer data);
void bgc_notifier_free (BgcNotifier *self);

/* What the manager says. */
void bgc_notifier_job_added (BgcNotifier *self, const BgcJob *job);
void bgc_notifier_job_changed (BgcNotifier *self, const BgcJob *job);
void bgc_notifier_job_state_changed (BgcNotifier *self, const BgcJob *job);
void bgc_notifier_file_transferred (BgcNotifier *self, const BgcJob *job, guint32 index);
/* It was @former's: whose listeners are told that it is gone, and the new owner's that it has come. */
void bgc_notifier_job_taken (BgcNotifier *self, const BgcJob *job, guint32 former);
void bgc_notifier_job_left (BgcNotifier *self, const BgcJob *job);
void bgc_notifier_job_forgotten (BgcNotifier *self, const BgcJob *job);

/* Somebody is about to be shown the properties: what it sees and nobody was told yet will be told even if
 * it changes back meanwhile. */
void bgc_notifier_job_read (BgcNotifier *self, const BgcJob *job);
/* The job has its first listener, who is about to be shown it or to change it: from now on only differences
 * to what it is now are told. */
void bgc_notifier_job_heard (BgcNotifier *self, const BgcJob *job);
/* @connection begins to listen: if the job has transferred or failed already, it is told now. */
void bgc_notifier_repeat (BgcNotifier *self, const BgcJob *job, const char *connection);
/* The states in which bgc_notifier_repeat() may have something to tell, as 1 << BgcJobState. */
guint bgc_notifier_repeated_states (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcNotifier, bgc_notifier_free)
