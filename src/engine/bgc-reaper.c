/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-reaper.h"

/* Bytes of memory for a job, and for a file of it, beside what they store. */
#define JOB_BYTES  1024u
#define FILE_BYTES 256u

/* A final job that waits for its time. */
typedef struct
{
  BgcEntry *entry; /* (borrowed) */
  GQueue *queue;   /* (borrowed) the one it is in */
  gint64 when;     /* boot clock */
  gsize bytes;     /* it takes */
} Item;

struct _BgcReaper
{
  BgcEngine *engine;               /* (borrowed) */
  const BgcReaperActions *actions; /* (borrowed) */
  GQueue farewells;                /* (element-type Item) (owned) soonest first */
  gsize farewell_bytes;            /* of all in farewells */
  GQueue kept;                     /* (element-type Item) (owned) soonest first */
  guint64 farewell_alarm;
  guint64 kept_alarm;
  guint64 sweep_alarm;
  gint64 sweep_due; /* boot clock */
};

BgcReaper *
bgc_reaper_new (BgcEngine *engine, const BgcReaperActions *actions)
{
  BgcReaper *self = g_new0 (BgcReaper, 1);

  self->engine = engine;
  self->actions = actions;
  g_queue_init (&self->farewells);
  g_queue_init (&self->kept);
  return self;
}

void
bgc_reaper_free (BgcReaper *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->farewell_alarm);
  bgc_clock_clear_alarm (self->engine->clock, &self->kept_alarm);
  bgc_clock_clear_alarm (self->engine->clock, &self->sweep_alarm);
  g_queue_clear_full (&self->farewells, g_free);
  g_queue_clear_full (&self->kept, g_free);
  g_free (self);
}

static void
arm (BgcReaper *self);

void
bgc_reaper_release (BgcReaper *self, BgcEntry *entry)
{
  GList *link = g_steal_pointer (&entry->farewell);
  Item *item;

  if (link == NULL)
    return;
  item = link->data;
  if (item->queue == &self->farewells)
    self->farewell_bytes -= item->bytes;
  g_queue_delete_link (item->queue, link);
  g_free (item);
  arm (self);
}

/* Nearly always at the end; only what was loaded may belong before others. */
static void
enqueue (BgcReaper *self, GQueue *queue, BgcEntry *entry, gint64 when)
{
  Item *item = g_new0 (Item, 1);
  GList *before = queue->tail;

  bgc_reaper_release (self, entry);
  item->entry = entry;
  item->queue = queue;
  item->when = when;
  item->bytes = JOB_BYTES + FILE_BYTES * bgc_file_list_length (entry->job->files)
                + bgc_job_stored_bytes (entry->job) + bgc_file_list_stored_bytes (entry->job->files);
  if (queue == &self->farewells)
    self->farewell_bytes += item->bytes;
  while (before != NULL && ((Item *)before->data)->when > when)
    before = before->prev;
  if (before == NULL)
    {
      g_queue_push_head (queue, item);
      entry->farewell = queue->head;
    }
  else
    {
      g_queue_insert_after (queue, before, item);
      entry->farewell = before->next;
    }
  arm (self);
}

static BgcEntry *
take_due (BgcReaper *self, GQueue *queue)
{
  Item *item = g_queue_peek_head (queue);
  BgcEntry *entry;

  if (item == NULL || item->when > bgc_engine_boot (self->engine))
    return NULL;
  entry = item->entry;
  if (queue == &self->farewells)
    self->farewell_bytes -= item->bytes;
  g_queue_pop_head (queue);
  g_free (item);
  entry->farewell = NULL;
  return entry;
}

/* Something of it is still under way. */
static gboolean
is_busy (const BgcEntry *entry)
{
  return entry->lane != NULL || entry->runner != NULL;
}

static void
on_farewell (gpointer data)
{
  BgcReaper *self = data;
  BgcEntry *entry;

  self->farewell_alarm = 0;
  while ((entry = take_due (self, &self->farewells)) != NULL)
    {
      if (is_busy (entry))
        bgc_reaper_bid_farewell (self, entry);
      else
        self->actions->forget (self->engine, entry);
    }
  arm (self);
}

static void
on_kept (gpointer data)
{
  BgcReaper *self = data;
  BgcEntry *entry;

  self->kept_alarm = 0;
  while ((entry = take_due (self, &self->kept)) != NULL)
    self->actions->unkeep (self->engine, entry);
  arm (self);
}

