/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-tcp-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The code point 000001 in the upper six bits of the octet. */
#define LOWER_EFFORT 0x04
/* Bytes of the headers of TCP with time stamps, IPv4 and Ethernet; IPv6 has 20 more. */
#define HEADERS 66u
/* Bytes of a segment that has come over Ethernet, whatever is announced as taken. */
#define SEGMENT_USUAL 1448u

/* Since Linux 5.14: which buffers the kernel may no longer change by itself, here the one for receiving. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define LOCK_RECEIVING 2

static gboolean
set_number (int fd, int level, int option, int value)
{
  return setsockopt (fd, level, option, &value, sizeof value) == 0;
}

guint64
bgc_tcp_socket_cookie (int fd)
{
  guint64 cookie = 0;
  socklen_t length = sizeof cookie;

  return getsockopt (fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

int
bgc_tcp_socket_hold (int number, guint64 cookie)
{
  int fd = fcntl (number, F_DUPFD_CLOEXEC, 0);

  if (fd < 0 || bgc_tcp_socket_cookie (fd) == cookie)
    return fd;
  close (fd);
  errno = EBADF;
  return -1;
}

gboolean
bgc_tcp_socket_read (int fd, BgcTcpState *state)
{
  struct tcp_info info;
  socklen_t length = sizeof info;

  memset (&info, 0, sizeof info);
  if (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
    return FALSE;
  state->data_round_trip = info.tcpi_rcv_rtt;
  state->least_round_trip = info.tcpi_min_rtt == G_MAXUINT32 ? 0 : info.tcpi_min_rtt;
  state->round_trip = info.tcpi_rtt;
  state->segment = info.tcpi_rcv_mss;
  state->received = info.tcpi_bytes_received;
  state->acknowledged = info.tcpi_bytes_acked;
  state->early = (guint64)info.tcpi_rcv_ooopack * MIN (info.tcpi_advmss, SEGMENT_USUAL);
  /* What waits for a lost segment has come too; once that is there, it counts again. */
  state->carried_in = info.tcpi_bytes_received + (guint64)info.tcpi_segs_in * HEADERS + state->early;
  state->carried_out = info.tcpi_bytes_sent + (guint64)info.tcpi_segs_out * HEADERS;

  return TRUE;
}

guint64
bgc_tcp_socket_arrived (BgcTcpArrivals *self, const BgcTcpState *state)
{
  guint64 grown = state->received - self->received;
  guint64 early = state->early - self->early;
  guint64 known;

  self->waiting += early;
  known = MIN (self->waiting, grown);
  self->waiting -= known;
  self->received = state->received;
  self->early = state->early;
  return grown + early - known;
}

/* Whether the kernel lets a program say what it may still change of the buffers, as it does since Linux
 * 5.14. */
static gboolean
knows_buffer_lock (int fd)
{
  int value = 0;
  socklen_t length = sizeof value;

  return getsockopt (fd, SOL_SOCKET, SO_BUF_LOCK, &value, &length) == 0;
}

gboolean
bgc_tcp_socket_begin_small (int fd, guint64 bytes)
{
  /* A size alone would fix the buffer, and with it the window scale at what this little needs. */
  return knows_buffer_lock (fd)
         && set_number (fd, SOL_SOCKET, SO_RCVBUF, (int)MIN (bytes, G_MAXINT / 2))
         && set_number (fd, SOL_SOCKET, SO_BUF_LOCK, 0);
}

/* SO_RCVBUF is bounded by what an administrator thought of for all sockets, and that is little. Whoever wants
 * to be woken only for much data is given the room for it, as much as tuning by the kernel would give. */
static gboolean
make_room (int fd, int bytes)
{
  return set_number (fd, SOL_SOCKET, SO_BUF_LOCK, 0)
         && set_number (fd, SOL_SOCKET, SO_RCVLOWAT, bytes)
         && set_number (fd, SOL_SOCKET, SO_BUF_LOCK, LOCK_RECEIVING)
         && set_number (fd, SOL_SOCKET, SO_RCVLOWAT, 1);
}

gboolean
bgc_tcp_socket_fix_receive_buffer (int fd, guint64 *bytes)
{
  int wanted = (int)MIN (*bytes, G_MAXINT / 2);
  int given = 0;
  socklen_t length = sizeof given;

  if ((!knows_buffer_lock (fd) || !make_room (fd, wanted))
      && !set_number (fd, SOL_SOCKET, SO_RCVBUF, wanted))
    return FALSE;
  if (getsockopt (fd, SOL_SOCKET, SO_RCVBUF, &given, &length) < 0)
    return FALSE;
  /* Half of it is for the kernel's own bookkeeping. */
  *bytes = (guint64)given / 2;

  return TRUE;
}

gboolean
bgc_tcp_socket_clamp_window (int fd, guint64 bytes)
{
  return set_number (fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, (int)MIN (bytes, G_MAXINT));
}

gboolean
bgc_tcp_socket_pace (int fd, guint64 rate)
{
  return setsockopt (fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate) == 0;
}

gboolean
bgc_tcp_socket_limit_unsent (int fd, guint bytes)
{
  return set_number (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)bytes);
}

gboolean
bgc_tcp_socket_set_low_priority (int fd)
{
  return setsockopt (fd, IPPROTO_TCP, TCP_CONGESTION, "lp", 2) == 0;
}

gboolean
bgc_tcp_socket_set_mark (int fd, guint32 mark)
{
  return setsockopt (fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0;
}

gboolean
bgc_tcp_socket_mark_lower_effort (int fd)
{
  int family = 0;
  socklen_t length = sizeof family;

  if (getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_INET6)
    return set_number (fd, IPPROTO_IPV6, IPV6_TCLASS, LOWER_EFFORT);
  return set_number (fd, IPPROTO_IP, IP_TOS, LOWER_EFFORT);
}
