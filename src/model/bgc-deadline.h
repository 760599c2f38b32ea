/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A deadline that survives restart, suspend and reboot. Within one boot the boot clock alone decides, so
 * that nobody moves it by setting the wall clock; in another boot, what was left counts, less the wall time
 * that went by since it was last written down. Pure: times are passed in, all in microseconds. */

#pragma once

#include <glib.h>

#define BGC_DEADLINE_BOOT_ID_LENGTH 36u /* as the kernel writes one */

typedef struct {
  char boot_id[BGC_DEADLINE_BOOT_ID_LENGTH + 1]; /* of the boot it was anchored in; "" = unknown */
  gint64 boot;      /* boot clock of that boot: when it is over */
  gint64 remaining; /* what was left at @wall */
  gint64 wall;      /* wall clock when it was last written down */
} BgcDeadline;

/* @duration from now on; less than 0 means 0. @boot_id of another form counts as unknown. */
BgcDeadline *bgc_deadline_new (const char *boot_id, gint64 boot, gint64 wall, gint64 duration);
BgcDeadline *bgc_deadline_copy (const BgcDeadline *self); /* NULL gives NULL */
void bgc_deadline_free (BgcDeadline *self);
/* What is left, never negative. */
gint64 bgc_deadline_left (const BgcDeadline *self, const char *boot_id, gint64 boot, gint64 wall);
/* Writes down anew what is left now, in this boot: the same deadline. */
void bgc_deadline_refresh (BgcDeadline *self, const char *boot_id, gint64 boot, gint64 wall);
/* Wall clock of the deadline, as far as it was known when it was last written down. */
gint64 bgc_deadline_wall (const BgcDeadline *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcDeadline, bgc_deadline_free)
