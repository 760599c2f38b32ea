/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-throttle.h"

/* Bytes a second at which a token is not seen in the life of a test. */
#define NEVER 1u

typedef struct
{
  BgcThrottle *throttle;
  GString *turns;
  char name;
  guint wants; /* turns */
  gsize taken;
} Reader;

static void
on_turn (gpointer data)
{
  Reader *self = data;

  g_string_append_c (self->turns, self->name);
  self->taken += bgc_throttle_take (self->throttle, 1000000);
  if (--self->wants > 0)
    bgc_throttle_await (self->throttle, on_turn, self);
}

static void
test_unlimited (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (BGC_TOKEN_BUCKET_UNLIMITED);

  g_assert_cmpuint (bgc_throttle_take (NULL, 5), ==, 5);
  g_assert_cmpuint (bgc_throttle_take_blocking (NULL, 5, NULL), ==, 5);
  bgc_throttle_give_back (NULL, 5);
  bgc_throttle_forget (NULL, NULL);
  g_assert_cmpuint (bgc_throttle_take (throttle, G_MAXSIZE), ==, G_MAXSIZE);
  g_assert_cmpuint (bgc_throttle_take_blocking (throttle, 5, NULL), ==, 5);
  bgc_throttle_give_back (throttle, 5);
}

/* It holds from the first time that somebody got nothing, unless there is no rate at all. */
static void
test_holds (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (NEVER);

  g_assert_false (bgc_throttle_holds (NULL));
  g_assert_false (bgc_throttle_holds (throttle));
  while (bgc_throttle_take (throttle, 1000000) > 0)
    ;
  g_assert_true (bgc_throttle_holds (throttle));
  bgc_throttle_set_rate (throttle, BGC_TOKEN_BUCKET_UNLIMITED);
  g_assert_false (bgc_throttle_holds (throttle));
}

/* Those on the main loop have their turn one after the other, and each gets something. */
static void
test_turns (void)
{
  const gint64 begin = g_get_monotonic_time ();
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (1000000);
  g_autoptr (GString) turns = g_string_new (NULL);
  Reader a = { throttle, turns, 'a', 3, 0 }, b = { throttle, turns, 'b', 3, 0 };

  bgc_throttle_await (throttle, on_turn, &a);
  bgc_throttle_await (throttle, on_turn, &b);
  while (a.wants > 0 || b.wants > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (turns->str, ==, "ababab");
  g_assert_cmpuint (a.taken, >=, 3 * 50000);
  g_assert_cmpuint (b.taken, >=, 3 * 50000);
  /* No faster than that, however fast the machine. */
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, (gint64)(a.taken + b.taken));
}

/* A higher rate ends a wait at once, and so does none. */
static void
test_change_wakes (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (NEVER);
  g_autoptr (GString) turns = g_string_new (NULL);
  Reader reader = { throttle, turns, 'r', 1, 0 };

  g_assert_cmpuint (bgc_throttle_take (throttle, 100), ==, 0);
  bgc_throttle_await (throttle, on_turn, &reader);
  bgc_throttle_set_rate (throttle, 10000000);
  while (reader.wants > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (reader.taken, >, 0);
  bgc_throttle_set_rate (throttle, NEVER);
  bgc_throttle_take (throttle, 1);
  reader.wants = 1;
  bgc_throttle_await (throttle, on_turn, &reader);
  bgc_throttle_set_rate (throttle, BGC_TOKEN_BUCKET_UNLIMITED);
  while (reader.wants > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (reader.taken, >=, 1000000);
}

/* Who was forgotten is not called, and holds up nobody behind. */
static void
test_forget (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (1000000);
  g_autoptr (GString) turns = g_string_new (NULL);
  Reader a = { throttle, turns, 'a', 1, 0 }, b = { throttle, turns, 'b', 1, 0 };

  bgc_throttle_await (throttle, on_turn, &a);
  bgc_throttle_await (throttle, on_turn, &b);
  bgc_throttle_forget (throttle, &a);
  while (b.wants > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (turns->str, ==, "b");
  bgc_throttle_await (throttle, on_turn, &a);
  bgc_throttle_forget (throttle, &a);
}

/* What one gives back is there for the next. */
static void
test_give_back (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (NEVER);

  g_assert_cmpuint (bgc_throttle_take_blocking (throttle, 1, NULL), ==, 1);
  g_assert_cmpuint (bgc_throttle_take (throttle, 1), ==, 0);
  bgc_throttle_give_back (throttle, 0);
  g_assert_cmpuint (bgc_throttle_take (throttle, 1), ==, 0);
  bgc_throttle_give_back (throttle, 1);
  g_assert_cmpuint (bgc_throttle_take (throttle, 1), ==, 1);
}

typedef struct
{
  BgcThrottle *throttle;
  GCancellable *cancellable;
  gint begun; /* atomic */
  gsize taken;
} Blocker;

static gpointer
block (gpointer data)
{
  Blocker *self = data;

  /* What there is goes first. */
  while (bgc_throttle_take (self->throttle, 1000) > 0)
    continue;
  g_atomic_int_set (&self->begun, 1);
  self->taken = bgc_throttle_take_blocking (self->throttle, 1000, self->cancellable);
  return NULL;
}

static GThread *
begin_blocking (Blocker *self)
{
  GThread *thread;

  self->begun = 0;
  thread = g_thread_new ("blocker", block, self);
  while (g_atomic_int_get (&self->begun) == 0)
    g_thread_yield ();
  return thread;
}

/* A thread that waits is woken by another rate, and by its cancellable. */
static void
test_blocking (void)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (NEVER);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Blocker blocker = { throttle, cancellable, 0, 0 };
  GThread *thread = begin_blocking (&blocker);

  bgc_throttle_set_rate (throttle, 1000000000);
  g_thread_join (thread);
  g_assert_cmpuint (blocker.taken, ==, 1000);
  bgc_throttle_set_rate (throttle, 1);
  thread = begin_blocking (&blocker);
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);
  g_assert_cmpuint (blocker.taken, <=, 1);
  g_assert_cmpuint (bgc_throttle_take_blocking (throttle, 1000, cancellable), <=, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/throttle/unlimited", test_unlimited);
  g_test_add_func ("/throttle/holds", test_holds);
  g_test_add_func ("/throttle/turns", test_turns);
  g_test_add_func ("/throttle/change-wakes", test_change_wakes);
  g_test_add_func ("/throttle/forget", test_forget);
  g_test_add_func ("/throttle/give-back", test_give_back);
  g_test_add_func ("/throttle/blocking", test_blocking);
  return g_test_run ();
}
