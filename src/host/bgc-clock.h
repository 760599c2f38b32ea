/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: what time it is, and alarms. Two times: wall (may jump, for people) and boot (CLOCK_BOOTTIME,
 * counts suspend, for deadlines), both in microseconds. Main thread only.
 * Signal "wall-set" (): the wall clock was set, by whomever, and is not where it would have come to. After a
 * suspend it may be told though nobody set it. That it is made faster or slower by little is not told. */

#pragma once

#include <glib-object.h>

#define BGC_TYPE_CLOCK (bgc_clock_get_type ())
G_DECLARE_INTERFACE (BgcClock, bgc_clock, BGC, CLOCK, GObject)

typedef void (*BgcAlarmFunc) (gpointer data);

struct _BgcClockInterface {
  GTypeInterface parent;
  gint64 (*wall) (BgcClock *self);
  gint64 (*boot) (BgcClock *self);
  const char *(*boot_id) (BgcClock *self);
  guint64 (*set_alarm) (BgcClock *self, gint64 when, const char *name, BgcAlarmFunc function, gpointer data);
  void (*cancel_alarm) (BgcClock *self, guint64 alarm);
  GTimeZone *(*zone) (BgcClock *self);
};

gint64 bgc_clock_wall (BgcClock *self);
gint64 bgc_clock_boot (BgcClock *self);
/* What turns wall time into what the clocks of this place show; as it is set now, transfer full. */
GTimeZone *bgc_clock_zone (BgcClock *self);
/* Which boot that time is of: the kernel's 36 characters, "" where it is not known. */
const char *bgc_clock_boot_id (BgcClock *self);
/* Calls @function once from the main loop when boot time has reached @when (at once, but never from
 * within this call, when it already has). @name is static, for the log; NULL where that would be a
 * line for every call. Never 0. */
guint64 bgc_clock_set_alarm (BgcClock *self, gint64 when, const char *name, BgcAlarmFunc function,
                             gpointer data);
/* One helper to disarm: cancels *@alarm if it is not 0 and makes it 0. A function that has begun to
 * run makes its own id 0 itself, first thing. */
void bgc_clock_clear_alarm (BgcClock *self, guint64 *alarm);
/* For those who implement it: emits "wall-set". */
void bgc_clock_tell_wall_set (BgcClock *self);
