/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-tcp-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* Both ends of a connection within the machine. */
typedef struct
{
  GSocket *near; /* (owned) */
  GSocket *far;  /* (owned) */
} Pair;

static gboolean
pair_open_small (Pair *self, GSocketFamily family, guint64 bytes, gboolean *small)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocket) listener = g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  if (listener == NULL || !g_socket_bind (listener, any, TRUE, NULL) || !g_socket_listen (listener, NULL))
    return FALSE;
  bound = g_socket_get_local_address (listener, NULL);
  self->near = g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  *small = bytes > 0 && bgc_tcp_socket_begin_small (g_socket_get_fd (self->near), bytes);
  g_socket_connect (self->near, bound, NULL, &error);
  g_assert_no_error (error);
  self->far = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
  return TRUE;
}

static gboolean
pair_open (Pair *self, GSocketFamily family)
{
  gboolean small;

  return pair_open_small (self, family, 0, &small);
}

static void
pair_close (Pair *self)
{
  g_object_unref (self->near);
  g_object_unref (self->far);
}

static int
option (GSocket *socket, int level, int name)
{
  int value = -1;
  g_autoptr (GError) error = NULL;

  g_socket_get_option (socket, level, name, &value, &error);
  g_assert_no_error (error);
  return value;
}

static void
test_read (void)
{
  static const char bytes[20000];
  char room[sizeof bytes];
  gsize got = 0;
  BgcTcpState near, far;
  Pair pair;

  g_assert_true (pair_open (&pair, G_SOCKET_FAMILY_IPV4));
  g_assert_true (bgc_tcp_socket_read (g_socket_get_fd (pair.near), &near));
  g_assert_cmpuint (near.received, ==, 0);
  g_assert_cmpint (g_socket_send (pair.near, bytes, sizeof bytes, NULL, NULL), ==, sizeof bytes);
  while (got < sizeof bytes)
    got += (gsize)g_socket_receive (pair.far, room, sizeof room, NULL, NULL);
  g_assert_true (bgc_tcp_socket_read (g_socket_get_fd (pair.near), &near));
  g_assert_true (bgc_tcp_socket_read (g_socket_get_fd (pair.far), &far));
  g_assert_cmpuint (far.received, ==, sizeof bytes);
  g_assert_cmpuint (near.round_trip, >, 0);
  g_assert_cmpuint (near.round_trip, <, G_USEC_PER_SEC);
  pair_close (&pair);
}

/* The kernel's word for what it announces, and the factor that later windows are told in. */
static void
assert_grows (const Pair *pair, guint64 least)
{
  struct tcp_info info;
  socklen_t length = sizeof info;

  g_assert_cmpint (getsockopt (g_socket_get_fd (pair->near), IPPROTO_TCP, TCP_INFO, &info, &length), ==, 0);
  g_assert_cmpuint (G_GUINT64_CONSTANT (65535) << info.tcpi_rcv_wscale, >=, least);
}

/* Small when it connects, and large enough for long and fast paths later. */
static void
test_receive_buffer (void)
{
  guint64 bytes = 16 << 20;
  gboolean small;
  Pair pair;

  g_assert_true (pair_open_small (&pair, G_SOCKET_FAMILY_IPV4, 16 << 10, &small));
  if (small)
    g_assert_cmpint (option (pair.near, IPPROTO_TCP, TCP_WINDOW_CLAMP), <=, 16 << 10);
  g_assert_true (bgc_tcp_socket_fix_receive_buffer (g_socket_get_fd (pair.near), &bytes));
  g_assert_cmpuint (bytes, >=, 64 << 10);
  g_assert_cmpuint (bytes, <, G_MAXINT);
  assert_grows (&pair, MIN (bytes, 4 << 20));
  g_assert_true (bgc_tcp_socket_clamp_window (g_socket_get_fd (pair.near), 20000));
  g_assert_cmpint (option (pair.near, IPPROTO_TCP, TCP_WINDOW_CLAMP), ==, 20000);
  /* It is woken by the first byte all the same. */
  g_assert_cmpint (option (pair.near, SOL_SOCKET, SO_RCVLOWAT), ==, 1);
  g_assert_true (bgc_tcp_socket_clamp_window (g_socket_get_fd (pair.near), G_MAXUINT64));
  bytes = G_MAXUINT64;
  g_assert_true (bgc_tcp_socket_fix_receive_buffer (g_socket_get_fd (pair.near), &bytes));
  g_assert_cmpuint (bytes, <, G_MAXINT);
  pair_close (&pair);
}

static void
test_sending (void)
{
  Pair pair;

  g_assert_true (pair_open (&pair, G_SOCKET_FAMILY_IPV4));
  g_assert_true (bgc_tcp_socket_pace (g_socket_get_fd (pair.near), 123456));
  g_assert_cmpint (option (pair.near, SOL_SOCKET, SO_MAX_PACING_RATE), ==, 123456);
  g_assert_true (bgc_tcp_socket_pace (g_socket_get_fd (pair.near), G_MAXUINT64));
  g_assert_true (bgc_tcp_socket_limit_unsent (g_socket_get_fd (pair.near), 65536));
  g_assert_cmpint (option (pair.near, IPPROTO_TCP, TCP_NOTSENT_LOWAT), ==, 65536);
  /* Not every kernel has it. */
  bgc_tcp_socket_set_low_priority (g_socket_get_fd (pair.near));
  pair_close (&pair);
}

