/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-places.h"

#include <string.h>

#include "model/bgc-placement.h"
#include "model/bgc-record.h"
#include "workers/bgc-worker-codec.h"

/* Files of one call: their failures must fit into a frame. */
#define PORTION 500
/* Time for one portion (behaviour.md, Cancel 3). */
#define ANSWER_TIME (10 * G_USEC_PER_SEC)

typedef struct
{
  BgcWorkerPlaces *places; /* borrowed */
  guint64 number;          /* of this list */
  GTask *task;             /* (owned) */
  GPtrArray *placements;   /* (owned) element-type BgcPlacement */
  GPtrArray *results;      /* (owned) element-type BgcPlacementResult, so far */
  guint out;               /* placements in the call that is out, 0 = none is */
  guint64 alarm;           /* for its answer */
} List;

struct _BgcWorkerPlaces
{
  BgcClock *clock; /* (owned) */
  void (*changed) (gpointer data);
  gpointer data;       /* borrowed */
  BgcWorkerLink *link; /* borrowed (nullable) */
  GQueue lists;        /* (owned) element-type List; few */
  guint64 numbers;     /* given so far */
};

/* What an answer needs to find its list, if that still waits. */
typedef struct
{
  BgcWorkerPlaces *places; /* borrowed: answers come only while the link is open */
  guint64 number;
} Ticket;

static void
send_portion (List *list);

static void
list_free (List *list)
{
  bgc_clock_clear_alarm (list->places->clock, &list->alarm);
  g_clear_object (&list->task);
  g_clear_pointer (&list->placements, g_ptr_array_unref);
  g_clear_pointer (&list->results, g_ptr_array_unref);
  g_free (list);
}

BgcWorkerPlaces *
bgc_worker_places_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data)
{
  BgcWorkerPlaces *self = g_new0 (BgcWorkerPlaces, 1);

  self->clock = g_object_ref (clock);
  self->changed = changed;
  self->data = data;
  g_queue_init (&self->lists);
  return self;
}

void
bgc_worker_places_free (BgcWorkerPlaces *self)
{
  g_queue_clear_full (&self->lists, (GDestroyNotify)list_free);
  g_clear_object (&self->clock);
  g_free (self);
}

/* Takes @list out and returns its task; whoever is called back may come again. */
static void
finish (List *list, gboolean late)
{
  BgcWorkerPlaces *self = list->places;

  g_queue_remove (&self->lists, list);
  if (late && list->results->len == 0)
    g_task_return_new_error (list->task, BGC_ERROR, BGC_ERROR_TIMEOUT, "The file system does not answer");
  else
    g_task_return_pointer (list->task, g_steal_pointer (&list->results), (GDestroyNotify)g_ptr_array_unref);
  list_free (list);
  if (!bgc_worker_places_is_busy (self))
    self->changed (self->data);
}

static void
on_late (gpointer data)
{
  List *list = data;
  gint64 now = bgc_clock_wall (list->places->clock);

  list->alarm = 0;
  for (guint i = list->results->len; i < list->placements->len && list->results->len > 0; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (list->placements, i);
      BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_TIMEOUT, TRUE,
                                             "The file system does not answer");

      failure->wait = BGC_WAIT_STORAGE;
      failure->time = now;
      g_ptr_array_add (list->results, bgc_placement_result_new (placement->index, failure));
    }
  finish (list, TRUE);
}

static List *
find (BgcWorkerPlaces *self, guint64 number)
{
  for (GList *l = self->lists.head; l != NULL; l = l->next)
    if (((List *)l->data)->number == number)
      return l->data;
  return NULL;
}

static gboolean
breach (GError **error, const char *what)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, what);
  return FALSE;
}

/* What is not among the failed is done. */
static gboolean
take_results (List *list, GVariant *answer, GError **error)
{
  g_autoptr (GVariant) failed = NULL;
  gint64 now = bgc_clock_wall (list->places->clock);
  guint first = list->results->len;
  guint32 count = 0;

  g_variant_get (answer, "(u@a(ua{sv}))", &count, &failed);
  if (count != list->out)
    return breach (error, "It answers another number of files than it was asked");
  for (guint i = 0; i < count; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (list->placements, first + i);

      g_ptr_array_add (list->results, bgc_placement_result_new (placement->index, NULL));
    }
  for (gsize i = 0; i < g_variant_n_children (failed); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (failed, i);
      guint32 position = 0;
      g_autoptr (BgcFailure) failure = bgc_worker_codec_read_failed (item, now, &position, error);
      BgcPlacementResult *result;

      if (failure == NULL)
        return FALSE;
      result = position < count ? g_ptr_array_index (list->results, first + position) : NULL;
      if (result == NULL || !result->done)
        return breach (error, "It answers for a file it was not asked about");
      failure->file = result->index;
      result->done = FALSE;
      result->failure = g_steal_pointer (&failure);
    }
  return TRUE;
}

static void
on_answer (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  BgcWorkerPlaces *self = ticket->places;
  List *list = find (self, ticket->number);
  g_autoptr (GError) error = NULL;

  if (list == NULL)
    return;
  bgc_clock_clear_alarm (self->clock, &list->alarm);
  if (!take_results (list, answer, &error))
    {
      bgc_worker_link_refuse (self->link, error->message);
      return;
    }
  list->out = 0;
  send_portion (list);
}

/* The next portion, or the end. */
static void
send_portion (List *list)
{
  BgcWorkerPlaces *self = list->places;
  GByteArray *records;
  Ticket *ticket;

  if (list->results->len == list->placements->len)
    {
      finish (list, FALSE);
      return;
    }
  if (self->link == NULL || list->out > 0)
    return;
  list->out = MIN (PORTION, list->placements->len - list->results->len);
  records = g_byte_array_new ();
  for (guint i = 0; i < list->out; i++)
    bgc_worker_codec_add_placement (records, g_ptr_array_index (list->placements, list->results->len + i));
  list->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + ANSWER_TIME, "placing files",
                                     on_late, list);
  ticket = g_new0 (Ticket, 1);
  ticket->places = self;
  ticket->number = list->number;
  bgc_worker_link_call (self->link, "Place", g_variant_new ("(@ay)", bgc_record_end (records)),
                        "(" BGC_WORKER_CODEC_PLACED ")", on_answer, ticket, g_free);
}

void
bgc_worker_places_add (BgcWorkerPlaces *self, GTask *task, GPtrArray *placements)
{
  List *list = g_new0 (List, 1);

  list->places = self;
  list->number = ++self->numbers;
  list->task = task;
  list->placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  list->results = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_result_free);
  for (guint i = 0; i < placements->len; i++)
    g_ptr_array_add (list->placements, bgc_placement_copy (g_ptr_array_index (placements, i)));
  g_queue_push_tail (&self->lists, list);
  send_portion (list);
}

gboolean
bgc_worker_places_is_busy (BgcWorkerPlaces *self)
{
  return self->lists.head != NULL;
}

void
bgc_worker_places_open (BgcWorkerPlaces *self, BgcWorkerLink *link)
{
  self->link = link;
  for (GList *l = self->lists.head; l != NULL; l = l->next)
    send_portion (l->data);
}

void
bgc_worker_places_close (BgcWorkerPlaces *self, GPtrArray *tasks)
{
  List *list;

  self->link = NULL;
  while ((list = g_queue_pop_head (&self->lists)) != NULL)
    {
      g_ptr_array_add (tasks, g_steal_pointer (&list->task));
      list_free (list);
    }
}
