/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What users were refused that they should not have tried, in the log: the first time, and then how often,
 * once in a while, so that the log is not what they fill. */

#pragma once

#include "host/bgc-clock.h"

/* Microseconds between two lines about one user and one kind of refusal. */
#define BGC_REFUSALS_INTERVAL (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)

typedef enum {
  BGC_REFUSAL_ANOTHERS_JOB = 0, /* called a job that is another user's */
  BGC_REFUSAL_RIGHT,            /* wanted what needs a right */
  BGC_REFUSAL_LIMIT,            /* had too much under way */
  BGC_N_REFUSALS
} BgcRefusal;

typedef struct _BgcRefusals BgcRefusals;

/* @clock is reffed. */
BgcRefusals *bgc_refusals_new (BgcClock *clock);
void bgc_refusals_free (BgcRefusals *self);
/* @uid was refused; @member (nullable) is what it called. TRUE if that was worth a line. */
gboolean bgc_refusals_note (BgcRefusals *self, guint32 uid, BgcRefusal refusal, const char *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcRefusals, bgc_refusals_free)
