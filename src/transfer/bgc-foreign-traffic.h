/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Whether somebody else begins to use an interface, from its byte counter: what delay tells a receiver only
 * after several round trips, and behind fair queues never. Their beginning counts in any case; what lasts is
 * left to the delay, unless it becomes less because of us (bgc-rivalry). */

#pragma once

#include <gio/gio.h>

typedef struct _BgcForeignTraffic BgcForeignTraffic;

/* Of the interface with @address; @sending: its counter of bytes sent. NULL: there is none to be read. */
BgcForeignTraffic *bgc_foreign_traffic_new (GInetAddress *address, gboolean sending);
void bgc_foreign_traffic_free (BgcForeignTraffic *self);
/* Bytes of our own that went through it since the last call, with their headers. */
void bgc_foreign_traffic_add (BgcForeignTraffic *self, guint64 bytes);
/* The index of the interface. */
guint bgc_foreign_traffic_interface (const BgcForeignTraffic *self);
/* Likewise of other owners' background connections, as their workers say: a little late, and not to be
 * believed. */
void bgc_foreign_traffic_add_others (BgcForeignTraffic *self, guint64 bytes);
/* Reads the counter, at most every 20 ms: before our own connections are looked at, or what comes meanwhile
 * were somebody else's. */
void bgc_foreign_traffic_count (BgcForeignTraffic *self, gint64 now);
/* Compares with what was added since. TRUE while we are to stand aside. */
gboolean bgc_foreign_traffic_look (BgcForeignTraffic *self, gint64 now);

/* ---- the rule alone, for tests ---- */

typedef struct
{
  guint64 ahead; /* bytes of our own in the last interval that were not in all of it: they may be in this */
  guint quiet;   /* intervals in a row in which next to nothing came from others */
  guint noisy;   /* intervals that what began has lasted; 0 = nothing has */
} BgcForeignTrafficRule;

/* What others said that they carried, against what can be: they say it in portions, at times of their own. */
typedef struct
{
  guint64 ahead; /* bytes said, and not yet seen */
  guint64 usual; /* bytes that they carry in an interval */
} BgcForeignTrafficClaim;

/* Another interval, in which @all bytes passed, @own of them ours, and of @said they were told that others
 * carried them. How many of them to believe. */
guint64 bgc_foreign_traffic_believe (BgcForeignTrafficClaim *claim, guint64 all, guint64 own, guint64 said);

/* Another interval, in which @all bytes passed and @own were ours. */
gboolean bgc_foreign_traffic_judge (BgcForeignTrafficRule *rule, guint64 all, guint64 own);
