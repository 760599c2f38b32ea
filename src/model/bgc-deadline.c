/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-deadline.h"

#include <string.h>

/* Sums of times that a damaged store may have made up. */
static gint64
add (gint64 a, gint64 b)
{
  gint64 sum;

  if (!__builtin_add_overflow (a, b, &sum))
    return sum;
  return a < 0 ? G_MININT64 : G_MAXINT64;
}

static gint64
subtract (gint64 a, gint64 b)
{
  gint64 difference;

  if (!__builtin_sub_overflow (a, b, &difference))
    return difference;
  return a < 0 ? G_MININT64 : G_MAXINT64;
}

static void
anchor (BgcDeadline *self, const char *boot_id, gint64 boot, gint64 wall, gint64 left)
{
  memset (self->boot_id, 0, sizeof self->boot_id);
  if (boot_id != NULL && strlen (boot_id) == BGC_DEADLINE_BOOT_ID_LENGTH)
    memcpy (self->boot_id, boot_id, BGC_DEADLINE_BOOT_ID_LENGTH);
  self->remaining = MAX (left, 0);
  self->boot = add (boot, self->remaining);
  self->wall = wall;
}

BgcDeadline *
bgc_deadline_new (const char *boot_id, gint64 boot, gint64 wall, gint64 duration)
{
  BgcDeadline *self = g_new0 (BgcDeadline, 1);

  anchor (self, boot_id, boot, wall, duration);
  return self;
}

BgcDeadline *
bgc_deadline_copy (const BgcDeadline *self)
{
  return self != NULL ? g_memdup2 (self, sizeof *self) : NULL;
}

void
bgc_deadline_free (BgcDeadline *self)
{
  g_free (self);
}

gint64
bgc_deadline_left (const BgcDeadline *self, const char *boot_id, gint64 boot, gint64 wall)
{
  gint64 remaining = MAX (self->remaining, 0);

  if (self->boot_id[0] != '\0' && g_strcmp0 (self->boot_id, boot_id) == 0)
    return MAX (subtract (self->boot, boot), 0);
  return CLAMP (subtract (remaining, subtract (wall, self->wall)), 0, remaining);
}

void
bgc_deadline_refresh (BgcDeadline *self, const char *boot_id, gint64 boot, gint64 wall)
{
  anchor (self, boot_id, boot, wall, bgc_deadline_left (self, boot_id, boot, wall));
}

gint64
bgc_deadline_wall (const BgcDeadline *self)
{
  return add (self->wall, MAX (self->remaining, 0));
}