static void
arm_one (BgcReaper *self, GQueue *queue, guint64 *alarm, const char *name, BgcAlarmFunc function)
{
  Item *first = g_queue_peek_head (queue);

  bgc_clock_clear_alarm (self->engine->clock, alarm);
  if (first != NULL && !self->engine->closing)
    *alarm = bgc_clock_set_alarm (self->engine->clock, first->when, name, function, self);
}

static void
arm (BgcReaper *self)
{
  arm_one (self, &self->farewells, &self->farewell_alarm, "farewell", on_farewell);
  arm_one (self, &self->kept, &self->kept_alarm, "kept", on_kept);
}

/* The oldest go before their time when there are too many; the newest, whose caller is only being
 * answered, never does. */
static void
hasten (BgcReaper *self)
{
  gint64 now = bgc_engine_boot (self->engine);
  gsize left = self->farewell_bytes;

  for (GList *l = self->farewells.head; left > BGC_REAPER_FAREWELL_BYTES && l != self->farewells.tail;
       l = l->next)
    {
      Item *item = l->data;

      if (is_busy (item->entry))
        continue;
      left -= item->bytes;
      item->when = MIN (item->when, now);
    }
}

void
bgc_reaper_bid_farewell (BgcReaper *self, BgcEntry *entry)
{
  enqueue (self, &self->farewells, entry, bgc_engine_boot (self->engine) + BGC_REAPER_FAREWELL);
  hasten (self);
  arm (self);
}

void
bgc_reaper_keep (BgcReaper *self, BgcEntry *entry)
{
  gint64 age = bgc_engine_wall (self->engine) - entry->job->completion_time;

  enqueue (self, &self->kept, entry,
           bgc_engine_boot (self->engine) + BGC_REAPER_KEEP - CLAMP (age, 0, BGC_REAPER_KEEP));
}

/* ---- jobs that nothing happens to ---- */

static gint64
timeout (BgcReaper *self)
{
  return (gint64)self->engine->limits.job_inactivity_timeout * G_USEC_PER_SEC;
}

/* Both clocks must say so: a wall clock that jumps costs nobody his job. */
static gboolean
is_forlorn (BgcReaper *self, BgcEntry *entry)
{
  const BgcJob *job = entry->job;

  return !bgc_job_state_is_final (job->state)
         && bgc_engine_boot (self->engine) - entry->touched >= timeout (self)
         && bgc_engine_wall (self->engine) - job->modification_time >= timeout (self);
}

static void
on_sweep (gpointer data);

static void
set_sweep (BgcReaper *self, gint64 due)
{
  self->sweep_due = due;
  self->sweep_alarm = bgc_clock_set_alarm (self->engine->clock, due, "inactivity", on_sweep, self);
}

static void
on_sweep (gpointer data)
{
  BgcReaper *self = data;
  gint64 now = bgc_engine_boot (self->engine);
  gint64 next = G_MAXINT64;
  g_autoptr (GPtrArray) forlorn = g_ptr_array_new ();

  self->sweep_alarm = 0;
  for (BgcEntry *entry = bgc_queue_oldest (self->engine->queue); entry != NULL; entry = entry->newer)
    if (is_forlorn (self, entry))
      g_ptr_array_add (forlorn, entry);
    else if (!bgc_job_state_is_final (entry->job->state))
      next = MIN (next, entry->touched + timeout (self));
  for (guint i = 0; i < forlorn->len; i++)
    self->actions->cancel (self->engine, g_ptr_array_index (forlorn, i));
  if (next != G_MAXINT64 || forlorn->len > 0)
    set_sweep (self, MAX (next == G_MAXINT64 ? 0 : next, now + BGC_REAPER_SWEEP));
}

/* The first look is at the earliest time at which there can be something to find: what is changed or
 * comes later is due later still. */
void
bgc_reaper_watch (BgcReaper *self, gboolean anew)
{
  gint64 first = G_MAXINT64;

  if (self->engine->closing || !self->engine->started || (self->sweep_alarm != 0 && !anew))
    return;
  bgc_clock_clear_alarm (self->engine->clock, &self->sweep_alarm);
  for (BgcEntry *entry = bgc_queue_oldest (self->engine->queue); entry != NULL; entry = entry->newer)
    first = MIN (first, entry->touched + timeout (self));
  if (first != G_MAXINT64)
    set_sweep (self, first);
}

gboolean
bgc_reaper_is_near (BgcReaper *self)
{
  return self->sweep_alarm != 0 && bgc_queue_oldest (self->engine->queue) != NULL
         && self->sweep_due <= bgc_engine_boot (self->engine) + BGC_REAPER_SWEEP;
}
