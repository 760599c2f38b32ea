/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-repeater.h"

typedef struct {
  BgcRepeater *repeater; /* borrowed */
  char *connection;      /* (owned) */
  GArray *ids;           /* (owned) (element-type BgcJobId) */
  guint next;            /* in ids */
  guint64 alarm;         /* of the next portion */
} Round;

struct _BgcRepeater {
  BgcClock *clock;       /* (owned) */
  BgcRepeaterFunc function;
  gpointer data;         /* borrowed */
  GHashTable *rounds;    /* (owned) connection, borrowed from the value → Round (owned) */
};

static void
round_free (gpointer data)
{
  Round *round = data;

  bgc_clock_clear_alarm (round->repeater->clock, &round->alarm);
  g_array_unref (round->ids);
  g_free (round->connection);
  g_free (round);
}

BgcRepeater *
bgc_repeater_new (BgcClock *clock, BgcRepeaterFunc function, gpointer data)
{
  BgcRepeater *self = g_new0 (BgcRepeater, 1);

  self->clock = g_object_ref (clock);
  self->function = function;
  self->data = data;
  self->rounds = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, round_free);
  return self;
}

void
bgc_repeater_free (BgcRepeater *self)
{
  g_hash_table_unref (self->rounds);
  g_object_unref (self->clock);
  g_free (self);
}

static void
portion_cb (gpointer data)
{
  Round *round = data;
  BgcRepeater *self = round->repeater;
  guint end = MIN (round->ids->len, round->next + BGC_REPEATER_PORTION);

  round->alarm = 0;
  for (; round->next < end; round->next++)
    self->function (round->connection, &g_array_index (round->ids, BgcJobId, round->next), self->data);
  if (end < round->ids->len)
    round->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + BGC_REPEATER_PAUSE,
                                        "repeat",
                                        portion_cb, round);
  else
    g_hash_table_remove (self->rounds, round->connection);
}

void
bgc_repeater_start (BgcRepeater *self, const char *connection, GArray *ids)
{
  Round *round = g_new0 (Round, 1);

  round->repeater = self;
  round->connection = g_strdup (connection);
  round->ids = ids;
  g_hash_table_replace (self->rounds, round->connection, round);
  portion_cb (round);
}

void
bgc_repeater_stop (BgcRepeater *self, const char *connection)
{
  g_hash_table_remove (self->rounds, connection);
}

guint
bgc_repeater_pending (BgcRepeater *self)
{
  return g_hash_table_size (self->rounds);
}
