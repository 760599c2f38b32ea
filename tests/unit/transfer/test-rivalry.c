/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-rivalry.h"

#include <math.h>

#define MILLISECOND G_TIME_SPAN_MILLISECOND
#define SECOND      G_TIME_SPAN_SECOND
/* Microseconds between two looks. */
#define STEP (20 * MILLISECOND)
/* Bytes that the link carries in a step: 20 Mbit/s. */
#define LINK 50000.0
/* Bytes in a step that we move while we stand aside. */
#define FLOOR 1500.0
/* Bytes in a step that are somebody, and steps without any that are nobody. */
#define LOUD  4000.0
#define QUIET 5u
/* Steps of a beginning. */
#define BEGINNING 20u

/* A link that serves us and others alike, and who is on it. */
typedef struct
{
  BgcRivalry rivalry;
  gboolean elsewhere; /* others do not share the link with us */
  double wanted;      /* bytes in a step that others would move if they could */
  double uneven;      /* part of that by which it goes up and down at random */
  double window;      /* bytes in a step that we would move */
  guint32 random;
  guint silent;       /* steps without others */
  guint since;        /* steps with them */
  guint steps, aside;
  double foreign, own; /* bytes, in all */
} Link;

static double
next_random (Link *self)
{
  self->random = self->random * 1664525 + 1013904223;
  return (double)(self->random >> 8) / (double)(1 << 24) * 2 - 1;
}

static void
look (Link *self)
{
  double wanted = self->wanted * (1 + self->uneven * next_random (self));
  double own = MIN (self->window, LINK);
  double foreign = self->elsewhere ? wanted : MIN (wanted, MAX (LINK - own, LINK / 2));
  gboolean loud = foreign > LOUD;
  gboolean beginning, aside;

  own = self->elsewhere ? own : MIN (own, LINK - foreign);
  self->silent = loud ? 0 : self->silent + 1;
  self->since = self->silent >= QUIET ? 0 : self->since + 1;
  beginning = loud && self->since <= BEGINNING;
  aside = bgc_rivalry_judge (&self->rivalry, STEP, (guint64)foreign, (guint64)own, loud,
                             self->silent >= QUIET, beginning);
  self->window = aside || beginning ? FLOOR : MIN (MAX (self->window, FLOOR) * 1.5, LINK);
  self->foreign += foreign;
  self->own += own;
  self->steps++;
  self->aside += aside ? 1 : 0;
}

static void
run (Link *self, gint64 time)
{
  self->foreign = self->own = 0;
  self->steps = self->aside = 0;
  for (gint64 now = 0; now < time; now += STEP)
    look (self);
  g_test_message ("others %.3f, we %.3f, aside %.3f of the time", self->foreign / LINK / self->steps,
                  self->own / LINK / self->steps, (double)self->aside / self->steps);
}

static double
part (const Link *self, double bytes)
{
  return bytes / LINK / self->steps;
}

static void
test_fair (void)
{
  Link link = { .wanted = LINK };

  run (&link, 8 * SECOND);
  g_assert_cmpfloat (part (&link, link.foreign), >, 0.91);
  run (&link, 60 * SECOND);
  g_assert_cmpfloat (part (&link, link.foreign), >, 0.95);
  /* Quiet ends it at once. */
  link.wanted = 0;
  run (&link, 500 * MILLISECOND);
  g_assert_cmpfloat (part (&link, link.own), >, 0.5);
  g_assert_cmpint (link.rivalry.phase, ==, BGC_RIVALRY_QUIET);
}

/* They find enough beside us. */
static void
test_room (void)
{
  Link link = { .wanted = 0.4 * LINK };

  run (&link, 10 * SECOND);
  g_assert_cmpuint (link.aside, ==, 0);
  g_assert_cmpfloat (part (&link, link.own), >, 0.54);
}

static void
test_elsewhere (void)
{
  Link link = { .wanted = 2 * LINK, .elsewhere = TRUE };

  run (&link, 10 * SECOND);
  g_assert_cmpuint (link.aside, ==, 0);
  /* What they do by themselves may look like our doing, but not for long. */
  link.wanted = LINK;
  run (&link, 10 * SECOND);
  g_assert_cmpfloat (part (&link, link.own), >, 0.75);
  run (&link, 10 * SECOND);
  g_assert_cmpfloat (part (&link, link.own), >, 0.99);
}

static void
test_uneven (void)
{
  Link link = { .wanted = LINK, .elsewhere = TRUE, .uneven = 0.5 };

  run (&link, 60 * SECOND);
  g_assert_cmpfloat (part (&link, link.own), >, 0.4);
}

/* Pieces of a film, which leave time between them. */
static void
test_pieces (void)
{
  Link link = { .wanted = 0 };
  double foreign = 0, own = 0;

  for (guint i = 0; i < 20; i++)
    {
      link.wanted = 0.45 * LINK;
      run (&link, 1500 * MILLISECOND);
      g_assert_cmpuint (link.aside, ==, 0);
      foreign += part (&link, link.foreign) / 20;
      link.wanted = 0;
      run (&link, 1500 * MILLISECOND);
      g_assert_cmpuint (link.aside, ==, 0);
      own += part (&link, link.own) / 20;
    }
  g_assert_cmpfloat (foreign, >, 0.44);
  g_assert_cmpfloat (own, >, 0.9);
}

/* It is no longer worth while to stand aside for those who want less. */
static void
test_contented (void)
{
  Link link = { .wanted = LINK };

  run (&link, 20 * SECOND);
  g_assert_cmpint (link.rivalry.pause, >, 4 * SECOND);
  link.wanted = 0.2 * LINK;
  run (&link, 3 * SECOND);
  run (&link, 10 * SECOND);
  g_assert_cmpfloat (part (&link, link.own), >, 0.75);
  g_assert_cmpint (link.rivalry.pause, ==, 0);
}

static void
test_nonsense (void)
{
  BgcRivalry rivalry = { 0 };

  g_assert_false (bgc_rivalry_judge (&rivalry, 0, 1, 1, TRUE, FALSE, FALSE));
  g_assert_false (bgc_rivalry_judge (&rivalry, -1, 1, 1, TRUE, FALSE, FALSE));
  g_assert_false (bgc_rivalry_judge (&rivalry, G_MAXINT64 / 4, G_MAXUINT64, G_MAXUINT64, TRUE, FALSE, FALSE));
  g_assert_false (bgc_rivalry_judge (&rivalry, 1, G_MAXUINT64, 0, TRUE, FALSE, FALSE));
  g_assert_false (bgc_rivalry_judge (&rivalry, STEP, 0, 0, FALSE, TRUE, FALSE));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rivalry/fair", test_fair);
  g_test_add_func ("/rivalry/room", test_room);
  g_test_add_func ("/rivalry/elsewhere", test_elsewhere);
  g_test_add_func ("/rivalry/uneven", test_uneven);
  g_test_add_func ("/rivalry/pieces", test_pieces);
  g_test_add_func ("/rivalry/contented", test_contented);
  g_test_add_func ("/rivalry/nonsense", test_nonsense);
  return g_test_run ();
}
