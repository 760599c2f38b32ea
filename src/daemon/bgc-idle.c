/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-idle.h"

/* Looked at so often in one period: who came and left in between is missed, and touches. */
#define LOOKS_PER_PERIOD 4

struct _BgcIdle {
  BgcClock *clock;       /* (owned) */
  gint64 period;         /* microseconds */
  gint64 since;          /* boot microseconds: the last time there was something */
  guint64 alarm;
  BgcIdleBusyFunc busy;
  BgcIdleFunc idle;
  gpointer data;         /* borrowed, of both */
};

static void look (gpointer data);

static void
look_later (BgcIdle *self)
{
  gint64 now = bgc_clock_boot (self->clock);
  gint64 next = MIN (now + self->period / LOOKS_PER_PERIOD, self->since + self->period);

  self->alarm = bgc_clock_set_alarm (self->clock, MAX (next, now + 1), "idle", look, self);
}

static void
look (gpointer data)
{
  BgcIdle *self = data;
  gint64 now = bgc_clock_boot (self->clock);

  self->alarm = 0;
  if (self->busy (self->data))
    self->since = now;
  if (now - self->since < self->period)
    look_later (self);
  else
    self->idle (self->data);
}

BgcIdle *
bgc_idle_new (BgcClock *clock, guint seconds, BgcIdleBusyFunc busy, BgcIdleFunc idle, gpointer data)
{
  BgcIdle *self = g_new0 (BgcIdle, 1);

  self->clock = g_object_ref (clock);
  self->period = (gint64) seconds * G_USEC_PER_SEC;
  self->busy = busy;
  self->idle = idle;
  self->data = data;
  bgc_idle_restart (self);
  return self;
}

void
bgc_idle_free (BgcIdle *self)
{
  bgc_clock_clear_alarm (self->clock, &self->alarm);
  g_object_unref (self->clock);
  g_free (self);
}

void
bgc_idle_touch (BgcIdle *self)
{
  self->since = bgc_clock_boot (self->clock);
}

void
bgc_idle_restart (BgcIdle *self)
{
  bgc_clock_clear_alarm (self->clock, &self->alarm);
  self->since = bgc_clock_boot (self->clock);
  look_later (self);
}
