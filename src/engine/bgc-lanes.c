/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-lanes.h"

typedef struct _BgcLane
{
  GQueue waiting;        /* (element-type BgcOperation) owned */
  BgcOperation *current; /* (owned) (nullable) */
  gboolean pumping;      /* operations that end at once are begun by one loop, not by recursion */
} BgcLane;

struct _BgcLanes
{
  BgcStore *store; /* (borrowed) */
  GObject *keeper; /* (borrowed) */
  BgcLanesApplyFunc apply;
  BgcEntryFunc idle; /* (nullable) */
  gpointer data;
  guint busy;
};

/* A commit under way. */
typedef struct
{
  BgcLanes *lanes;         /* (borrowed) */
  BgcOperation *operation; /* (borrowed) from its lane */
} Commit;

BgcLanes *
bgc_lanes_new (BgcStore *store, GObject *keeper, BgcLanesApplyFunc apply, BgcEntryFunc idle, gpointer data)
{
  BgcLanes *self = g_new0 (BgcLanes, 1);

  self->store = store;
  self->keeper = keeper;
  self->apply = apply;
  self->idle = idle;
  self->data = data;
  return self;
}

void
bgc_lanes_free (BgcLanes *self)
{
  g_warn_if_fail (self->busy == 0);
  g_free (self);
}

static BgcLane *
lane_of (BgcLanes *self, BgcEntry *entry)
{
  if (entry->lane == NULL)
    {
      entry->lane = g_new0 (BgcLane, 1);
      g_queue_init (&entry->lane->waiting);
      self->busy++;
      g_object_ref (self->keeper);
    }
  return entry->lane;
}

/* The caller holds a reference to the keeper. */
static void
close_if_idle (BgcLanes *self, BgcEntry *entry)
{
  BgcLane *lane = entry->lane;

  if (lane->current != NULL || !g_queue_is_empty (&lane->waiting))
    return;
  entry->lane = NULL;
  g_free (lane);
  self->busy--;
  if (self->idle != NULL)
    self->idle (entry, self->data);
  g_object_unref (self->keeper);
}

/* What the old owner asked of a job that was taken from him meanwhile is not done to the new owner's. */
static void
begin (BgcLanes *self, BgcOperation *operation)
{
  g_autoptr (GError) error = NULL;

  if (operation->task == NULL || operation->owner == operation->entry->job->owner)
    {
      operation->begin (operation);
      return;
    }
  g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "There is no such job");
  bgc_operation_fail (operation, error);
  operation->entry->lane->current = NULL;
  bgc_operation_free (operation);
}

static void
pump (BgcLanes *self, BgcEntry *entry)
{
  BgcLane *lane = entry->lane;
  g_autoptr (GObject) keeper = NULL;

  if (lane->pumping)
    return;
  keeper = g_object_ref (self->keeper);
  lane->pumping = TRUE;
  while (lane->current == NULL)
    {
      BgcOperation *next = g_queue_peek_head (&lane->waiting);

      if (next == NULL || next->waiting)
        break;
      lane->current = g_queue_pop_head (&lane->waiting);
      begin (self, next);
    }
  lane->pumping = FALSE;
  close_if_idle (self, entry);
}

void
bgc_lanes_push (BgcLanes *self, BgcOperation *operation)
{
  g_queue_push_tail (&lane_of (self, operation->entry)->waiting, operation);
  pump (self, operation->entry);
}

void
bgc_lanes_push_urgent (BgcLanes *self, BgcOperation *operation)
{
  g_queue_push_head (&lane_of (self, operation->entry)->waiting, operation);
  pump (self, operation->entry);
}

void
bgc_lanes_ready (BgcLanes *self, BgcOperation *operation)
{
  operation->waiting = FALSE;
  pump (self, operation->entry);
}

static void
on_committed (GObject *source, GAsyncResult *result, gpointer data)
{
  Commit *commit = data;
  BgcLanes *self = commit->lanes;
  BgcOperation *operation = commit->operation;
  BgcCommittedFunc committed = g_steal_pointer (&operation->committed);
  g_autoptr (GObject) keeper = g_object_ref (self->keeper);
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) change = bgc_store_commit_finish (BGC_STORE (source), result, &error);

  g_free (commit);
  self->apply (operation->entry, change, self->data);
  committed (operation, error);
}

void
bgc_lanes_commit (BgcLanes *self, BgcOperation *operation, BgcChange *change, BgcStoreUrgency urgency,
                  BgcCommittedFunc committed)
{
  Commit *commit = g_new0 (Commit, 1);

  commit->lanes = self;
  commit->operation = operation;
  operation->committed = committed;
  bgc_store_commit_async (self->store, change, urgency, on_committed, commit);
}

void
bgc_lanes_end (BgcLanes *self, BgcOperation *operation)
{
  BgcEntry *entry = operation->entry;

  entry->lane->current = NULL;
  bgc_operation_free (operation);
  pump (self, entry);
}

guint
bgc_lanes_busy (BgcLanes *self)
{
  return self->busy;
}
