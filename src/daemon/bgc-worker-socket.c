/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-worker-socket.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

#include "base/bgc-error.h"

/* Connections that wait to be accepted: the kernel's own limit where it is lower. One user may fill it,
 * but each is taken out at once, and a worker that finds it full waits. */
#define BACKLOG 4096

GSocket *
bgc_worker_socket_listen (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_DEFAULT, error);

  if (socket == NULL)
    return NULL;
  if (unlink (path) != 0 && errno != ENOENT)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot replace %s: %s", path,
                   g_strerror (errno));
      return NULL;
    }
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error))
    return NULL;
  /* Each worker is another user; who is one is asked of the kernel, not of this mode. */
  if (chmod (path, 0666) != 0)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot open %s to all users: %s", path,
                   g_strerror (errno));
      return NULL;
    }
  return g_socket_listen (socket, error) ? g_steal_pointer (&socket) : NULL;
}
