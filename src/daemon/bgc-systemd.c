/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-systemd.h"

#include <time.h>

#include <systemd/sd-daemon.h>

/* The watchdog hears of us this often in its time: one sign may come late. */
#define SIGNS_PER_PERIOD 3
/* Between two status lines: a queue that is being filled changes a thousand times a second. */
#define STATUS_INTERVAL G_USEC_PER_SEC

struct _BgcSystemd {
  BgcClock *clock;        /* (owned) */
  gint64 sign_interval;   /* microseconds, 0 = no watchdog */
  guint64 watchdog_alarm;
  guint64 status_alarm;
  guint jobs;
  gboolean told;          /* a status line was sent, */
  guint told_jobs;        /* with this number */
};

static void
sign_of_life (gpointer data)
{
  BgcSystemd *self = data;

  sd_notify (0, "WATCHDOG=1");
  self->watchdog_alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + self->sign_interval,
                                              "watchdog", sign_of_life, self);
}

BgcSystemd *
bgc_systemd_new (BgcClock *clock)
{
  BgcSystemd *self = g_new0 (BgcSystemd, 1);
  guint64 period = 0;

  self->clock = g_object_ref (clock);
  if (sd_watchdog_enabled (0, &period) > 0 && period > 0)
    {
      self->sign_interval = MAX (1, (gint64) (MIN (period, G_MAXINT64) / SIGNS_PER_PERIOD));
      sign_of_life (self);
    }
  return self;
}

void
bgc_systemd_free (BgcSystemd *self)
{
  bgc_clock_clear_alarm (self->clock, &self->watchdog_alarm);
  bgc_clock_clear_alarm (self->clock, &self->status_alarm);
  g_object_unref (self->clock);
  g_free (self);
}

void
bgc_systemd_ready (BgcSystemd *self)
{
  sd_notify (0, "READY=1");
}

void
bgc_systemd_reloading (BgcSystemd *self)
{
  gint64 now = 0;
  struct timespec time;

  /* lint: allow time because systemd compares this with a clock that stands still in suspend */
  if (clock_gettime (CLOCK_MONOTONIC, &time) == 0)
    now = (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
  sd_notifyf (0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, now);
}

void
bgc_systemd_stopping (BgcSystemd *self)
{
  bgc_clock_clear_alarm (self->clock, &self->status_alarm);
  sd_notify (0, "STOPPING=1\nSTATUS=");
}

static void
send_status (gpointer data)
{
  BgcSystemd *self = data;

  self->status_alarm = 0;
  if (self->told && self->told_jobs == self->jobs)
    return;
  self->told = TRUE;
  self->told_jobs = self->jobs;
  sd_notifyf (0, "STATUS=%u %s in the queue", self->jobs, self->jobs == 1 ? "job" : "jobs");
}

void
bgc_systemd_jobs (BgcSystemd *self, guint jobs)
{
  self->jobs = jobs;
  if (!self->told)
    send_status (self);
  else if (self->status_alarm == 0)
    self->status_alarm = bgc_clock_set_alarm (
      self->clock, bgc_clock_boot (self->clock) + STATUS_INTERVAL, "status line", send_status, self);
}
