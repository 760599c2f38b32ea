/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-conditions.h"

#include "engine/bgc-run.h"
#include "engine/bgc-server-cancel.h"
#include "engine/bgc-waits.h"

/* The first uid of people; below are the system's accounts, which nobody logs in to. */
#define FIRST_PERSON 1000u

struct _BgcConditions
{
  BgcEngine *engine;     /* (borrowed) */
  BgcPower *power;       /* (owned) (nullable) */
  BgcMetering *metering; /* (owned) (nullable) */
  BgcLogins *logins;     /* (owned) (nullable) */
  guint64 offline_alarm; /* when the network's absence is no blip any more; 0 = it is there, or known away */
};

/* ---- one job ---- */

static gboolean
may_pay (const BgcJob *job, BgcMeteringCost cost)
{
  switch (bgc_job_cost_policy (job))
    {
    case BGC_COST_POLICY_NOT_ROAMING:
      return cost != BGC_METERING_ROAMING;
    case BGC_COST_POLICY_STANDARD:
    case BGC_COST_POLICY_UNRESTRICTED:
      return cost == BGC_METERING_FREE;
    case BGC_COST_POLICY_ALWAYS:
    case BGC_COST_POLICY_BY_PRIORITY:
    case BGC_N_COST_POLICIES:
    default:
      return TRUE;
    }
}

static gboolean
is_saving (BgcConditions *self)
{
  return self->power != NULL && bgc_power_is_saving (self->power);
}

static gboolean
is_away (BgcConditions *self, guint32 owner)
{
  return self->engine->limits.only_while_logged_in && owner >= FIRST_PERSON && self->logins != NULL
         && !bgc_logins_has (self->logins, owner);
}

static BgcWaitReason
obstacle_of (BgcConditions *self, const BgcEntry *entry)
{
  const BgcJob *job = entry->job;

  if (self->metering != NULL && !may_pay (job, bgc_metering_cost (self->metering)))
    return BGC_WAIT_METERED;
  if (is_away (self, job->owner))
    return BGC_WAIT_OWNER_LOGGED_OUT;
  if (job->priority == BGC_PRIORITY_LOW && !entry->insistent && is_saving (self))
    return BGC_WAIT_POWER;
  if (!bgc_caps_allow (&self->engine->caps, job->priority))
    return BGC_WAIT_BANDWIDTH_POLICY;
  return BGC_WAIT_NONE;
}

/* Why a queued job does not run, and until when as far as that is known. */
static void
explain (BgcConditions *self, BgcEntry *entry)
{
  BgcJob *job = entry->job;

  job->wait_reason = entry->obstacle != BGC_WAIT_NONE ? entry->obstacle : BGC_WAIT_SCHEDULER;
  job->next_attempt
    = entry->obstacle == BGC_WAIT_BANDWIDTH_POLICY ? self->engine->opens[job->priority] : 0;
}

void
bgc_conditions_judge (BgcConditions *self, BgcEntry *entry)
{
  BgcWaitReason before = entry->obstacle;

  if (!is_saving (self))
    entry->insistent = FALSE;
  entry->obstacle = obstacle_of (self, entry);
  if (entry->job->state == BGC_JOB_STATE_QUEUED)
    explain (self, entry);
  if (before == BGC_WAIT_NONE && entry->obstacle != BGC_WAIT_NONE && entry->runner != NULL
      && self->engine->started)
    bgc_run_requeue (self->engine, entry);
}

void
bgc_conditions_insist (BgcConditions *self, BgcEntry *entry)
{
  if (entry->obstacle != BGC_WAIT_POWER)
    return;
  entry->insistent = TRUE;
  bgc_conditions_judge (self, entry);
  bgc_engine_offer (self->engine, entry);
  self->engine->hooks->stirred (self->engine, entry);
}

/* ---- all jobs ---- */

/* Oldest first, so that those who waited longest run first. */
void
bgc_conditions_update (BgcConditions *self)
{
  BgcEngine *engine = self->engine;
  BgcEntry *newer;

  for (BgcEntry *entry = bgc_queue_oldest (engine->queue); entry != NULL; entry = newer)
    {
      BgcWaitReason before = entry->obstacle;
      gint64 until = entry->job->next_attempt;

      newer = entry->newer;
      bgc_conditions_judge (self, entry);
      if (entry->obstacle == before && entry->job->next_attempt == until)
        continue;
      if (entry->wait != NULL)
        bgc_waits_recount (entry);
      if (entry->job->state != BGC_JOB_STATE_QUEUED)
        continue;
      bgc_engine_offer (engine, entry);
      engine->hooks->stirred (engine, entry);
    }
}

/* ---- the network ---- */

static void
set_online (BgcConditions *self, gboolean online)
{
  BgcEngine *engine = self->engine;
  g_autoptr (GList) entries = g_hash_table_get_keys (engine->runners);

  engine->online = online;
  bgc_waits_network_changed (engine);
  for (GList *link = entries; link != NULL; link = link->next)
    bgc_runner_network_changed (engine, link->data);
}

static void
on_offline (gpointer data)
{
  BgcConditions *self = data;

  self->offline_alarm = 0;
  set_online (self, FALSE);
}

static void
on_network_changed (BgcNetwork *network, gboolean available, BgcConditions *self)
{
  BgcEngine *engine = self->engine;

  bgc_clock_clear_alarm (engine->clock, &self->offline_alarm);
  if (!available && engine->online)
    self->offline_alarm = bgc_clock_set_alarm (engine->clock, bgc_engine_boot (engine) + BGC_CONDITIONS_BLIP,
                                               "offline", on_offline, self);
  if (!available || engine->online)
    return;
  set_online (self, TRUE);
  if (engine->started && !engine->closing)
    {
      bgc_waits_network_came_up (engine);
      bgc_server_cancel_network_came_up (engine);
    }
}

/* ---- life ---- */

BgcConditions *
bgc_conditions_new (BgcEngine *engine)
{
  BgcConditions *self = g_new0 (BgcConditions, 1);

  self->engine = engine;
  engine->online = bgc_network_is_available (engine->network);
  g_signal_connect (engine->network, "changed", G_CALLBACK (on_network_changed), self);
  return self;
}

void
bgc_conditions_follow (BgcConditions *self, BgcPower *power, BgcMetering *metering, BgcLogins *logins)
{
  if (g_set_object (&self->power, power) && power != NULL)
    g_signal_connect_swapped (power, "changed", G_CALLBACK (bgc_conditions_update), self);
  if (g_set_object (&self->metering, metering) && metering != NULL)
    g_signal_connect_swapped (metering, "changed", G_CALLBACK (bgc_conditions_update), self);
  if (g_set_object (&self->logins, logins) && logins != NULL)
    g_signal_connect_swapped (logins, "changed", G_CALLBACK (bgc_conditions_update), self);
  bgc_conditions_update (self);
}

void
bgc_conditions_free (BgcConditions *self)
{
  bgc_clock_clear_alarm (self->engine->clock, &self->offline_alarm);
  g_signal_handlers_disconnect_by_data (self->engine->network, self);
  if (self->power != NULL)
    g_signal_handlers_disconnect_by_data (self->power, self);
  if (self->metering != NULL)
    g_signal_handlers_disconnect_by_data (self->metering, self);
  if (self->logins != NULL)
    g_signal_handlers_disconnect_by_data (self->logins, self);
  g_clear_object (&self->logins);
  g_clear_object (&self->power);
  g_clear_object (&self->metering);
  g_free (self);
}
