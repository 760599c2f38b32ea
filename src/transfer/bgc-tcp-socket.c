/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-tcp-socket.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* The code point 000001 in the upper six bits of the octet. */
#define LOWER_EFFORT 0x04
/* Bytes of the headers of TCP with time stamps, IPv4 and Ethernet; IPv6 has 20 more. */
#define HEADERS 66u

/* Since Linux 5.14: which buffers the kernel may no longer change by itself, here the one for receiving. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define LOCK_RECEIVING 2

static gboolean
set_number (GSocket *socket, int level, int option, int value)
{
  return setsockopt (g_socket_get_fd (socket), level, option, &value, sizeof value) == 0;
}

gboolean
bgc_tcp_socket_read (GSocket *socket, BgcTcpState *state)
{
  struct tcp_info info;
  socklen_t length = sizeof info;

  memset (&info, 0, sizeof info);
  if (getsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
    return FALSE;
  state->data_round_trip = info.tcpi_rcv_rtt;
  state->least_round_trip = info.tcpi_min_rtt == G_MAXUINT32 ? 0 : info.tcpi_min_rtt;
  state->round_trip = info.tcpi_rtt;
  state->segment = info.tcpi_rcv_mss;
  state->received = info.tcpi_bytes_received;
  state->acknowledged = info.tcpi_bytes_acked;
  state->carried_in = info.tcpi_bytes_received + (guint64)info.tcpi_segs_in * HEADERS;
  state->carried_out = info.tcpi_bytes_sent + (guint64)info.tcpi_segs_out * HEADERS;

  return TRUE;
}

/* Whether the kernel lets a program say what it may still change of the buffers, as it does since Linux
 * 5.14. */
static gboolean
knows_buffer_lock (GSocket *socket)
{
  int value = 0;
  socklen_t length = sizeof value;

  return getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_BUF_LOCK, &value, &length) == 0;
}

gboolean
bgc_tcp_socket_begin_small (GSocket *socket, guint64 bytes)
{
  /* A size alone would fix the buffer, and with it the window scale at what this little needs. */
  return knows_buffer_lock (socket)
         && set_number (socket, SOL_SOCKET, SO_RCVBUF, (int)MIN (bytes, G_MAXINT / 2))
         && set_number (socket, SOL_SOCKET, SO_BUF_LOCK, 0);
}

/* SO_RCVBUF is bounded by what an administrator thought of for all sockets, and that is little. Whoever wants
 * to be woken only for much data is given the room for it, as much as tuning by the kernel would give. */
static gboolean
make_room (GSocket *socket, int bytes)
{
  return set_number (socket, SOL_SOCKET, SO_BUF_LOCK, 0)
         && set_number (socket, SOL_SOCKET, SO_RCVLOWAT, bytes)
         && set_number (socket, SOL_SOCKET, SO_BUF_LOCK, LOCK_RECEIVING)
         && set_number (socket, SOL_SOCKET, SO_RCVLOWAT, 1);
}

gboolean
bgc_tcp_socket_fix_receive_buffer (GSocket *socket, guint64 *bytes)
{
  int wanted = (int)MIN (*bytes, G_MAXINT / 2);
  int given = 0;
  socklen_t length = sizeof given;

  if ((!knows_buffer_lock (socket) || !make_room (socket, wanted))
      && !set_number (socket, SOL_SOCKET, SO_RCVBUF, wanted))
    return FALSE;
  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_RCVBUF, &given, &length) < 0)
    return FALSE;
  /* Half of it is for the kernel's own bookkeeping. */
  *bytes = (guint64)given / 2;

  return TRUE;
}

gboolean
bgc_tcp_socket_clamp_window (GSocket *socket, guint64 bytes)
{
  return set_number (socket, IPPROTO_TCP, TCP_WINDOW_CLAMP, (int)MIN (bytes, G_MAXINT));
}

gboolean
bgc_tcp_socket_pace (GSocket *socket, guint64 rate)
{
  return setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate) == 0;
}

gboolean
bgc_tcp_socket_limit_unsent (GSocket *socket, guint bytes)
{
  return set_number (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)bytes);
}

gboolean
bgc_tcp_socket_set_low_priority (GSocket *socket)
{
  return setsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_CONGESTION, "lp", 2) == 0;
}

gboolean
bgc_tcp_socket_set_mark (GSocket *socket, guint32 mark)
{
  return setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0;
}

gboolean
bgc_tcp_socket_mark_lower_effort (GSocket *socket)
{
  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
    return set_number (socket, IPPROTO_IPV6, IPV6_TCLASS, LOWER_EFFORT);
  return set_number (socket, IPPROTO_IP, IP_TOS, LOWER_EFFORT);
}
