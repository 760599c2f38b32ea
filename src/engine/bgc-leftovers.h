/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Temporary files that could not be deleted: tried again at start and hourly until they are gone. Counted
 * in their owner's quota meanwhile. */

#pragma once

#include "engine/bgc-engine.h"

/* Microseconds between two tries. */
#define BGC_LEFTOVERS_INTERVAL (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

typedef struct _BgcLeftovers BgcLeftovers;

BgcLeftovers *bgc_leftovers_new (BgcEngine *engine);
void bgc_leftovers_free (BgcLeftovers *self);
/* @leftover (transfer full) is stored. */
void bgc_leftovers_add (BgcLeftovers *self, BgcLeftover *leftover);
/* Tries all now: at start, and when one was left on purpose, to be deleted after its job forgot it. */
void bgc_leftovers_try (BgcLeftovers *self);
guint bgc_leftovers_count (BgcLeftovers *self);
