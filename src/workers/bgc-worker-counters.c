/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-counters.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes. */
#define PAGE 4096
/* Pages of others that one worker is given: whose is not among them is a stranger to it. The kernel passes at
 * most 253 descriptors at once. */
#define MAX_OTHERS 63u

/* Newer than the headers of some systems: Linux 6.3, which complains of a page that could be executed. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

typedef struct
{
  BgcWorkerCounters *counters; /* borrowed */
  guint32 owner;
  BgcWorkerLink *link; /* borrowed */
  int own;             /* (owned) the page, to be written to */
  int shown;           /* (owned) the page, to be read only */
  gboolean calling;    /* it has not yet taken what it was told last */
  gboolean due;        /* and there is news since */
} Member;

struct _BgcWorkerCounters
{
  GHashTable *members; /* (owned) owner → Member */
  gboolean told;       /* that the kernel gives no such memory */
  gboolean stopped;    /* nobody is told anything any more */
};

static void
share (Member *member);

static void
member_free (Member *member)
{
  if (member->own >= 0)
    close (member->own);
  if (member->shown >= 0)
    close (member->shown);
  g_free (member);
}

BgcWorkerCounters *
bgc_worker_counters_new (void)
{
  BgcWorkerCounters *self = g_new0 (BgcWorkerCounters, 1);

  self->members = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)member_free);
  return self;
}

void
bgc_worker_counters_free (BgcWorkerCounters *self)
{
  g_hash_table_unref (self->members);
  g_free (self);
}

/* ---- a page ------------------------------------------------------------------------------------- */

static int
open_memory (void)
{
  int fd = memfd_create ("bgcopyd-counters", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

  return fd >= 0 || errno != EINVAL ? fd : memfd_create ("bgcopyd-counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Whoever can write to it could otherwise cut it, and readers would die of that. No other user may open what
 * he was given to read once more, to write: only its mode forbids that. */
static gboolean
make_page (Member *member)
{
  g_autofree char *path = NULL;

  member->own = open_memory ();
  if (member->own < 0 || ftruncate (member->own, PAGE) != 0 || fchmod (member->own, 0400) != 0
      || fcntl (member->own, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return FALSE;
  path = g_strdup_printf ("/proc/self/fd/%d", member->own);
  /* lint: allow path because it is the kernel's, not a user's */
  member->shown = open (path, O_RDONLY | O_CLOEXEC);
  return member->shown >= 0;
}

/* ---- telling ------------------------------------------------------------------------------------ */

static void
on_shared (GVariant *answer, gpointer data)
{
  const Member *asked = data;
  Member *member = g_hash_table_lookup (asked->counters->members, GUINT_TO_POINTER (asked->owner));

  if (member == NULL)
    return;
  member->calling = FALSE;
  if (member->due && !member->counters->stopped)
    share (member);
}

/* The last news is enough: there is one call out to each worker, however often others come and go. */
static void
share (Member *member)
{
  g_autoptr (GUnixFDList) descriptors = g_unix_fd_list_new ();
  Member *ticket;
  GVariantBuilder others;
  GHashTableIter iter;
  gpointer other;
  gint32 count = 0;

  member->due = member->calling;
  if (member->calling || g_unix_fd_list_append (descriptors, member->own, NULL) < 0)
    return;
  g_variant_builder_init (&others, G_VARIANT_TYPE ("ah"));
  g_hash_table_iter_init (&iter, member->counters->members);
  while (count < (gint32)MAX_OTHERS && g_hash_table_iter_next (&iter, NULL, &other))
    if (other != member && g_unix_fd_list_append (descriptors, ((const Member *)other)->shown, NULL) >= 0)
      g_variant_builder_add (&others, "h", ++count);
  ticket = g_memdup2 (member, sizeof *member);
  member->calling = TRUE;
  bgc_worker_link_call_with (member->link, "ShareCounters", g_variant_new ("(hah)", 0, &others), descriptors,
                             "()", on_shared, ticket, g_free);
}

static void
share_all (BgcWorkerCounters *self)
{
  g_autoptr (GList) members = g_hash_table_get_values (self->members);

  if (self->stopped)
    return;
  for (GList *l = members; l != NULL; l = l->next)
    share (l->data);
}

void
bgc_worker_counters_join (BgcWorkerCounters *self, guint32 owner, BgcWorkerLink *link)
{
  Member *member = g_new0 (Member, 1);

  member->counters = self;
  member->owner = owner;
  member->link = link;
  member->own = member->shown = -1;
  if (!make_page (member))
    {
      if (!self->told)
        g_warning ("Background transfers of users give way to each other: no memory for counters: %s",
                   g_strerror (errno));
      self->told = TRUE;
      member_free (member);
      return;
    }
  g_hash_table_replace (self->members, GUINT_TO_POINTER (owner), member);
  share_all (self);
}

void
bgc_worker_counters_stop (BgcWorkerCounters *self)
{
  self->stopped = TRUE;
}

void
bgc_worker_counters_leave (BgcWorkerCounters *self, guint32 owner)
{
  if (g_hash_table_remove (self->members, GUINT_TO_POINTER (owner)))
    share_all (self);
}
