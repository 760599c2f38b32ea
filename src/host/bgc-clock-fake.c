/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock-fake.h"

#include "host/bgc-alarm-queue.h"

/* Alarms that may fire without time going on before the test is told that it runs in circles. */
#define FIRINGS_MAX 1000000u

struct _BgcClockFake
{
  GObject parent;
  BgcAlarmQueue *alarms; /* (owned) */
  gint64 wall;
  gint64 boot;
  char *boot_id;   /* (owned) */
  GTimeZone *zone; /* (owned) */
};

static void bgc_clock_fake_iface_init (BgcClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcClockFake, bgc_clock_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_CLOCK, bgc_clock_fake_iface_init))

static gint64
bgc_clock_fake_wall (BgcClock *clock)
{
  return BGC_CLOCK_FAKE (clock)->wall;
}

static gint64
bgc_clock_fake_boot (BgcClock *clock)
{
  return BGC_CLOCK_FAKE (clock)->boot;
}

static const char *
bgc_clock_fake_boot_id (BgcClock *clock)
{
  return BGC_CLOCK_FAKE (clock)->boot_id;
}

static GTimeZone *
bgc_clock_fake_zone (BgcClock *clock)
{
  return g_time_zone_ref (BGC_CLOCK_FAKE (clock)->zone);
}

static guint64
bgc_clock_fake_set_alarm (BgcClock *clock, gint64 when, const char *name, BgcAlarmFunc function,
                          gpointer data)
{
  return bgc_alarm_queue_add (BGC_CLOCK_FAKE (clock)->alarms, when, name, function, data);
}

static void
bgc_clock_fake_cancel_alarm (BgcClock *clock, guint64 alarm)
{
  bgc_alarm_queue_remove (BGC_CLOCK_FAKE (clock)->alarms, alarm);
}

static void
bgc_clock_fake_iface_init (BgcClockInterface *iface)
{
  iface->wall = bgc_clock_fake_wall;
  iface->boot = bgc_clock_fake_boot;
  iface->boot_id = bgc_clock_fake_boot_id;
  iface->set_alarm = bgc_clock_fake_set_alarm;
  iface->cancel_alarm = bgc_clock_fake_cancel_alarm;
  iface->zone = bgc_clock_fake_zone;
}

static void
bgc_clock_fake_finalize (GObject *object)
{
  bgc_alarm_queue_free (BGC_CLOCK_FAKE (object)->alarms);
  g_free (BGC_CLOCK_FAKE (object)->boot_id);
  g_time_zone_unref (BGC_CLOCK_FAKE (object)->zone);

  G_OBJECT_CLASS (bgc_clock_fake_parent_class)->finalize (object);
}

static void
bgc_clock_fake_class_init (BgcClockFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_clock_fake_finalize;
}

static void
bgc_clock_fake_init (BgcClockFake *self)
{
  self->alarms = bgc_alarm_queue_new ();
  self->boot_id = g_strdup ("00000000-0000-0000-0000-000000000001");
  self->zone = g_time_zone_new_utc ();
}

BgcClockFake *
bgc_clock_fake_new (gint64 wall, gint64 boot)
{
  BgcClockFake *self = g_object_new (BGC_TYPE_CLOCK_FAKE, NULL);

  self->wall = wall;
  self->boot = boot;

  return self;
}

static void
run_until_idle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
move_to (BgcClockFake *self, gint64 boot)
{
  if (boot <= self->boot)
    return;

  self->wall += boot - self->boot;
  self->boot = boot;
}

void
bgc_clock_fake_advance (BgcClockFake *self, gint64 microseconds)
{
  g_autoptr (BgcClockFake) alive = g_object_ref (self);
  gint64 end = self->boot + microseconds;
  gint64 when;
  guint firings = 0;

  g_return_if_fail (microseconds >= 0);

  run_until_idle ();
  while (bgc_alarm_queue_next (self->alarms, &when) && when <= end)
    {
      BgcAlarm alarm;

      move_to (self, when);
      if (!bgc_alarm_queue_take (self->alarms, end, G_MAXUINT64, &alarm))
        break;
      if (++firings > FIRINGS_MAX)
        {
          g_critical ("The alarm %s is set again and again", alarm.name);
          break;
        }
      alarm.function (alarm.data);
      run_until_idle ();
    }
  move_to (self, end);
  run_until_idle ();
}

void
bgc_clock_fake_shift_wall (BgcClockFake *self, gint64 microseconds)
{
  self->wall += microseconds;
  bgc_clock_tell_wall_set (BGC_CLOCK (self));
}

void
bgc_clock_fake_set_zone (BgcClockFake *self, const char *identifier)
{
  g_time_zone_unref (self->zone);
  self->zone = g_time_zone_new_identifier (identifier);
  g_assert_nonnull (self->zone);
}

void
bgc_clock_fake_set_boot_id (BgcClockFake *self, const char *boot_id)
{
  g_free (self->boot_id);
  self->boot_id = g_strdup (boot_id);
}

guint
bgc_clock_fake_pending (BgcClockFake *self)
{
  return bgc_alarm_queue_length (self->alarms);
}

gint64
bgc_clock_fake_next (BgcClockFake *self)
{
  gint64 when;

  return bgc_alarm_queue_next (self->alarms, &when) ? when : -1;
}
