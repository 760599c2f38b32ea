/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-foreign-traffic.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "transfer/bgc-rivalry.h"

/* Microseconds between two looks. */
#define INTERVAL (20 * G_TIME_SPAN_MILLISECOND)
/* Bytes of others in an interval that are a beginning: less than a first window (RFC 6928), more than a few
 * handshakes and names. */
#define NOISE_BYTES 4000u
/* Part of our own that may be counted in another interval, or not yet. */
#define NOISE_PART 16u
/* Intervals of quiet before what comes is a beginning. */
#define QUIET 5u
/* Intervals for which a beginning lasts at most, 400 ms: then the delay has told. */
#define NOISY_MAX 20u

struct _BgcForeignTraffic
{
  int fd;        /* (owned) of the counter */
  guint64 last;  /* of the counter */
  guint64 own;   /* bytes since */
  gint64 looked; /* monotonic, microseconds */
  gboolean noisy;
  BgcForeignTrafficRule rule;
  BgcRivalry rivalry;
};

gboolean
bgc_foreign_traffic_judge (BgcForeignTrafficRule *rule, guint64 all, guint64 own)
{
  guint64 foreign = all > own ? all - own : 0;
  gboolean loud = foreign > MAX (NOISE_BYTES, own / NOISE_PART);

  if (!loud)
    {
      rule->noisy = 0;
      rule->quiet = MIN (rule->quiet + 1, QUIET);
      return FALSE;
    }
  if (rule->noisy > 0 || rule->quiet >= QUIET)
    rule->noisy++;
  rule->quiet = 0;
  if (rule->noisy > NOISY_MAX)
    rule->noisy = 0;
  return rule->noisy > 0;
}

static gboolean
has_address (const struct ifaddrs *interface, GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  const struct sockaddr *own = interface->ifa_addr;

  if (own == NULL)
    return FALSE;
  if (own->sa_family == AF_INET && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return memcmp (&((const struct sockaddr_in *)(const void *)own)->sin_addr, bytes, 4) == 0;
  if (own->sa_family == AF_INET6 && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    return memcmp (&((const struct sockaddr_in6 *)(const void *)own)->sin6_addr, bytes, 16) == 0;
  return FALSE;
}

/* Owned by the caller; NULL: none has it. */
static char *
find_interface (GInetAddress *address)
{
  struct ifaddrs *all = NULL;
  char *name = NULL;

  if (getifaddrs (&all) != 0)
    return NULL;
  for (const struct ifaddrs *one = all; one != NULL && name == NULL; one = one->ifa_next)
    if (has_address (one, address))
      name = g_strdup (one->ifa_name);
  freeifaddrs (all);
  return name;
}

static gboolean
read_counter (int fd, guint64 *bytes)
{
  char text[32];
  gssize length = pread (fd, text, sizeof text - 1, 0);

  if (length <= 0)
    return FALSE;
  text[length] = '\0';
  *bytes = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

BgcForeignTraffic *
bgc_foreign_traffic_new (GInetAddress *address, gboolean sending)
{
  g_autofree char *name = find_interface (address);
  g_autofree char *path = name == NULL ? NULL
                                       : g_strdup_printf ("/sys/class/net/%s/statistics/%s", name,
                                                          sending ? "tx_bytes" : "rx_bytes");
  /* lint: allow path because it is the kernel's, not a user's */
  int fd = path == NULL ? -1 : open (path, O_RDONLY | O_CLOEXEC);
  BgcForeignTraffic *self;
  guint64 bytes;

  if (fd < 0)
    return NULL;
  if (!read_counter (fd, &bytes))
    {
      close (fd);
      return NULL;
    }
  self = g_new0 (BgcForeignTraffic, 1);
  self->fd = fd;
  self->last = bytes;
  return self;
}

void
bgc_foreign_traffic_free (BgcForeignTraffic *self)
{
  if (self == NULL)
    return;
  close (self->fd);
  g_free (self);
}

void
bgc_foreign_traffic_add (BgcForeignTraffic *self, guint64 bytes)
{
  self->own += bytes;
}

/* Others that came are given way for a moment in any case; those that stay, while we are in theirs. */
static gboolean
judge (BgcForeignTraffic *self, gint64 elapsed, guint64 all)
{
  BgcForeignTrafficRule *rule = &self->rule;
  gboolean beginning = bgc_foreign_traffic_judge (rule, all, self->own);
  guint64 foreign = all > self->own ? all - self->own : 0;
  gboolean rivals = bgc_rivalry_judge (&self->rivalry, elapsed, foreign, self->own, rule->quiet == 0,
                                       rule->quiet >= QUIET, beginning);

  return beginning || rivals;
}

gboolean
bgc_foreign_traffic_look (BgcForeignTraffic *self, gint64 now)
{
  guint64 bytes;

  if (now - self->looked < INTERVAL || !read_counter (self->fd, &bytes))
    return self->noisy;
  self->noisy = judge (self, now - self->looked, bytes - self->last);
  self->looked = now;
  self->last = bytes;
  self->own = 0;
  return self->noisy;
}
