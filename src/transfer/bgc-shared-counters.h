/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What background connections carry over each interface, told to the workers of other owners, and what those
 * tell: in pages of memory that the daemon gives (ShareCounters in org.example.BackgroundCopy.Worker.xml).
 * Nothing here waits for anybody. Others may write what they like, at any moment: numbers that fall or jump
 * count as nothing, and what is left is bounded by what an interface can carry. */

#pragma once

#include <glib.h>

typedef struct _BgcSharedCounters BgcSharedCounters;

/* Of one interface, since something. */
typedef struct
{
  guint64 received; /* bytes with headers */
  guint64 sent;     /* likewise */
} BgcSharedCount;

BgcSharedCounters *bgc_shared_counters_new (void);
void bgc_shared_counters_free (BgcSharedCounters *self);
/* Ours go into the page @own from now on, and theirs are those of @others. What is no such page is left out;
 * the descriptors stay the caller's, who may close them. FALSE: ours could not be told to anybody. */
gboolean bgc_shared_counters_use (BgcSharedCounters *self, int own, const int *others, guint n_others);
/* Our connections carried so much more over @interface, its index; said before each look of every one that
 * they are on, and be it nothing. */
void bgc_shared_counters_add (BgcSharedCounters *self, guint interface, const BgcSharedCount *more);
/* Looks at others' pages, monotonic microseconds @now. */
void bgc_shared_counters_look (BgcSharedCounters *self, gint64 now);
/* Whether there was room for @interface, so that others are heard of on it. */
gboolean bgc_shared_counters_knows (const BgcSharedCounters *self, guint interface);
/* What others' connections carried over @interface between the last two; nothing where ours are not. */
BgcSharedCount bgc_shared_counters_grown (const BgcSharedCounters *self, guint interface);
/* Others whose pages are looked at. */
guint bgc_shared_counters_others (const BgcSharedCounters *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSharedCounters, bgc_shared_counters_free)
