/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock.h"

G_DEFINE_INTERFACE (BgcClock, bgc_clock, G_TYPE_OBJECT)

static guint wall_set;

static void
bgc_clock_default_init (BgcClockInterface *iface)
{
  wall_set
    = g_signal_new ("wall-set", BGC_TYPE_CLOCK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
bgc_clock_tell_wall_set (BgcClock *self)
{
  g_return_if_fail (BGC_IS_CLOCK (self));

  g_signal_emit (self, wall_set, 0);
}

gint64
bgc_clock_wall (BgcClock *self)
{
  g_return_val_if_fail (BGC_IS_CLOCK (self), 0);

  return BGC_CLOCK_GET_IFACE (self)->wall (self);
}

gint64
bgc_clock_boot (BgcClock *self)
{
  g_return_val_if_fail (BGC_IS_CLOCK (self), 0);

  return BGC_CLOCK_GET_IFACE (self)->boot (self);
}

GTimeZone *
bgc_clock_zone (BgcClock *self)
{
  g_return_val_if_fail (BGC_IS_CLOCK (self), NULL);

  return BGC_CLOCK_GET_IFACE (self)->zone (self);
}

const char *
bgc_clock_boot_id (BgcClock *self)
{
  g_return_val_if_fail (BGC_IS_CLOCK (self), "");

  return BGC_CLOCK_GET_IFACE (self)->boot_id (self);
}

guint64
bgc_clock_set_alarm (BgcClock *self, gint64 when, const char *name, BgcAlarmFunc function, gpointer data)
{
  g_return_val_if_fail (BGC_IS_CLOCK (self), 0);
  g_return_val_if_fail (function != NULL, 0);

  return BGC_CLOCK_GET_IFACE (self)->set_alarm (self, when, name, function, data);
}

void
bgc_clock_clear_alarm (BgcClock *self, guint64 *alarm)
{
  guint64 id = *alarm;

  if (id == 0)
    return;

  g_return_if_fail (BGC_IS_CLOCK (self));
  *alarm = 0;
  BGC_CLOCK_GET_IFACE (self)->cancel_alarm (self, id);
}
