/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What Linux lets a program say to and learn of one TCP connection, beyond what GSocket has. @fd is one that
 * nobody closes meanwhile. Each function answers FALSE where the kernel or the socket does not know the
 * option. Any thread. */

#pragma once

#include <glib.h>

typedef struct
{
  guint32 data_round_trip; /* microseconds, as data comes in: with every queue on its way; 0 = not known */
  guint32 least_round_trip; /* microseconds, of our own segments; 0 = not known */
  guint32 round_trip;      /* microseconds, smoothed, of our own segments; 0 = not known */
  guint32 segment;         /* bytes of a full segment received */
  guint64 received;        /* bytes of the stream */
  guint64 early;           /* bytes that came before others which belong ahead of them, as full segments */
  guint64 acknowledged;    /* bytes of the stream sent that the peer has */
  guint64 carried_in;      /* bytes of all that came, with headers; what was early counts twice */
  guint64 carried_out;     /* bytes of all that went, with headers */
} BgcTcpState;

/* What came on one connection. Begins as { 0 }; fields are the module's. */
typedef struct
{
  guint64 received; /* of the state seen last */
  guint64 early;    /* of that too */
  guint64 waiting;  /* early bytes that still wait for what belongs ahead of them */
} BgcTcpArrivals;

/* What the kernel knows this socket by as long as the machine runs; 0 = not known. */
guint64 bgc_tcp_socket_cookie (int fd);
/* A descriptor of our own for the socket with @cookie, which its owner has as @number and may close at any
 * moment. The caller closes it, and soon, for until then it is not closed to the peer. -1: see errno; EBADF
 * if it is gone, whatever has the number now. */
int bgc_tcp_socket_hold (int number, guint64 cookie);
gboolean bgc_tcp_socket_read (int fd, BgcTcpState *state);
/* Bytes that came since the last call. Early ones become part of the stream all at once, when what was
 * missing is there: as fast as no link is. */
guint64 bgc_tcp_socket_arrived (BgcTcpArrivals *self, const BgcTcpState *state);
/* What is announced when it connects is at most @bytes, for the kernel takes no credit back. Before
 * connecting. Where this is not known the kernel announces what it always does, 64 KiB. */
gboolean bgc_tcp_socket_begin_small (int fd, guint64 bytes);
/* Fixes the receive buffer at about @bytes, so that the kernel no longer grows the window by itself. After
 * connecting: earlier, the window scale would be that of a buffer which never grows. @bytes becomes what
 * the kernel gave: half of the most of net.ipv4.tcp_rmem bounds it, and net.core.rmem_max where the kernel
 * is older than Linux 5.14. */
gboolean bgc_tcp_socket_fix_receive_buffer (int fd, guint64 *bytes);
/* The most the peer may have under way. After connecting: earlier, it would cut the window scale. */
gboolean bgc_tcp_socket_clamp_window (int fd, guint64 bytes);
/* The most that is sent, bytes a second; G_MAXUINT64 = no bound. */
gboolean bgc_tcp_socket_pace (int fd, guint64 rate);
/* How much may wait in the kernel unsent. */
gboolean bgc_tcp_socket_limit_unsent (int fd, guint bytes);
/* Congestion control "lp" for what is sent: few kernels have it, and fewer offer it to everybody. */
gboolean bgc_tcp_socket_set_low_priority (int fd);
/* For the routing and the queues of this machine; takes a right that not every process has. */
gboolean bgc_tcp_socket_set_mark (int fd, guint32 mark);
/* Lower effort, RFC 8622: routers may serve everybody else first. */
gboolean bgc_tcp_socket_mark_lower_effort (int fd);
