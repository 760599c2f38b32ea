/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-clock-system.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "host/bgc-alarm-queue.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define NANOSECONDS_PER_MICROSECOND 1000
#define DISARMED G_MAXINT64 /* a time at which the timer never goes off */
/* Seconds since the epoch that the wall clock's timer is set to, of which the kernel makes the last moment
 * that it knows: it is there to be cancelled. */
#define FAR G_GINT64_CONSTANT (100000000000)

/* The source watches the descriptors. It belongs to the clock and borrows it back: finalizing the clock
 * destroys the source. */
typedef struct
{
  GSource source;
  BgcClockSystem *clock;
  gpointer wall; /* (nullable) what GLib calls the wall clock's descriptor */
} ClockSource;

struct _BgcClockSystem
{
  GObject parent;
  BgcAlarmQueue *alarms; /* (owned) */
  GSource *source;       /* (owned) (nullable) NULL where the kernel gave no descriptor */
  int fd;                /* (owned) timerfd, -1 if none */
  int wall_fd;           /* (owned) another, that is cancelled when the wall clock is set; -1 if none */
  char *boot_id;         /* (owned) */
  gint64 armed;          /* what the timer is set to, boot clock, or DISARMED */
};

static void bgc_clock_system_iface_init (BgcClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcClockSystem, bgc_clock_system, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_CLOCK, bgc_clock_system_iface_init))

