/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-connection.h"

#include <sys/socket.h>

static void
test_deadline (void)
{
  int pair[2];
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocket) other = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  BgcConnection *connection;
  gint64 now = g_get_monotonic_time ();
  char byte;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  socket = g_socket_new_from_fd (pair[0], NULL);
  other = g_socket_new_from_fd (pair[1], NULL);
  connection = bgc_connection_new (socket);
  bgc_connection_attach (connection, address);
  g_assert_true (bgc_connection_get_socket (connection) == socket);
  g_assert_false (bgc_connection_is_late (connection, G_MAXINT64));
  bgc_connection_set_deadline (connection, 10);
  g_assert_false (bgc_connection_is_late (connection, now));
  g_assert_true (bgc_connection_is_late (connection, now + 11 * G_USEC_PER_SEC));
  /* Suspended, and where it was. */
  now = bgc_connection_stop_deadline (connection);
  g_assert_false (bgc_connection_is_late (connection, G_MAXINT64));
  bgc_connection_restore_deadline (connection, now);
  g_assert_true (bgc_connection_is_late (connection, now));
  g_assert_false (bgc_connection_is_late (connection, now - 1));
  bgc_connection_set_deadline (connection, 0);
  g_assert_false (bgc_connection_is_late (connection, G_MAXINT64));
  bgc_connection_abort (connection);
  g_assert_cmpint (g_socket_receive (other, &byte, 1, NULL, NULL), ==, 0);
  bgc_connection_unref (connection);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connection/deadline", test_deadline);

  return g_test_run ();
}
