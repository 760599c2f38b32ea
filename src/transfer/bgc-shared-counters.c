/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-shared-counters.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Bytes. */
#define PAGE 4096u
/* Of the page's layout. */
#define LAYOUT 1u
/* Interfaces in a page: who uses more at once is foreign to others on the rest, and does not know there who
 * else is not (bgc_shared_counters_knows()). */
#define INTERFACES 8u
/* Bytes a microsecond that no interface carries more than: 800 Gbit/s. */
#define MOST_PER_MICROSECOND 100000u
/* Microseconds: what came between looks that are farther apart was of no interest. */
#define LONGEST_LOOK G_TIME_SPAN_SECOND

/* Written by one process and read by others at the same time, number by number. */
typedef struct
{
  guint64 interface; /* its index; 0 = none */
  guint64 received;
  guint64 sent;
} Entry;

typedef struct
{
  guint64 version;
  Entry entries[INTERFACES];
} Page;

G_STATIC_ASSERT (sizeof (Page) <= PAGE);

/* Another's, and what was in it at the last look. */
typedef struct
{
  const Page *page; /* (owned) mapped */
  dev_t device;     /* whose page it is: the same memory as before need not begin anew */
  ino_t inode;
  gboolean seen; /* it was looked at */
  Entry last[INTERFACES];
} Other;

struct _BgcSharedCounters
{
  Page *page;        /* (owned) (nullable) mapped: ours */
  Entry ours[INTERFACES];
  guint64 used[INTERFACES]; /* the look before which connections of ours were on it last */
  guint64 looks;     /* from 1 */
  GPtrArray *others; /* (owned) (element-type Other) */
  gint64 looked;     /* monotonic microseconds; 0 = never */
  BgcSharedCount grown[INTERFACES]; /* over the interfaces of ours, between the last two looks */
};

static void
other_free (Other *other)
{
  munmap ((void *)other->page, PAGE);
  g_free (other);
}

BgcSharedCounters *
bgc_shared_counters_new (void)
{
  BgcSharedCounters *self = g_new0 (BgcSharedCounters, 1);

  self->others = g_ptr_array_new_with_free_func ((GDestroyNotify)other_free);
  self->looks = 1;
  return self;
}

void
bgc_shared_counters_free (BgcSharedCounters *self)
{
  if (self->page != NULL)
    munmap (self->page, PAGE);
  g_ptr_array_unref (self->others);
  g_free (self);
}

/* ---- mapping ------------------------------------------------------------------------------------ */

/* NULL: it is none, or one that can be cut, and reading it could then end us. */
static void *
map_page (int fd, int protection)
{
  struct stat status;
  int seals = fcntl (fd, F_GET_SEALS);
  void *page;

  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat (fd, &status) != 0 || status.st_size < PAGE)
    return NULL;
  page = mmap (NULL, PAGE, protection, MAP_SHARED, fd, 0);
  return page == MAP_FAILED ? NULL : page;
}

/* The page behind @fd, taken out of @known if it is among them; (transfer full) (nullable). */
static Other *
find_other (GPtrArray *known, int fd)
{
  struct stat status;
  const Page *page;
  Other *other;

  if (fstat (fd, &status) != 0)
    return NULL;
  for (guint i = 0; i < known->len; i++)
    {
      other = g_ptr_array_index (known, i);
      if (other->device == status.st_dev && other->inode == status.st_ino)
        return g_ptr_array_steal_index_fast (known, i);
    }
  page = map_page (fd, PROT_READ);
  if (page == NULL)
    return NULL;
  other = g_new0 (Other, 1);
  other->page = page;
  other->device = status.st_dev;
  other->inode = status.st_ino;
  return other;
}

static void
tell_entry (const BgcSharedCounters *self, guint i)
{
  Entry *entry = &self->page->entries[i];

  __atomic_store_n (&entry->received, self->ours[i].received, __ATOMIC_RELAXED);
  __atomic_store_n (&entry->sent, self->ours[i].sent, __ATOMIC_RELAXED);
  /* Last: an entry with an index is one with numbers. */
  __atomic_store_n (&entry->interface, self->ours[i].interface, __ATOMIC_RELEASE);
}

static gboolean
use_own (BgcSharedCounters *self, int own)
{
  Page *page = map_page (own, PROT_READ | PROT_WRITE);

  if (page == NULL)
    return FALSE;
  if (self->page != NULL)
    munmap (self->page, PAGE);
  self->page = page;
  for (guint i = 0; i < INTERFACES; i++)
    tell_entry (self, i);
  __atomic_store_n (&page->version, LAYOUT, __ATOMIC_RELEASE);
  return TRUE;
}

