/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-timetable.h"

#define MINUTE 60 /* seconds */
#define DAY (24 * 60 * MINUTE)
#define DAY_MINUTES 1440u
#define EPOCH_DAY 3 /* 1970-01-01 was a Thursday */
/* Days ahead in which each minute of a week comes at least once whatever is done to the clocks: what does
 * not change until then never does. */
#define HORIZON 16

static gint64
floor_divide (gint64 number, gint64 by)
{
  return number / by - (number % by < 0 ? 1 : 0);
}

/* ---- life ---- */

void
bgc_timetable_init (BgcTimetable *self)
{
  bgc_caps_init (&self->base);
  self->windows = g_array_new (FALSE, FALSE, sizeof (BgcTimetableWindow));
  self->maintenance = g_array_new (FALSE, FALSE, sizeof (BgcTimetableWindow));
}

void
bgc_timetable_clear (BgcTimetable *self)
{
  g_clear_pointer (&self->windows, g_array_unref);
  g_clear_pointer (&self->maintenance, g_array_unref);
}

void
bgc_timetable_copy (BgcTimetable *self, const BgcTimetable *other)
{
  g_return_if_fail (self != other);

  bgc_timetable_clear (self);
  self->base = other->base;
  self->windows = g_array_copy (other->windows);
  self->maintenance = g_array_copy (other->maintenance);
}

gboolean
bgc_timetable_varies (const BgcTimetable *self)
{
  return self->windows->len > 0 || self->maintenance->len > 0;
}

/* ---- one moment ---- */

static const BgcTimetableWindow *
find_open (const GArray *windows, guint day, guint minute)
{
  for (guint i = 0; i < windows->len; i++)
    {
      const BgcTimetableWindow *window = &g_array_index (windows, BgcTimetableWindow, i);

      if (bgc_timetable_window_holds (window, day, minute))
        return window;
    }
  return NULL;
}

/* The caps when the local clock shows @local, seconds after the midnight before 1970-01-01. */
static void
caps_at (const BgcTimetable *self, gint64 local, BgcCaps *caps)
{
  gint64 days = floor_divide (local, DAY);
  guint minute = (guint)((local - days * DAY) / MINUTE);
  guint day = (guint)(days + EPOCH_DAY - floor_divide (days + EPOCH_DAY, 7) * 7);
  const BgcTimetableWindow *window = find_open (self->maintenance, day, minute);

  if (window != NULL)
    bgc_caps_init (caps);
  else
    {
      *caps = self->base;
      window = find_open (self->windows, day, minute);
    }
  if (window != NULL)
    bgc_timetable_window_apply (window, caps);
}

/* ---- the next change ---- */

/* A stretch of time in which the local clock runs as any clock does. */
typedef struct {
  gint64 begin; /* seconds since the epoch */
  gint64 end;   /* and likewise; the first that does not belong to it */
  gint64 offset; /* seconds that the local clock is ahead */
} Stretch;

static gint64
offset_at (GTimeZone *zone, gint64 seconds)
{
  return g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, seconds));
}

/* GLib knows when its intervals end and does not tell: found by halving. */
static void
find_stretch (GTimeZone *zone, gint64 begin, gint64 horizon, Stretch *stretch)
{
  int interval = g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, begin);
  gint64 inside = begin, outside = horizon;

  stretch->begin = begin;
  stretch->offset = offset_at (zone, begin);
  stretch->end = horizon;
  if (g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, horizon) == interval)
    return;
  while (outside - inside > 1)
    {
      gint64 middle = inside + (outside - inside) / 2;

      if (g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, middle) == interval)
        inside = middle;
      else
        outside = middle;
    }
  stretch->end = outside;
}

static void
mark_edges (const GArray *windows, gboolean *edges)
{
  for (guint i = 0; i < windows->len; i++)
    {
      const BgcTimetableWindow *window = &g_array_index (windows, BgcTimetableWindow, i);

      edges[window->begin % DAY_MINUTES] = edges[window->end % DAY_MINUTES] = TRUE;
    }
}

/* Minutes of a day (element-type guint) at which anything may change, in order. */
static GArray *
list_edges (const BgcTimetable *self)
{
  gboolean edges[DAY_MINUTES] = { TRUE }; /* another day may be another weekday */
  GArray *list = g_array_new (FALSE, FALSE, sizeof (guint));

  mark_edges (self->windows, edges);
  mark_edges (self->maintenance, edges);
  for (guint minute = 0; minute < DAY_MINUTES; minute++)
    if (edges[minute])
      g_array_append_val (list, minute);
  return list;
}

/* The first moment behind the beginning of @stretch and in it that has other caps than @caps, or its end. */
static gint64
search (const BgcTimetable *self, const GArray *edges, const Stretch *stretch, const BgcCaps *caps)
{
  gint64 begin = stretch->begin + stretch->offset;
  gint64 end = stretch->end + stretch->offset;

  for (gint64 day = floor_divide (begin, DAY); day * DAY < end; day++)
    for (guint i = 0; i < edges->len; i++)
      {
        gint64 local = day * DAY + (gint64)g_array_index (edges, guint, i) * MINUTE;
        BgcCaps then;

        if (local <= begin)
          continue;
        if (local >= end)
          break;
        caps_at (self, local, &then);
        if (!bgc_caps_equal (&then, caps))
          return local - stretch->offset;
      }
  return stretch->end;
}

gint64
bgc_timetable_at (const BgcTimetable *self, GTimeZone *zone, gint64 wall, BgcCaps *caps)
{
  gint64 now = floor_divide (wall, G_USEC_PER_SEC);
  gint64 horizon = now + HORIZON * DAY;
  g_autoptr (GArray) edges = NULL;
  Stretch stretch = { .end = now };

  caps_at (self, now + offset_at (zone, now), caps);
  if (!bgc_timetable_varies (self))
    return BGC_TIMETABLE_NEVER;
  edges = list_edges (self);
  while (stretch.end < horizon)
    {
      gint64 change;
      BgcCaps then;

      find_stretch (zone, stretch.end, horizon, &stretch);
      change = search (self, edges, &stretch, caps);
      caps_at (self, change + offset_at (zone, change), &then);
      if (!bgc_caps_equal (&then, caps))
        return change * G_USEC_PER_SEC;
    }
  return BGC_TIMETABLE_NEVER;
}

gint64
bgc_timetable_opens (const BgcTimetable *self, GTimeZone *zone, gint64 wall, BgcPriority priority)
{
  gint64 horizon = wall + (gint64)HORIZON * DAY * G_USEC_PER_SEC;
  BgcCaps caps;

  while (wall < horizon)
    {
      gint64 next = bgc_timetable_at (self, zone, wall, &caps);

      if (bgc_caps_allow (&caps, priority))
        return wall;
      wall = next;
    }
  return BGC_TIMETABLE_NEVER;
}
