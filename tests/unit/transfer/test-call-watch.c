/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-call-watch.h"

#include <sys/socket.h>

#define PIECE 65536 /* bytes */

/* Until @cancellable is cancelled, or this long, seconds. */
static gboolean
wait_cancelled (GCancellable *cancellable, double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64)(seconds * G_USEC_PER_SEC);

  while (!g_cancellable_is_cancelled (cancellable) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  return g_cancellable_is_cancelled (cancellable);
}

static void
test_time (void)
{
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = bgc_call_watch_begin (watch, 1, FALSE);
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GCancellable) next = NULL;

  g_assert_true (wait_cancelled (call, 10));
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, G_USEC_PER_SEC);
  g_assert_true (bgc_call_watch_end (watch));
  next = bgc_call_watch_begin (watch, 100, FALSE);
  g_assert_false (g_cancellable_is_cancelled (next));
  g_assert_false (bgc_call_watch_end (watch));
  bgc_call_watch_free (watch);
}

static void
test_beat (void)
{
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = bgc_call_watch_begin (watch, 0, FALSE);

  bgc_call_watch_beat (watch, 100);
  g_assert_false (wait_cancelled (call, 0.6));
  g_assert_false (bgc_call_watch_end (watch));
  bgc_call_watch_free (watch);
}

static void
test_stop (void)
{
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = bgc_call_watch_begin (watch, 100, FALSE);

  g_assert_false (bgc_call_watch_is_stopped (watch));
  bgc_call_watch_stop (watch);
  g_assert_true (bgc_call_watch_is_stopped (watch));
  g_assert_true (g_cancellable_is_cancelled (call));
  g_assert_false (bgc_call_watch_end (watch));
  g_assert_null (bgc_call_watch_begin (watch, 100, FALSE));
  bgc_call_watch_free (watch);
}

static void
test_grace (void)
{
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = bgc_call_watch_begin (watch, 100, TRUE);
  gint64 begin = g_get_monotonic_time ();

  bgc_call_watch_stop (watch);
  g_assert_false (g_cancellable_is_cancelled (call));
  g_assert_true (wait_cancelled (call, 10));
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, BGC_CALL_WATCH_GRACE * G_USEC_PER_SEC);
  g_assert_false (bgc_call_watch_end (watch));
  bgc_call_watch_free (watch);
}

static gpointer
read_slowly (gpointer data)
{
  GSocketConnection *connection = data;
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autofree char *bytes = g_malloc (65536);

  while (g_input_stream_read (stream, bytes, 32768, NULL, NULL) > 0)
    g_usleep (20000);
  return NULL;
}

/* One end of a connection that takes no more bytes, since the other, @far, has read none. */
static GSocketConnection *
connect_full (GSocketConnection **far)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *near = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
  GSocket *socket = g_socket_connection_get_socket (near);
  g_autofree char *bytes = g_malloc0 (PIECE);

  *far = g_socket_listener_accept (listener, NULL, NULL, NULL);
  g_socket_set_blocking (socket, FALSE);
  while (g_socket_send (socket, bytes, PIECE, NULL, NULL) > 0)
    continue;
  return near;
}

/* Nothing is handed to the kernel any more, and yet the other end still takes what it holds. */
static void
test_socket (void)
{
  g_autoptr (GSocketConnection) far = NULL;
  g_autoptr (GSocketConnection) near = connect_full (&far);
  GSocket *socket = g_socket_connection_get_socket (near);
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = NULL;
  GThread *thread;

  call = bgc_call_watch_begin (watch, 1, FALSE);
  bgc_call_watch_set_socket (watch, socket);
  thread = g_thread_new ("reader", read_slowly, far);
  g_assert_false (wait_cancelled (call, 1.6));
  g_assert_false (bgc_call_watch_end (watch));
  bgc_call_watch_forget (watch);
  g_io_stream_close (G_IO_STREAM (near), NULL, NULL);
  g_thread_join (thread);
  bgc_call_watch_free (watch);
}

/* How the other end sees a call that is to stop while the kernel holds bytes of it. */
static gssize
end_of_stopped (gboolean all_or_nothing)
{
  g_autoptr (GSocketConnection) far = NULL;
  g_autoptr (GSocketConnection) near = connect_full (&far);
  GSocket *socket = g_socket_connection_get_socket (near);
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GCancellable) call = NULL;
  g_autofree char *bytes = g_malloc (PIECE);
  gssize n;

  call = bgc_call_watch_begin (watch, 100, FALSE);
  bgc_call_watch_set_socket (watch, socket);
  if (all_or_nothing)
    bgc_call_watch_set_all_or_nothing (watch);
  bgc_call_watch_stop (watch);
  g_assert_true (g_cancellable_is_cancelled (call));
  bgc_call_watch_end (watch);
  bgc_call_watch_forget (watch);
  g_io_stream_close (G_IO_STREAM (near), NULL, NULL);
  do
    n = g_socket_receive (g_socket_connection_get_socket (far), bytes, PIECE, NULL, NULL);
  while (n > 0);
  bgc_call_watch_free (watch);
  return n;
}

static void
test_all_or_nothing (void)
{
  g_assert_cmpint (end_of_stopped (FALSE), ==, 0);
  g_assert_cmpint (end_of_stopped (TRUE), ==, -1);
}

static void
test_stop_reading (void)
{
  BgcCallWatch *watch = bgc_call_watch_new ();
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocket) peer = NULL;
  int fds[2];
  char byte;

  bgc_call_watch_stop_reading (watch);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], NULL);
  peer = g_socket_new_from_fd (fds[1], NULL);
  bgc_call_watch_set_socket (watch, socket);
  bgc_call_watch_stop_reading (watch);
  g_assert_cmpint (g_socket_receive (socket, &byte, 1, NULL, NULL), ==, 0);
  g_assert_cmpint (g_socket_send (socket, "x", 1, NULL, NULL), ==, 1);
  bgc_call_watch_free (watch);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call-watch/time", test_time);
  g_test_add_func ("/call-watch/beat", test_beat);
  g_test_add_func ("/call-watch/stop", test_stop);
  g_test_add_func ("/call-watch/grace", test_grace);
  g_test_add_func ("/call-watch/socket", test_socket);
  g_test_add_func ("/call-watch/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/call-watch/stop-reading", test_stop_reading);
  return g_test_run ();
}