gboolean
bgc_shared_counters_use (BgcSharedCounters *self, int own, const int *others, guint n_others)
{
  g_autoptr (GPtrArray) known = g_steal_pointer (&self->others);

  self->others = g_ptr_array_new_with_free_func ((GDestroyNotify)other_free);
  for (guint i = 0; i < n_others; i++)
    {
      Other *other = find_other (known, others[i]);

      if (other != NULL)
        g_ptr_array_add (self->others, other);
    }
  return use_own (self, own);
}

/* ---- ours --------------------------------------------------------------------------------------- */

/* -1: it has none. Of what others say only that of interfaces which we use too is of interest, and so nobody
 * can fill the table. */
static int
find_ours (const BgcSharedCounters *self, guint64 interface)
{
  for (guint i = 0; i < INTERFACES && interface != 0; i++)
    if (self->ours[i].interface == interface)
      return (int)i;
  return -1;
}

/* One that becomes the entry of @interface: nobody has it, or no connection of ours has been on its interface
 * since before the last look, which may be gone from the machine. -1: there is none. */
static int
take_entry (BgcSharedCounters *self, guint interface)
{
  guint oldest = 0;

  for (guint i = 1; i < INTERFACES; i++)
    if (self->used[i] < self->used[oldest])
      oldest = i;
  if (self->ours[oldest].interface != 0 && self->used[oldest] + 1 >= self->looks)
    return -1;
  /* Who reads an entry that changes its interface at that moment sees numbers that fall. */
  self->ours[oldest] = (Entry){ .interface = interface };
  return (int)oldest;
}

void
bgc_shared_counters_add (BgcSharedCounters *self, guint interface, const BgcSharedCount *more)
{
  int index = find_ours (self, interface);

  if (index < 0 && interface != 0)
    index = take_entry (self, interface);
  if (index < 0)
    return;
  self->used[index] = self->looks;
  self->ours[index].received += more->received;
  self->ours[index].sent += more->sent;
  if (self->page != NULL)
    tell_entry (self, (guint)index);
}

gboolean
bgc_shared_counters_knows (const BgcSharedCounters *self, guint interface)
{
  return find_ours (self, interface) >= 0;
}

/* ---- theirs ------------------------------------------------------------------------------------- */

static void
add_growth (guint64 *sum, guint64 before, guint64 now, guint64 most)
{
  if (now > before && now - before <= most)
    *sum = MIN (*sum + (now - before), most);
}

static void
look_at_entry (BgcSharedCounters *self, Other *other, guint i, guint64 most)
{
  const Entry *entry = &other->page->entries[i];
  Entry *last = &other->last[i];
  Entry now = { .interface = __atomic_load_n (&entry->interface, __ATOMIC_ACQUIRE),
                .received = __atomic_load_n (&entry->received, __ATOMIC_RELAXED),
                .sent = __atomic_load_n (&entry->sent, __ATOMIC_RELAXED) };
  Entry before = *last;
  int ours = find_ours (self, now.interface);

  *last = now;
  /* An interface that was not there before has begun from nothing. */
  if (!other->seen || ours < 0 || (before.interface != 0 && before.interface != now.interface))
    return;
  add_growth (&self->grown[ours].received, before.received, now.received, most);
  add_growth (&self->grown[ours].sent, before.sent, now.sent, most);
}

void
bgc_shared_counters_look (BgcSharedCounters *self, gint64 now)
{
  gint64 passed = self->looked == 0 ? 0 : now - self->looked;
  guint64 most = passed < 0 || passed > LONGEST_LOOK ? 0 : (guint64)passed * MOST_PER_MICROSECOND;

  self->looked = now;
  self->looks++;
  memset (self->grown, 0, sizeof self->grown);
  for (guint i = 0; i < self->others->len; i++)
    {
      Other *other = g_ptr_array_index (self->others, i);

      if (__atomic_load_n (&other->page->version, __ATOMIC_ACQUIRE) != LAYOUT)
        continue;
      for (guint j = 0; j < INTERFACES; j++)
        look_at_entry (self, other, j, most);
      other->seen = TRUE;
    }
}

BgcSharedCount
bgc_shared_counters_grown (const BgcSharedCounters *self, guint interface)
{
  int ours = find_ours (self, interface);

  return ours < 0 ? (BgcSharedCount){ 0, 0 } : self->grown[ours];
}

guint
bgc_shared_counters_others (const BgcSharedCounters *self)
{
  return self->others->len;
}