static gint64
read_clock (clockid_t clock)
{
  struct timespec now = { 0 };

  clock_gettime (clock, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / NANOSECONDS_PER_MICROSECOND;
}

/* Sets the timer to the first alarm, and to nothing when there is none: an idle process sleeps. The
 * kernel is asked only when that time changes. */
static void
arm (BgcClockSystem *self)
{
  struct itimerspec setting = { 0 };
  gint64 when = DISARMED;

  if (bgc_alarm_queue_next (self->alarms, &when))
    when = CLAMP (when, 1, DISARMED - 1); /* 0 would disarm; a time long past goes off at once */
  if (when == self->armed)
    return;

  self->armed = when;
  if (when != DISARMED)
    {
      setting.it_value.tv_sec = (time_t) (when / G_USEC_PER_SEC);
      setting.it_value.tv_nsec = (long) (when % G_USEC_PER_SEC) * NANOSECONDS_PER_MICROSECOND;
    }
  if (timerfd_settime (self->fd, TFD_TIMER_ABSTIME, &setting, NULL) < 0)
    g_critical ("The timer could not be set: %s", g_strerror (errno));
}

/* Fires what is due now; what the functions set meanwhile waits for the next turn of the loop, so that
 * an alarm that sets itself again does not starve the rest. */
static void
fire (BgcClockSystem *self)
{
  g_autoptr (BgcClockSystem) alive = g_object_ref (self);
  gint64 now = read_clock (CLOCK_BOOTTIME);
  guint64 before = bgc_alarm_queue_next_id (self->alarms);
  BgcAlarm alarm;

  while (bgc_alarm_queue_take (alive->alarms, now, before, &alarm))
    {
      if (alarm.name != NULL)
        g_debug ("Alarm %s", alarm.name);
      alarm.function (alarm.data);
    }

  /* The timer has gone off and stands at nothing, whatever it was set to. */
  alive->armed = DISARMED;
  arm (alive);
}

/* FALSE if nobody is going to tell when the wall clock is set. */
static gboolean
arm_wall (BgcClockSystem *self)
{
  struct itimerspec setting = { .it_value.tv_sec = FAR };

  return self->wall_fd >= 0
         && timerfd_settime (self->wall_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, NULL) == 0;
}

static void
forget_wall (BgcClockSystem *self)
{
  ClockSource *source = (ClockSource *) self->source;

  if (source != NULL && source->wall != NULL)
    g_source_remove_unix_fd (self->source, g_steal_pointer (&source->wall));
  if (self->wall_fd >= 0)
    close (self->wall_fd);
  self->wall_fd = -1;
}

/* The wall clock's timer is cancelled, and reading it says so, once. */
static void
check_wall (BgcClockSystem *self)
{
  guint64 expirations;
  gboolean armed;

  if (read (self->wall_fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
    return;
  /* Set once more meanwhile: the timer is armed, and that was all there will be heard of it. */
  do
    {
      bgc_clock_tell_wall_set (BGC_CLOCK (self));
      armed = arm_wall (self);
    }
  while (!armed && errno == ECANCELED);
  if (armed)
    return;
  g_warning ("Nobody tells any more when the wall clock is set: %s", g_strerror (errno));
  forget_wall (self);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  g_autoptr (BgcClockSystem) self = g_object_ref (((ClockSource *) source)->clock);
  gpointer wall = ((ClockSource *) source)->wall;
  guint64 expirations;

  /* First, so that alarms see what came of it. */
  if (wall != NULL && g_source_query_unix_fd (source, wall) != 0)
    check_wall (self);

  /* Makes the descriptor quiet. EAGAIN: it was set anew since it was polled, nothing is due. */
  if (read (self->fd, &expirations, sizeof expirations) == sizeof expirations)
    fire (self);

  return G_SOURCE_CONTINUE;
}

static gint64
bgc_clock_system_wall (BgcClock *clock)
{
  return read_clock (CLOCK_REALTIME);
}

static gint64
bgc_clock_system_boot (BgcClock *clock)
{
  return read_clock (CLOCK_BOOTTIME);
}

static const char *
bgc_clock_system_boot_id (BgcClock *clock)
{
  return BGC_CLOCK_SYSTEM (clock)->boot_id;
}

/* GLib keeps a zone only while the environment names it, which does not change. */
static GTimeZone *
bgc_clock_system_zone (BgcClock *clock)
{
  return g_time_zone_new_local ();
}

static guint64
bgc_clock_system_set_alarm (BgcClock *clock, gint64 when, const char *name, BgcAlarmFunc function,
                            gpointer data)
{
  BgcClockSystem *self = BGC_CLOCK_SYSTEM (clock);
  guint64 id = bgc_alarm_queue_add (self->alarms, when, name, function, data);

  arm (self);

  return id;
}

static void
bgc_clock_system_cancel_alarm (BgcClock *clock, guint64 alarm)
{
  BgcClockSystem *self = BGC_CLOCK_SYSTEM (clock);

  bgc_alarm_queue_remove (self->alarms, alarm);
  arm (self);
}

static void
bgc_clock_system_iface_init (BgcClockInterface *iface)
{
  iface->wall = bgc_clock_system_wall;
  iface->boot = bgc_clock_system_boot;
  iface->boot_id = bgc_clock_system_boot_id;
  iface->set_alarm = bgc_clock_system_set_alarm;
  iface->cancel_alarm = bgc_clock_system_cancel_alarm;
  iface->zone = bgc_clock_system_zone;
}

static void
bgc_clock_system_finalize (GObject *object)
{
  BgcClockSystem *self = BGC_CLOCK_SYSTEM (object);

  forget_wall (self);
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
  if (self->fd >= 0)
    close (self->fd);
  bgc_alarm_queue_free (self->alarms);
  g_free (self->boot_id);

  G_OBJECT_CLASS (bgc_clock_system_parent_class)->finalize (object);
}

static void
bgc_clock_system_class_init (BgcClockSystemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_clock_system_finalize;
}

static void
bgc_clock_system_init (BgcClockSystem *self)
{
  self->alarms = bgc_alarm_queue_new ();
  self->fd = self->wall_fd = -1;
  self->armed = DISARMED;
}

static void
attach (BgcClockSystem *self)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };

  self->source = g_source_new (&funcs, sizeof (ClockSource));
  ((ClockSource *) self->source)->clock = self;
  g_source_set_name (self->source, "bgcopyd clock");
  g_source_add_unix_fd (self->source, self->fd, G_IO_IN);
  if (self->wall_fd >= 0)
    ((ClockSource *) self->source)->wall = g_source_add_unix_fd (self->source, self->wall_fd, G_IO_IN);
  g_source_attach (self->source, NULL);
}

/* Where there is none, deadlines take every start for another boot: the wall clock then decides. */
static char *
read_boot_id (void)
{
  char *text = NULL;

  /* lint: allow path because it is the kernel's, and nobody else names it */
  if (!g_file_get_contents (BOOT_ID_FILE, &text, NULL, NULL))
    return g_strdup ("");
  return g_strstrip (text);
}

BgcClock *
bgc_clock_system_new (GError **error)
{
  g_autoptr (BgcClockSystem) self = g_object_new (BGC_TYPE_CLOCK_SYSTEM, NULL);

  self->fd = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "No timer on the boot clock: %s",
                   g_strerror (errno));
      return NULL;
    }

  self->wall_fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  /* Without it the hour shows. */
  if (!arm_wall (self))
    forget_wall (self);
  self->boot_id = read_boot_id ();
  attach (self);
  return BGC_CLOCK (g_steal_pointer (&self));
}
