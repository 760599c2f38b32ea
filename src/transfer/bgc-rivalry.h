/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Whether what others move on an interface becomes less because of us: behind queues that serve everybody
 * alike there is no delay that would tell. A trial: what do others move while we stand aside, and what once
 * we have grown? Where it is clearly less, and ours is what they lost, we stand aside for longer and longer;
 * where it is not, they are not in our way. Pure: times and bytes are passed in. */

#pragma once

#include <glib.h>

typedef enum
{
  BGC_RIVALRY_QUIET,   /* nobody else is there, or has only just come */
  BGC_RIVALRY_TRYING,  /* we grow, and see what becomes of the others */
  BGC_RIVALRY_ASIDE,
} BgcRivalryPhase;

/* Fields are the module's; read them in tests. Rates are bytes a second. */
typedef struct
{
  BgcRivalryPhase phase;
  gint64 lasted;    /* microseconds that the phase has */
  gint64 falling;   /* microseconds for which others have had less than before */
  gint64 pause;     /* microseconds of standing aside, the last time; 0 = not yet, or long ago */
  double foreign;   /* what others move now */
  double steady;    /* the same over a longer time */
  double own;       /* what we move now */
  double reference; /* what others moved while we stood aside, or more if they came to it beside us */
  double fallen;    /* what they had left when we stood aside again */
  double noise;     /* how much what they move changes while we stand aside */
} BgcRivalry;

/* Another @elapsed microseconds in which others moved @foreign bytes and we @own. @loud: others did move
 * something; @quiet: they have not for a while; @beginning: they have only just come. TRUE: stand aside. */
gboolean bgc_rivalry_judge (BgcRivalry *self, gint64 elapsed, guint64 foreign, guint64 own, gboolean loud,
                            gboolean quiet, gboolean beginning);
