/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-foreign-traffic.h"

#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include "transfer/bgc-interface.h"
#include "transfer/bgc-rivalry.h"

/* Microseconds between two looks. */
#define INTERVAL (20 * G_TIME_SPAN_MILLISECOND)
/* Microseconds after which what was carried until a look has been said by those who carried it: twice what
 * they take between two looks of theirs. */
#define LATE (10 * G_TIME_SPAN_MILLISECOND)
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
  guint index;   /* of the interface */
  guint64 last;  /* of the counter */
  guint64 count; /* of it now */
  gboolean counted; /* that is new, or the interface is gone */
  gboolean gone;
  guint64 own;   /* bytes since */
  guint64 said;  /* bytes since the last judgement that others say they carried */
  gboolean heard; /* there are others who say something */
  gboolean open; /* the last interval waits for what others have to say of it */
  gint64 elapsed; /* microseconds of that interval */
  guint64 all;   /* bytes of it */
  guint64 ours;  /* likewise, of our own */
  gint64 looked; /* monotonic, microseconds */
  gboolean noisy;
  BgcForeignTrafficClaim claim;
  BgcForeignTrafficRule rule;
  BgcRivalry rivalry;
};

/* What is said ahead of its time is kept for the next intervals, as much as others usually carry in one: who
 * says more than can be hides no more than that for no longer than he goes on. */
guint64
bgc_foreign_traffic_believe (BgcForeignTrafficClaim *claim, guint64 all, guint64 own, guint64 said)
{
  guint64 rest = all > own ? all - own : 0;
  /* No more than counts: sums stay far from where numbers end. */
  guint64 known = claim->ahead + MIN (said, G_MAXUINT64 / 4);
  guint64 believed = MIN (rest, known);

  claim->usual = MAX (MIN (said, rest), claim->usual / 2);
  claim->ahead = MIN (known - believed, claim->usual);
  return believed;
}

gboolean
bgc_foreign_traffic_judge (BgcForeignTrafficRule *rule, guint64 all, guint64 own)
{
  guint64 seen = own + rule->ahead;
  guint64 foreign = all > seen ? all - seen : 0;
  gboolean loud = foreign > MAX (NOISE_BYTES, own / NOISE_PART);

  rule->ahead = own > all ? MIN (own - all, all) : 0;
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
  g_autofree char *name = bgc_interface_find (address);
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
  self->index = if_nametoindex (name);
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

guint
bgc_foreign_traffic_interface (const BgcForeignTraffic *self)
{
  return self->index;
}

void
bgc_foreign_traffic_add_others (BgcForeignTraffic *self, guint64 bytes)
{
  self->said += bytes;
  self->heard = TRUE;
}

/* The last interval, all that is to be known of it being known. Strangers that came are given way for a
 * moment in any case; those that stay, while we are in theirs. Background transfers of all owners are one to
 * them. */
static void
judge (BgcForeignTraffic *self)
{
  guint64 own = self->ours + bgc_foreign_traffic_believe (&self->claim, self->all, self->ours, self->said);
  BgcForeignTrafficRule *rule = &self->rule;
  guint64 seen = own + rule->ahead;
  guint64 foreign = self->all > seen ? self->all - seen : 0;
  gboolean beginning = bgc_foreign_traffic_judge (rule, self->all, own);
  gboolean rivals = bgc_rivalry_judge (&self->rivalry, self->elapsed, foreign, own, rule->quiet == 0,
                                       rule->quiet >= QUIET, beginning);

  self->noisy = beginning || rivals;
  self->said = 0;
  self->open = FALSE;
}

void
bgc_foreign_traffic_count (BgcForeignTraffic *self, gint64 now)
{
  if (self == NULL || self->counted || now - self->looked < INTERVAL)
    return;
  self->gone = !read_counter (self->fd, &self->count);
  self->counted = TRUE;
}

gboolean
bgc_foreign_traffic_look (BgcForeignTraffic *self, gint64 now)
{
  if (self->open && now - self->looked >= LATE)
    judge (self);
  if (now - self->looked < INTERVAL)
    return self->noisy;
  /* An interface that is gone says nothing more, while connections may live on: one of the same name and
   * address can take its place. */
  bgc_foreign_traffic_count (self, now);
  self->counted = FALSE;
  if (self->gone)
    {
      self->noisy = FALSE;
      return FALSE;
    }
  self->elapsed = now - self->looked;
  self->looked = now;
  /* A driver that is reset may begin anew. */
  self->all = self->count > self->last ? self->count - self->last : 0;
  self->last = self->count;
  self->ours = self->own;
  self->own = 0;
  self->open = TRUE;
  if (!self->heard)
    judge (self);
  return self->noisy;
}
