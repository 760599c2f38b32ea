/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-alarm-queue.h"

static void
nothing (gpointer data)
{
}

static guint64
add (BgcAlarmQueue *queue, gint64 when)
{
  return bgc_alarm_queue_add (queue, when, "test", nothing, GINT_TO_POINTER (7));
}

static void
test_empty (void)
{
  g_autoptr (BgcAlarmQueue) queue = bgc_alarm_queue_new ();
  BgcAlarm alarm;
  gint64 when = 77;

  g_assert_false (bgc_alarm_queue_next (queue, &when));
  g_assert_false (bgc_alarm_queue_take (queue, G_MAXINT64, G_MAXUINT64, &alarm));
  g_assert_false (bgc_alarm_queue_remove (queue, 1));
  g_assert_cmpuint (bgc_alarm_queue_length (queue), ==, 0);
  g_assert_cmpint (when, ==, 77);
  bgc_alarm_queue_free (NULL);
}

static void
test_take (void)
{
  g_autoptr (BgcAlarmQueue) queue = bgc_alarm_queue_new ();
  guint64 late = add (queue, 20);
  guint64 early = add (queue, 10);
  guint64 also_early = add (queue, 10);
  BgcAlarm alarm;
  gint64 when = 0;

  g_assert_true (bgc_alarm_queue_next (queue, &when));
  g_assert_cmpint (when, ==, 10);
  g_assert_false (bgc_alarm_queue_take (queue, 9, G_MAXUINT64, &alarm));
  g_assert_true (bgc_alarm_queue_take (queue, 10, G_MAXUINT64, &alarm));
  g_assert_cmpuint (alarm.id, ==, early);
  g_assert_cmpstr (alarm.name, ==, "test");
  g_assert_true (alarm.function == nothing);
  g_assert_cmpint (GPOINTER_TO_INT (alarm.data), ==, 7);
  g_assert_true (bgc_alarm_queue_take (queue, 10, G_MAXUINT64, &alarm));
  g_assert_cmpuint (alarm.id, ==, also_early);
  g_assert_false (bgc_alarm_queue_take (queue, 19, G_MAXUINT64, &alarm));
  g_assert_true (bgc_alarm_queue_take (queue, 100, G_MAXUINT64, &alarm));
  g_assert_cmpuint (alarm.id, ==, late);
  g_assert_cmpuint (bgc_alarm_queue_length (queue), ==, 0);
}

/* What was set after a certain moment stays, though it is due. */
static void
test_take_before (void)
{
  g_autoptr (BgcAlarmQueue) queue = bgc_alarm_queue_new ();
  guint64 old = add (queue, 5);
  guint64 before = bgc_alarm_queue_next_id (queue);
  guint64 newer = add (queue, 1);
  BgcAlarm alarm;

  g_assert_true (bgc_alarm_queue_take (queue, 5, before, &alarm));
  g_assert_cmpuint (alarm.id, ==, old);
  g_assert_false (bgc_alarm_queue_take (queue, 5, before, &alarm));
  g_assert_true (bgc_alarm_queue_take (queue, 5, bgc_alarm_queue_next_id (queue), &alarm));
  g_assert_cmpuint (alarm.id, ==, newer);
}

static void
test_remove (void)
{
  g_autoptr (BgcAlarmQueue) queue = bgc_alarm_queue_new ();
  guint64 first = add (queue, 1);
  guint64 second = add (queue, 2);
  gint64 when = 0;

  g_assert_true (bgc_alarm_queue_remove (queue, first));
  g_assert_false (bgc_alarm_queue_remove (queue, first));
  g_assert_true (bgc_alarm_queue_next (queue, &when));
  g_assert_cmpint (when, ==, 2);
  g_assert_true (bgc_alarm_queue_remove (queue, second));
  g_assert_cmpuint (add (queue, 3), >, second);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alarm-queue/empty", test_empty);
  g_test_add_func ("/alarm-queue/take", test_take);
  g_test_add_func ("/alarm-queue/take/before", test_take_before);
  g_test_add_func ("/alarm-queue/remove", test_remove);

  return g_test_run ();
}
