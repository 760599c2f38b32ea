/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-alarm-queue.h"

struct _BgcAlarmQueue
{
  GTree *order;       /* (owned) BgcAlarm, its own key, owned by the tree; by time, then by id */
  GHashTable *by_id;  /* (owned) &alarm->id → BgcAlarm, both borrowed from the tree */
  guint64 next_id;
};

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const BgcAlarm *first = a;
  const BgcAlarm *second = b;

  if (first->when != second->when)
    return first->when < second->when ? -1 : 1;
  if (first->id != second->id)
    return first->id < second->id ? -1 : 1;

  return 0;
}

BgcAlarmQueue *
bgc_alarm_queue_new (void)
{
  BgcAlarmQueue *self = g_new0 (BgcAlarmQueue, 1);

  self->order = g_tree_new_full (compare, NULL, g_free, NULL);
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->next_id = 1;

  return self;
}

void
bgc_alarm_queue_free (BgcAlarmQueue *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->by_id);
  g_tree_unref (self->order);
  g_free (self);
}

guint64
bgc_alarm_queue_add (BgcAlarmQueue *self, gint64 when, const char *name, BgcAlarmFunc function, gpointer data)
{
  BgcAlarm *alarm = g_new (BgcAlarm, 1);

  *alarm = (BgcAlarm) {
    .id = self->next_id++,
    .when = when,
    .name = name,
    .function = function,
    .data = data,
  };
  g_tree_insert (self->order, alarm, alarm);
  g_hash_table_insert (self->by_id, &alarm->id, alarm);

  return alarm->id;
}

/* Frees @alarm. */
static void
drop (BgcAlarmQueue *self, BgcAlarm *alarm)
{
  g_hash_table_remove (self->by_id, &alarm->id);
  g_tree_remove (self->order, alarm);
}

gboolean
bgc_alarm_queue_remove (BgcAlarmQueue *self, guint64 id)
{
  BgcAlarm *alarm = g_hash_table_lookup (self->by_id, &id);

  if (alarm == NULL)
    return FALSE;

  drop (self, alarm);
  return TRUE;
}

gboolean
bgc_alarm_queue_next (BgcAlarmQueue *self, gint64 *when)
{
  GTreeNode *first = g_tree_node_first (self->order);

  if (first == NULL)
    return FALSE;

  *when = ((const BgcAlarm *) g_tree_node_key (first))->when;
  return TRUE;
}

guint64
bgc_alarm_queue_next_id (const BgcAlarmQueue *self)
{
  return self->next_id;
}

gboolean
bgc_alarm_queue_take (BgcAlarmQueue *self, gint64 now, guint64 before, BgcAlarm *out)
{
  for (GTreeNode *node = g_tree_node_first (self->order); node != NULL; node = g_tree_node_next (node))
    {
      BgcAlarm *alarm = g_tree_node_key (node);

      if (alarm->when > now)
        return FALSE;
      if (alarm->id >= before)
        continue;

      *out = *alarm;
      drop (self, alarm);
      return TRUE;
    }

  return FALSE;
}

guint
bgc_alarm_queue_length (const BgcAlarmQueue *self)
{
  return g_hash_table_size (self->by_id);
}
