/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-engine.h"

#include "base/bgc-log.h"

/* 256 bits. */
#define SEED_WORDS 8u

/* Something of the engine's own that is to be tried again. */
typedef struct _BgcLater
{
  BgcEngine *engine; /* (borrowed) */
  BgcEntry *entry;   /* (borrowed) */
  BgcEngineEntryFunc function;
  gint64 delay;  /* microseconds of the last wait */
  guint64 alarm; /* 0 = it is being tried */
  struct _BgcLater *next; /* (owned) (nullable) another trouble of the same job */
} BgcLater;

static BgcLater **
find_later (BgcEntry *entry, BgcEngineEntryFunc function)
{
  BgcLater **place = &entry->later;

  while (*place != NULL && (*place)->function != function)
    place = &(*place)->next;
  return place;
}

GRand *
bgc_engine_draw (BgcEngine *self)
{
  guint32 words[SEED_WORDS];

  if (self->seed != NULL && self->seed (words, SEED_WORDS))
    g_rand_set_seed_array (self->random, words, SEED_WORDS);
  return self->random;
}

gint64
bgc_engine_wall (BgcEngine *self)
{
  return bgc_clock_wall (self->clock);
}

gint64
bgc_engine_boot (BgcEngine *self)
{
  return bgc_clock_boot (self->clock);
}

BgcChange *
bgc_engine_change (BgcEngine *self, BgcEntry *entry)
{
  return bgc_change_new (&entry->job->id);
}

BgcChange *
bgc_engine_edit (BgcEngine *self, BgcEntry *entry)
{
  BgcChange *change = bgc_change_new (&entry->job->id);

  change->header = bgc_job_draft (entry->job);
  /* Why a queued job may not run now, and until when, is asked anew: bgc-conditions. */
  if (entry->job->state == BGC_JOB_STATE_QUEUED)
    {
      change->header->wait_reason = BGC_WAIT_SCHEDULER;
      change->header->next_attempt = 0;
    }
  change->header->modification_time = bgc_engine_wall (self);
  return change;
}

gboolean
bgc_engine_allows (BgcEntry *entry, BgcRequest request, GError **error)
{
  const BgcJob *job = entry->job;
  /* A Complete that is stuck, the store or the worker failing, can still be cancelled. */
  gboolean stuck = request == BGC_REQUEST_CANCEL && entry->later != NULL;

  if (job->completing && request != BGC_REQUEST_COMPLETE && !stuck)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "The job is being completed");
      return FALSE;
    }
  return bgc_job_state_allows (job->type, job->state, request, error);
}

/* A crash or a lost worker may leave temporary files that no report has named; active_time is not 0 once
 * a transfer has ever begun. */
gboolean
bgc_engine_may_hold_temporaries (BgcEntry *entry)
{
  const BgcFileList *files = entry->job->files;
  const BgcFile *reply = bgc_job_reply (entry->job);

  if (bgc_file_list_temporaries (files) > 0)
    return TRUE;
  if (entry->job->upload != NULL)
    return reply != NULL && reply->state != BGC_FILE_COMPLETED && reply->remote[0] != '\0';
  return entry->job->active_time > 0
         && bgc_file_list_length (files) > bgc_file_list_count (files, BGC_FILE_COMPLETED);
}

void
bgc_engine_offer (BgcEngine *self, BgcEntry *entry)
{
  const BgcJob *job = entry->job;

  if (job->state == BGC_JOB_STATE_QUEUED && !job->completing && entry->runner == NULL && !self->closing
      && entry->obstacle == BGC_WAIT_NONE)
    bgc_scheduler_offer (self->scheduler, entry);
  else
    bgc_scheduler_withdraw (self->scheduler, entry);
}

void
bgc_engine_log (BgcEntry *entry, GLogLevelFlags level, const char *what, const GError *error)
{
  char id[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (&entry->job->id, id);
  bgc_log_job (level, id, entry->job->owner, "%s%s%s", what, error != NULL ? ": " : "",
               error != NULL ? error->message : "");
}

gint64
bgc_engine_longer (gint64 delay)
{
  return CLAMP (delay * 2, BGC_ENGINE_TRY_AGAIN, BGC_ENGINE_TRY_AGAIN_MOST);
}

static void
on_later (gpointer data)
{
  BgcLater *later = data;

  later->alarm = 0;
  later->function (later->engine, later->entry);
}

void
bgc_engine_try_again (BgcEngine *self, BgcEntry *entry, const char *what, const GError *error,
                      BgcEngineEntryFunc function)
{
  BgcLater **place = find_later (entry, function);
  BgcLater *later = *place;

  if (later == NULL)
    {
      later = *place = g_new0 (BgcLater, 1);
      bgc_engine_log (entry, G_LOG_LEVEL_WARNING, what, error);
    }
  later->engine = self;
  later->entry = entry;
  later->function = function;
  later->delay = bgc_engine_longer (later->delay);
  bgc_clock_clear_alarm (self->clock, &later->alarm);
  if (!self->closing)
    later->alarm = bgc_clock_set_alarm (self->clock, bgc_engine_boot (self) + later->delay, "try-again",
                                        on_later, later);
}

void
bgc_engine_settled (BgcEngine *self, BgcEntry *entry, BgcEngineEntryFunc function)
{
  BgcLater **place = find_later (entry, function);
  BgcLater *later = *place;

  if (later == NULL)
    return;
  *place = later->next;
  bgc_clock_clear_alarm (self->clock, &later->alarm);
  g_free (later);
}

void
bgc_engine_settle_all (BgcEngine *self, BgcEntry *entry)
{
  while (entry->later != NULL)
    bgc_engine_settled (self, entry, entry->later->function);
}
