/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-bandwidth.h"

#include <string.h>

#include "engine/bgc-conditions.h"
#include "engine/bgc-engine.h"
#include "engine/bgc-shares.h"

struct _BgcBandwidth
{
  BgcEngine *engine; /* (borrowed) */
  BgcTimetable timetable;
  gint64 until;      /* wall clock, microseconds: when the caps are others; 0 = never */
  guint64 alarm;
};

/* Those who live by the caps. */
static void
tell (BgcBandwidth *self)
{
  bgc_conditions_update (self->engine->conditions);
  bgc_shares_update (self->engine->shares);
}

static gint64
or_zero (gint64 when)
{
  return when == BGC_TIMETABLE_NEVER ? 0 : when;
}

static void
look (BgcBandwidth *self);

static void
look_up (BgcBandwidth *self, gint64 wall, BgcCaps *caps)
{
  g_autoptr (GTimeZone) zone = bgc_clock_zone (self->engine->clock);

  self->until = or_zero (bgc_timetable_at (&self->timetable, zone, wall, caps));
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    self->engine->opens[i]
      = bgc_caps_allow (caps, i) ? 0 : or_zero (bgc_timetable_opens (&self->timetable, zone, wall, i));
}

static void
on_alarm (gpointer data)
{
  BgcBandwidth *self = data;

  self->alarm = 0;
  look (self);
}

/* The wall clock tells when it is set, so that until then both clocks run alike. */
static void
arm (BgcBandwidth *self, gint64 wall)
{
  BgcEngine *engine = self->engine;
  gint64 left = MIN (self->until - wall, BGC_BANDWIDTH_LOOK);

  bgc_clock_clear_alarm (engine->clock, &self->alarm);
  if (self->until != 0)
    self->alarm
      = bgc_clock_set_alarm (engine->clock, bgc_engine_boot (engine) + left, "bandwidth", on_alarm, self);
}

static void
look (BgcBandwidth *self)
{
  BgcEngine *engine = self->engine;
  gint64 wall = bgc_engine_wall (engine);
  gint64 opened[BGC_N_PRIORITIES];
  BgcCaps caps;
  gboolean changed;

  memcpy (opened, engine->opens, sizeof opened);
  look_up (self, wall, &caps);
  arm (self, wall);
  changed = !bgc_caps_equal (&caps, &engine->caps);
  engine->caps = caps;
  if (changed)
    g_info ("The bandwidth has other limits");
  if (changed || memcmp (opened, engine->opens, sizeof opened) != 0)
    tell (self);
}

BgcBandwidth *
bgc_bandwidth_new (BgcEngine *engine)
{
  BgcBandwidth *self = g_new0 (BgcBandwidth, 1);

  self->engine = engine;
  bgc_timetable_init (&self->timetable);
  bgc_caps_init (&engine->caps);
  engine->shares = bgc_shares_new (engine);
  g_signal_connect_swapped (engine->clock, "wall-set", G_CALLBACK (look), self);
  return self;
}

void
bgc_bandwidth_free (BgcBandwidth *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->alarm);
  g_signal_handlers_disconnect_by_data (self->engine->clock, self);
  bgc_timetable_clear (&self->timetable);
  g_clear_pointer (&self->engine->shares, bgc_shares_free);
  g_free (self);
}

void
bgc_bandwidth_set (BgcBandwidth *self, const BgcTimetable *timetable)
{
  bgc_timetable_copy (&self->timetable, timetable);
  look (self);
}

const BgcTimetable *
bgc_bandwidth_timetable (BgcBandwidth *self)
{
  return &self->timetable;
}

const BgcCaps *
bgc_bandwidth_caps (BgcBandwidth *self)
{
  return &self->engine->caps;
}

gint64
bgc_bandwidth_until (BgcBandwidth *self)
{
  return self->until;
}
