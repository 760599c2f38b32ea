/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Temporary files that could not be deleted: tried again at start and hourly until they are gone, for weeks.
 * Counted in their owner's quota meanwhile. */

#pragma once

#include "engine/bgc-engine.h"

/* Microseconds between two tries. */
#define BGC_LEFTOVERS_INTERVAL (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* Microseconds after which one is no longer tried: the disk it was on is not coming back. */
#define BGC_LEFTOVERS_PATIENCE (28 * 24 * BGC_LEFTOVERS_INTERVAL)

typedef struct _BgcLeftovers BgcLeftovers;

BgcLeftovers *bgc_leftovers_new (BgcEngine *engine);
void bgc_leftovers_free (BgcLeftovers *self);
/* @leftover (transfer full) is stored. */
void bgc_leftovers_add (BgcLeftovers *self, BgcLeftover *leftover);
/* Tries all now. */
void bgc_leftovers_try (BgcLeftovers *self);
/* Those of one owner, when one was left on purpose, to be deleted after its job forgot it. */
void bgc_leftovers_try_owner (BgcLeftovers *self, guint32 owner);
guint bgc_leftovers_count (BgcLeftovers *self);
