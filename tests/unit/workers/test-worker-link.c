/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-link.h"

#include <string.h>

#include "hand-worker.h"

#define SECOND G_USEC_PER_SEC

/* A link and its worker, as each test has them. */
typedef struct
{
  BgcClockFake *clock;
  HandWorker *worker;
  BgcWorkerLink *link;
  HandLink seen;
  guint answers;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->link = hand_link_new (&fixture->seen, &fixture->worker, BGC_CLOCK (fixture->clock));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  bgc_worker_link_free (fixture->link);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
  hand_worker_free (fixture->worker);
  hand_settle ();
  hand_link_clear (&fixture->seen);
  g_clear_object (&fixture->clock);
}

static void
on_answer (GVariant *answer, gpointer data)
{
  ((Fixture *)data)->answers++;
}

static void
ping (Fixture *fixture)
{
  bgc_worker_link_call (fixture->link, "Ping", NULL, "()", on_answer, fixture, NULL);
}

static void
test_call (Fixture *fixture, gconstpointer data)
{
  ping (fixture);
  ping (fixture);
  hand_wait_until (fixture->answers == 2);
  g_assert_cmpuint (bgc_worker_link_answers (fixture->link), ==, 2);
  g_assert_cmpuint (fixture->worker->calls->len, ==, 2);
  g_assert_false (fixture->seen.broken);
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };

  hand_worker_report (fixture->worker, &id, 5, "[]");
  hand_worker_report (fixture->worker, &id, 6, "[]");
  hand_wait_until (fixture->seen.reports->len == 2);
  g_assert_false (fixture->seen.broken);
}

static void
test_closed (Fixture *fixture, gconstpointer data)
{
  hand_worker_hang_up (fixture->worker);
  hand_wait_until (fixture->seen.broken);
  g_assert_true (fixture->seen.crashed);
}

/* Breaches: each is the end. */
static void
test_unknown_signal (Fixture *fixture, gconstpointer data)
{
  hand_worker_signal (fixture->worker, "Hello", NULL);
  hand_wait_until (fixture->seen.broken);
  g_assert_false (fixture->seen.crashed);
}

static void
test_wrong_signal (Fixture *fixture, gconstpointer data)
{
  hand_worker_signal (fixture->worker, "Reports", g_variant_new ("(s)", "all is well"));
  hand_wait_until (fixture->seen.broken);
  g_assert_false (fixture->seen.crashed);
}

static void
test_wrong_answer (Fixture *fixture, gconstpointer data)
{
  fixture->worker->wrong = "('surprise',)";
  bgc_worker_link_call (fixture->link, "StopJob", g_variant_new ("(sb)", "x", TRUE), "()", on_answer, fixture,
                        NULL);
  hand_wait_until (fixture->seen.broken);
  g_assert_false (fixture->seen.crashed);
  g_assert_cmpuint (fixture->answers, ==, 0);
}

static void
test_error_answer (Fixture *fixture, gconstpointer data)
{
  bgc_worker_link_call (fixture->link, "Explode", NULL, "()", on_answer, fixture, NULL);
  hand_wait_until (fixture->seen.broken);
  g_assert_false (fixture->seen.crashed);
}

static void
test_large_frame (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');

  hand_worker_signal (fixture->worker, "Reports", g_variant_new ("(s)", text));
  hand_wait_until (fixture->seen.broken);
  g_assert_nonnull (strstr (fixture->seen.why, "too large"));
  g_assert_false (fixture->seen.crashed);
}

static void
test_large_header (Fixture *fixture, gconstpointer data)
{
  const guint8 header[16] = { 'l', 4, 0, 1, 0, 0, 0, 7, 1, 0, 0, 0, 8, 0, 0, 0 };

  hand_worker_write (fixture->worker, header, sizeof header);
  hand_wait_until (fixture->seen.broken);
  g_assert_nonnull (strstr (fixture->seen.why, "too large"));
}

/* A signal frame whose one string is not UTF-8: GDBus sees to that. */
static void
test_not_utf8 (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal (
    "/org/example/BackgroundCopy/Worker", "org.example.BackgroundCopy.Worker", "Reports");
  g_autofree guint8 *blob = NULL;
  gsize size;
  guint8 *marked;

  g_dbus_message_set_serial (message, 77);
  g_dbus_message_set_body (message, g_variant_new ("(s)", "MARK"));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  marked = memmem (blob, size, "MARK", 4);
  marked[1] = 0xff;
  g_test_expect_message ("GLib-GIO", G_LOG_LEVEL_WARNING, "Error decoding D-Bus message*");
  hand_worker_write (fixture->worker, blob, size);
  hand_wait_until (fixture->seen.broken);
  g_test_assert_expected_messages ();
  g_assert_false (fixture->seen.crashed);
  g_assert_nonnull (strstr (fixture->seen.why, "no D-Bus"));
  hand_worker_report (fixture->worker, &id, 5, "[]");
  hand_settle ();
  g_assert_cmpuint (fixture->seen.reports->len, ==, 0);
}

static void
test_calls_daemon (Fixture *fixture, gconstpointer data)
{
  g_dbus_connection_call (fixture->worker->bus, NULL, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL, NULL);
  hand_wait_until (fixture->seen.broken);
  g_assert_nonnull (strstr (fixture->seen.why, "calls the daemon"));
}

/* More than can be unread at once, sent in one piece. */
static void
test_flood (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };

  for (guint i = 0; i < 5000; i++)
    hand_worker_report (fixture->worker, &id, i, "[]");
  hand_wait_until (fixture->seen.broken);
  g_assert_cmpuint (fixture->seen.reports->len, <=, 64);
}