static void
test_lower_effort (void)
{
  Pair pair;

  g_assert_true (pair_open (&pair, G_SOCKET_FAMILY_IPV4));
  g_assert_true (bgc_tcp_socket_mark_lower_effort (g_socket_get_fd (pair.near)));
  g_assert_cmpint (option (pair.near, IPPROTO_IP, IP_TOS), ==, 4);
  pair_close (&pair);
  if (!pair_open (&pair, G_SOCKET_FAMILY_IPV6))
    return;
  g_assert_true (bgc_tcp_socket_mark_lower_effort (g_socket_get_fd (pair.near)));
  g_assert_cmpint (option (pair.near, IPPROTO_IPV6, IPV6_TCLASS), ==, 4);
  pair_close (&pair);
}

/* Whoever may set it reads it back; nobody else breaks anything. */
static void
test_mark (void)
{
  static const GSocketFamily families[] = { G_SOCKET_FAMILY_IPV4, G_SOCKET_FAMILY_IPV6 };

  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    {
      Pair pair;

      if (!pair_open (&pair, families[i]))
        continue;
      if (bgc_tcp_socket_set_mark (g_socket_get_fd (pair.near), 0x10))
        g_assert_cmpint (option (pair.near, SOL_SOCKET, SO_MARK), ==, 0x10);
      else
        g_assert_cmpint (errno, ==, EPERM);
      pair_close (&pair);
    }
}

/* Ours is the same connection, and is not closed with the owner's; what has its number then is another. */
static void
test_hold (void)
{
  Pair one, two;
  guint64 cookie;
  int number, held;

  g_assert_true (pair_open (&one, G_SOCKET_FAMILY_IPV4));
  g_assert_true (pair_open (&two, G_SOCKET_FAMILY_IPV4));
  number = g_socket_get_fd (one.near);
  cookie = bgc_tcp_socket_cookie (number);
  g_assert_cmpuint (cookie, !=, 0);
  g_assert_cmpuint (cookie, !=, bgc_tcp_socket_cookie (g_socket_get_fd (two.near)));
  held = bgc_tcp_socket_hold (number, cookie);
  g_assert_cmpint (held, >=, 0);
  g_assert_cmpint (fcntl (held, F_GETFD), ==, FD_CLOEXEC);
  g_socket_close (one.near, NULL);
  g_assert_cmpuint (bgc_tcp_socket_cookie (held), ==, cookie);
  g_assert_cmpint (bgc_tcp_socket_hold (number, cookie), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
  g_assert_cmpint (dup2 (g_socket_get_fd (two.near), number), ==, number);
  g_assert_cmpint (bgc_tcp_socket_hold (number, cookie), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
  close (number);
  close (held);
  pair_close (&one);
  pair_close (&two);
}

/* No socket at all. */
static void
test_no_socket (void)
{
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpuint (bgc_tcp_socket_cookie (ends[0]), ==, 0);
  g_assert_cmpint (bgc_tcp_socket_hold (ends[0], 1), ==, -1);
  close (ends[0]);
  close (ends[1]);
}

/* A socket that knows nothing of all that. */
static void
test_missing (void)
{
  g_autoptr (GSocket) socket
    = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  BgcTcpState state;

  g_assert_false (bgc_tcp_socket_read (g_socket_get_fd (socket), &state));
  g_assert_false (bgc_tcp_socket_clamp_window (g_socket_get_fd (socket), 20000));
  g_assert_false (bgc_tcp_socket_limit_unsent (g_socket_get_fd (socket), 20000));
  g_assert_false (bgc_tcp_socket_set_low_priority (g_socket_get_fd (socket)));
}

static guint64
take (BgcTcpArrivals *arrived, guint64 received, guint64 early)
{
  const BgcTcpState state = { .received = received, .early = early };

  return bgc_tcp_socket_arrived (arrived, &state);
}

/* Each byte is told once, and not all that waits at the moment when a hole ahead of it is closed. */
static void
test_arrivals (void)
{
  BgcTcpArrivals arrived = { 0 };

  g_assert_cmpuint (take (&arrived, 1000, 0), ==, 1000);
  g_assert_cmpuint (take (&arrived, 1000, 0), ==, 0);
  /* Two holes of 100 bytes, and 1000 behind each. */
  g_assert_cmpuint (take (&arrived, 1000, 2000), ==, 2000);
  g_assert_cmpuint (take (&arrived, 2100, 2000), ==, 0);
  g_assert_cmpuint (take (&arrived, 3200, 2000), ==, 200);
  g_assert_cmpuint (arrived.waiting, ==, 0);
  g_assert_cmpuint (take (&arrived, 4000, 2000), ==, 800);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tcp-socket/read", test_read);
  g_test_add_func ("/tcp-socket/receive-buffer", test_receive_buffer);
  g_test_add_func ("/tcp-socket/sending", test_sending);
  g_test_add_func ("/tcp-socket/lower-effort", test_lower_effort);
  g_test_add_func ("/tcp-socket/mark", test_mark);
  g_test_add_func ("/tcp-socket/hold", test_hold);
  g_test_add_func ("/tcp-socket/arrivals", test_arrivals);
  g_test_add_func ("/tcp-socket/no-socket", test_no_socket);
  g_test_add_func ("/tcp-socket/missing", test_missing);
  return g_test_run ();
}
