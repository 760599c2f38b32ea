/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What Linux lets a program say to and learn of one TCP connection, beyond what GSocket has. Each
 * function answers FALSE where the kernel or the socket does not know the option. Any thread. */

#pragma once

#include <gio/gio.h>

typedef struct
{
  guint32 data_round_trip; /* microseconds, as data comes in: with every queue on its way; 0 = not known */
  guint32 least_round_trip; /* microseconds, of our own segments; 0 = not known */
  guint32 round_trip;      /* microseconds, smoothed, of our own segments; 0 = not known */
  guint32 segment;         /* bytes of a full segment received */
  guint64 received;        /* bytes of the stream */
  guint64 acknowledged;    /* bytes of the stream sent that the peer has */
  guint64 carried_in;      /* bytes of all that came, with headers */
  guint64 carried_out;     /* bytes of all that went, with headers */
} BgcTcpState;

gboolean bgc_tcp_socket_read (GSocket *socket, BgcTcpState *state);
/* Fixes the receive buffer at about @bytes, so that the kernel no longer grows the window by itself.
 * Before connecting. @bytes becomes what the kernel gave (net.core.rmem_max bounds it). */
gboolean bgc_tcp_socket_fix_receive_buffer (GSocket *socket, guint64 *bytes);
/* The most the peer may have under way. After connecting: earlier, it would cut the window scale. */
gboolean bgc_tcp_socket_clamp_window (GSocket *socket, guint64 bytes);
/* The most that is sent, bytes a second; G_MAXUINT64 = no bound. */
gboolean bgc_tcp_socket_pace (GSocket *socket, guint64 rate);
/* How much may wait in the kernel unsent. */
gboolean bgc_tcp_socket_limit_unsent (GSocket *socket, guint bytes);
/* Congestion control "lp" for what is sent: few kernels have it, and fewer offer it to everybody. */
gboolean bgc_tcp_socket_set_low_priority (GSocket *socket);
/* Lower effort, RFC 8622: routers may serve everybody else first. */
gboolean bgc_tcp_socket_mark_lower_effort (GSocket *socket);