/* Each read before the next comes, but more of them than 50 a second: with the clock standing still,
 * the burst allowed and not one more. A second later there are 50 again. */
static void
test_too_many (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  guint expected = 64;

  for (guint i = 0; i < 64; i++)
    {
      hand_worker_report (fixture->worker, &id, i, "[]");
      hand_wait_until (fixture->seen.reports->len == i + 1);
    }
  bgc_clock_fake_advance (fixture->clock, SECOND);
  for (guint i = 0; i < 50; i++)
    {
      hand_worker_report (fixture->worker, &id, i, "[]");
      hand_wait_until (fixture->seen.reports->len == expected + i + 1);
    }
  hand_worker_report (fixture->worker, &id, 0, "[]");
  hand_wait_until (fixture->seen.broken);
  g_assert_cmpuint (fixture->seen.reports->len, ==, 114);
}

/* The same of their bytes: 3 MiB at once, then half of one a second, and more for what it was asked. */
static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };
  g_autofree char *text = g_strnfill (850 * 1024, 'x');
  g_autofree char *files = g_strdup_printf ("[(0, 0, 0, 9, 1, 2, '%s', '', 0, 1, {})]", text);
  g_autofree char *paths = g_strnfill (120 * 1024, 'x');
  const guint portions[] = { 3, 1, 1 };
  guint expected = 0;

  for (guint round = 0; round < G_N_ELEMENTS (portions); round++)
    {
      for (guint i = 0; i < portions[round]; i++)
        {
          hand_worker_report (fixture->worker, &id, 0, files);
          hand_wait_until (fixture->seen.reports->len == expected + 1 || fixture->seen.broken);
          g_assert_cmpuint (fixture->seen.reports->len, ==, ++expected);
        }
      if (round == 0)
        bgc_clock_fake_advance (fixture->clock, SECOND);
      else if (round == 1)
        bgc_worker_link_call (fixture->link, "StopJob", g_variant_new ("(sb)", paths, TRUE), "()", on_answer,
                              fixture, NULL);
    }
  hand_worker_report (fixture->worker, &id, 0, files);
  hand_wait_until (fixture->seen.broken);
  g_assert_nonnull (strstr (fixture->seen.why, "too long"));
}

/* A busy worker that falls silent is pinged, and given up when it does not answer that either. */
static void
test_silence (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
  bgc_worker_link_set_busy (fixture->link, TRUE);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->worker->calls->len == 1);
  hand_wait_until (bgc_worker_link_answers (fixture->link) == 1);
  fixture->worker->mute = TRUE;
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND);
  hand_wait_until (fixture->worker->calls->len == 2);
  bgc_clock_fake_advance (fixture->clock, 5 * SECOND - 1);
  g_assert_false (fixture->seen.broken);
  bgc_clock_fake_advance (fixture->clock, 1);
  g_assert_true (fixture->seen.broken);
  g_assert_false (fixture->seen.crashed);
}

/* With nothing to do it is left alone, and no alarm is set. */
static void
test_idle (Fixture *fixture, gconstpointer data)
{
  bgc_worker_link_set_busy (fixture->link, TRUE);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 1);
  bgc_worker_link_set_busy (fixture->link, FALSE);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
  ping (fixture);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 1);
  hand_wait_until (fixture->answers == 1);
  g_assert_cmpuint (bgc_clock_fake_pending (fixture->clock), ==, 0);
}

/* What is heard puts the ping off. */
static void
test_heard (Fixture *fixture, gconstpointer data)
{
  BgcJobId id = { { 1 } };

  bgc_worker_link_set_busy (fixture->link, TRUE);
  for (guint i = 0; i < 4; i++)
    {
      bgc_clock_fake_advance (fixture->clock, 3 * SECOND);
      hand_worker_report (fixture->worker, &id, i, "[]");
      hand_wait_until (fixture->seen.reports->len == i + 1);
    }
  hand_settle ();
  g_assert_cmpuint (fixture->worker->calls->len, ==, 0);
}

static void
test_silent_authentication (void)
{
  static const BgcWorkerLinkEvents none;
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (0, 0);
  g_autoptr (GSocketConnection) daemon_end = NULL;
  g_autoptr (HandWorker) worker = hand_worker_new (&daemon_end, FALSE);
  BgcWorkerLink *link = bgc_worker_link_new (daemon_end, getuid (), BGC_CLOCK (clock), &none, NULL);

  hand_settle ();
  g_assert_cmpint (bgc_clock_fake_next (clock), ==, 5 * SECOND);
  bgc_worker_link_free (link);
  g_assert_cmpuint (bgc_clock_fake_pending (clock), ==, 0);
  hand_settle ();
}

#define ADD(name, function) g_test_add ("/worker-link/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("call", test_call);
  ADD ("signals", test_signals);
  ADD ("closed", test_closed);
  ADD ("unknown-signal", test_unknown_signal);
  ADD ("wrong-signal", test_wrong_signal);
  ADD ("wrong-answer", test_wrong_answer);
  ADD ("error-answer", test_error_answer);
  ADD ("large-frame", test_large_frame);
  ADD ("large-header", test_large_header);
  ADD ("not-utf8", test_not_utf8);
  ADD ("calls-daemon", test_calls_daemon);
  ADD ("flood", test_flood);
  ADD ("too-many", test_too_many);
  ADD ("too-long", test_too_long);
  ADD ("silence", test_silence);
  ADD ("idle", test_idle);
  ADD ("heard", test_heard);
  g_test_add_func ("/worker-link/silent-authentication", test_silent_authentication);
  return g_test_run ();
}
