/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The alarms of a clock in the order in which they are due; of those due together, the one set first
 * comes first. Knows no time of its own: shared by the real clock and the fake. */

#pragma once

#include "host/bgc-clock.h"

typedef struct _BgcAlarmQueue BgcAlarmQueue;

/* One alarm, taken out of the queue to be fired. */
typedef struct
{
  guint64 id;
  gint64 when;           /* boot clock, microseconds */
  const char *name;      /* static, nullable */
  BgcAlarmFunc function;
  gpointer data;         /* (nullable) the setter's */
} BgcAlarm;

BgcAlarmQueue *bgc_alarm_queue_new (void);
void bgc_alarm_queue_free (BgcAlarmQueue *self);
/* The new alarm's id, never 0 and never used before. O(log n). */
guint64 bgc_alarm_queue_add (BgcAlarmQueue *self, gint64 when, const char *name, BgcAlarmFunc function,
                             gpointer data);
/* FALSE if there is none of that id (any more). O(log n). */
gboolean bgc_alarm_queue_remove (BgcAlarmQueue *self, guint64 id);
/* When the first is due; FALSE if there is none. */
gboolean bgc_alarm_queue_next (BgcAlarmQueue *self, gint64 *when);
/* The id that the next alarm gets: alarms of at least this id were set later than now. */
guint64 bgc_alarm_queue_next_id (const BgcAlarmQueue *self);
/* Takes out the first alarm that is due at @now and has an id below @before; FALSE if there is none.
 * O(log n) but for alarms that are due and newer. */
gboolean bgc_alarm_queue_take (BgcAlarmQueue *self, gint64 now, guint64 before, BgcAlarm *out);
guint bgc_alarm_queue_length (const BgcAlarmQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcAlarmQueue, bgc_alarm_queue_free)
