/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which of the queued jobs run. Knows only those that are queued or running; each decision costs as much
 * as there are owners with such jobs, never as much as there are jobs.
 *
 * Foreground: all at once, up to a number for each owner. Background: a number at once over all owners;
 * a free place goes to the owner with the fewest running there, among those to the one served longest
 * ago; within an owner to the highest priority, within that to who has waited longest. Who runs keeps its
 * place for a slice, and longer while nobody waits who would get it; only a higher priority of the same
 * owner takes it before. */

#pragma once

#include "engine/bgc-queue.h"
#include "host/bgc-clock.h"

/* Microseconds a background job keeps its place at least. */
#define BGC_SCHEDULER_SLICE (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)

typedef struct _BgcScheduler BgcScheduler;

typedef struct {
  /* @entry is to run, with so many files side by side. It has a place until bgc_scheduler_release(). */
  void (*start) (BgcEntry *entry, guint files_at_once, gpointer data);
  /* @entry is to stop and queue again: somebody else gets its place, or it begins anew
   * in another manner. */
  void (*preempt) (BgcEntry *entry, gpointer data);
} BgcSchedulerActions;

/* @clock, @limits (read at each decision) and @actions are borrowed. Decides nothing until enabled. */
BgcScheduler *bgc_scheduler_new (BgcClock *clock, const BgcLimits *limits, const BgcSchedulerActions *actions,
                                 gpointer data);
void bgc_scheduler_free (BgcScheduler *self);
void bgc_scheduler_set_enabled (BgcScheduler *self, gboolean enabled);
/* Starts nothing until @boot (boot clock, microseconds): the store fails, starting would fail too. */
void bgc_scheduler_pause (BgcScheduler *self, gint64 boot);
/* @entry is queued: to the end of its line. Nothing if it waits or runs already. */
void bgc_scheduler_offer (BgcScheduler *self, BgcEntry *entry);
/* It no longer waits. Nothing if it does not. */
void bgc_scheduler_withdraw (BgcScheduler *self, BgcEntry *entry);
/* Its transfer has ended and its place is free. Nothing if it has none. */
void bgc_scheduler_release (BgcScheduler *self, BgcEntry *entry);
/* Its priority may have changed; one that runs does so again then. */
void bgc_scheduler_reconsider (BgcScheduler *self, BgcEntry *entry);
/* Decides again: the limits have changed. */
void bgc_scheduler_update (BgcScheduler *self);
guint bgc_scheduler_running (BgcScheduler *self);
guint bgc_scheduler_waiting (BgcScheduler *self);
