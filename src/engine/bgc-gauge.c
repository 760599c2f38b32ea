/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-gauge.h"

#include "model/bgc-rate.h"

struct _BgcGauge
{
  BgcEngine *engine; /* (borrowed) */
  BgcEntry *entry;   /* (borrowed) */
  BgcRate rate;
  guint64 rate_alarm; /* to tell that the rate is 0; 0 = none */
  BgcYield yields_to;
  guint64 received;   /* bytes of this run, as reported */
  guint64 sent;       /* likewise */
  guint64 kept;       /* of those received, those that became durable */
  GHashTable *begun;  /* (owned) (element-type guint32) files whose bytes grew or were dropped in this run */
  /* Of the change under way: */
  BgcCounters folded;
  guint64 folded_kept;
  GHashTable *folding; /* (owned) (element-type guint32) joins begun */
};

/* ---- the sums ---- */

static void
count (BgcGauge *self, const BgcCounters *more)
{
  GHashTable *owners = self->engine->counters;
  gpointer owner = GUINT_TO_POINTER (self->entry->job->owner);
  BgcCounters *sum = g_hash_table_lookup (owners, owner);

  if (sum == NULL)
    {
      sum = g_new0 (BgcCounters, 1);
      g_hash_table_insert (owners, owner, sum);
    }
  bgc_counters_add (sum, more);
  if (self->entry->counters == NULL)
    self->entry->counters = g_new0 (BgcCounters, 1);
  bgc_counters_add (self->entry->counters, more);
}

BgcCounters
bgc_gauge_total (BgcEngine *engine, guint32 owner)
{
  BgcCounters total = { 0 };
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, engine->counters);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (owner == G_MAXUINT32 || GPOINTER_TO_UINT (key) == owner)
      bgc_counters_add (&total, value);
  return total;
}

/* ---- a run ---- */

BgcGauge *
bgc_gauge_new (BgcEngine *engine, BgcEntry *entry)
{
  BgcGauge *self = g_new0 (BgcGauge, 1);

  self->engine = engine;
  self->entry = entry;
  self->begun = g_hash_table_new (NULL, NULL);
  self->folding = g_hash_table_new (NULL, NULL);
  return self;
}

static void
end_run (BgcGauge *self, gboolean discard)
{
  BgcCounters lost = { .refetched = self->received > self->kept ? self->received - self->kept : 0 };

  if (lost.refetched > 0 && !discard)
    count (self, &lost);
  self->received = self->sent = self->kept = 0;
  g_hash_table_remove_all (self->begun);
}

void
bgc_gauge_free (BgcGauge *self, gboolean discard)
{
  end_run (self, discard);
  bgc_clock_clear_alarm (self->engine->clock, &self->rate_alarm);
  g_hash_table_unref (self->begun);
  g_hash_table_unref (self->folding);
  g_free (self);
}

void
bgc_gauge_begin (BgcGauge *self)
{
  end_run (self, FALSE);
  self->yields_to = BGC_YIELD_NOBODY;
  bgc_rate_reset (&self->rate);
  bgc_rate_add (&self->rate, bgc_engine_boot (self->engine), 0);
}

/* A server that falls silent says nothing that would show it: also the alarm of the time when it has. */
static void
watch_rate (gpointer data)
{
  BgcGauge *self = data;
  gint64 stale = bgc_rate_stale_time (&self->rate);

  self->rate_alarm = 0;
  if (stale <= bgc_engine_boot (self->engine))
    self->engine->hooks->stirred (self->engine, self->entry);
  else
    self->rate_alarm = bgc_clock_set_alarm (self->engine->clock, stale, "rate", watch_rate, self);
}

void
bgc_gauge_take (BgcGauge *self, const BgcReport *report)
{
  guint64 received = MAX (report->received - report->sent, self->received);
  guint64 sent = MAX (report->sent, self->sent);
  const BgcCounters more = { .received = received - self->received, .sent = sent - self->sent };

  self->received = received;
  self->sent = sent;
  self->yields_to = report->yields_to;
  if (more.received > 0 || more.sent > 0)
    count (self, &more);
  bgc_rate_add (&self->rate, bgc_engine_boot (self->engine), report->received);
  if (self->rate_alarm == 0)
    watch_rate (self);
}

/* ---- what became of the bytes ---- */

void
bgc_gauge_open (BgcGauge *self)
{
  self->folded = (BgcCounters){ 0 };
  self->folded_kept = 0;
  g_hash_table_remove_all (self->folding);
}

void
bgc_gauge_fold (BgcGauge *self, const BgcFileReport *report, guint64 before, guint64 after)
{
  gpointer key = GUINT_TO_POINTER (report->index);
  gboolean is_source = self->entry->job->upload != NULL && report->index == BGC_UPLOAD_FILE;
  gboolean dropped = report->event == BGC_FILE_EVENT_RESTARTED || after < before;

  if (dropped && !is_source)
    {
      const BgcCounters lost = { .refetched = after < before && report->event != BGC_FILE_EVENT_RESTARTED
                                                ? before - after : before };
      bgc_counters_add (&self->folded, &lost);
    }
  if (report->event == BGC_FILE_EVENT_RESTARTED && !is_source)
    self->folded_kept += after;
  else if (after > before && !is_source)
    self->folded_kept += after - before;
  if (!dropped && after == before)
    return;
  if (!dropped && !g_hash_table_contains (self->begun, key) && !g_hash_table_contains (self->folding, key))
    {
      /* It holds more than before, and did not begin anew: the server went on from there. */
      const BgcCounters saved = { .saved = before };
      bgc_counters_add (&self->folded, &saved);
    }
  g_hash_table_add (self->folding, key);
}

void
bgc_gauge_applied (BgcGauge *self)
{
  GHashTableIter iter;
  gpointer key;

  count (self, &self->folded);
  self->kept += self->folded_kept;
  g_hash_table_iter_init (&iter, self->folding);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (self->begun, key);
  bgc_gauge_open (self);
}

/* ---- reading ---- */

BgcFigures
bgc_gauge_read (const BgcGauge *self, const BgcEntry *entry)
{
  BgcFigures figures = { 0 };

  if (self != NULL && bgc_job_state_is_running (entry->job->state))
    {
      figures.rate = bgc_rate_get (&self->rate, bgc_engine_boot (self->engine));
      figures.yields_to = self->yields_to;
    }
  if (entry != NULL && entry->counters != NULL)
    figures.counters = *entry->counters;
  return figures;
}
