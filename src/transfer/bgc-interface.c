/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-interface.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A line is an address of 32 hex digits, four numbers, and the interface's name. */
#define ADDRESSES   "/proc/self/net/if_inet6"
#define ADDRESS_HEX 32

/* All that have an address of IPv4; its length in bytes. (transfer full) (nullable) */
static struct ifreq *
list (int fd, gsize *length)
{
  struct ifconf all = { 0 };
  g_autofree struct ifreq *requests = NULL;

  /* At first it only says how much room it needs. */
  if (ioctl (fd, SIOCGIFCONF, &all) != 0 || all.ifc_len <= 0)
    return NULL;
  requests = g_malloc0 ((gsize)all.ifc_len);
  all.ifc_req = requests;
  if (ioctl (fd, SIOCGIFCONF, &all) != 0)
    return NULL;
  *length = (gsize)all.ifc_len;
  return g_steal_pointer (&requests);
}

static char *
find_ipv4 (const guint8 *bytes)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gsize length = 0;
  g_autofree struct ifreq *all = fd < 0 ? NULL : list (fd, &length);
  char *name = NULL;

  if (fd >= 0)
    close (fd);
  for (gsize i = 0; all != NULL && i < length / sizeof *all && name == NULL; i++)
    {
      const struct sockaddr_in *own = (const void *)&all[i].ifr_addr;

      if (own->sin_family == AF_INET && memcmp (&own->sin_addr, bytes, sizeof own->sin_addr) == 0)
        name = g_strndup (all[i].ifr_name, sizeof all[i].ifr_name);
    }
  /* A further address may have a label, the name with something behind it. */
  return name == NULL ? NULL : g_strdelimit (name, ":", '\0');
}

static char *
find_ipv6 (const guint8 *bytes)
{
  char hex[ADDRESS_HEX + 1];
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < ADDRESS_HEX / 2; i++)
    g_snprintf (hex + 2 * i, 3, "%02x", bytes[i]);
  /* lint: allow path because it is the kernel's, not a user's */
  if (!g_file_get_contents (ADDRESSES, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], hex))
      return g_strdup (g_strstrip (strrchr (g_strchomp (lines[i]), ' ')));
  return NULL;
}

char *
bgc_interface_find (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 ? find_ipv4 (bytes) : find_ipv6 (bytes);
}
