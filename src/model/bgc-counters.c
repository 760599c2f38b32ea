/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-counters.h"

static void
add (guint64 *sum, guint64 more)
{
  *sum = more > G_MAXUINT64 - *sum ? G_MAXUINT64 : *sum + more;
}

void
bgc_counters_add (BgcCounters *self, const BgcCounters *more)
{
  add (&self->received, more->received);
  add (&self->sent, more->sent);
  add (&self->refetched, more->refetched);
  add (&self->saved, more->saved);
}
