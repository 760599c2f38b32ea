/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-refusals.h"

#include "base/bgc-log.h"

/* Users remembered; one more, and all are forgotten: a line more for each does not matter. */
#define MAX_USERS 1024u

typedef struct {
  gint64 next[BGC_N_REFUSALS];  /* boot clock: no line before; 0 = there was none */
  guint untold[BGC_N_REFUSALS];
} Record;

struct _BgcRefusals {
  BgcClock *clock;     /* (owned) */
  GHashTable *records; /* (owned) uid → Record (owned) */
};

BgcRefusals *
bgc_refusals_new (BgcClock *clock)
{
  BgcRefusals *self = g_new0 (BgcRefusals, 1);

  self->clock = g_object_ref (clock);
  self->records = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
bgc_refusals_free (BgcRefusals *self)
{
  g_hash_table_unref (self->records);
  g_object_unref (self->clock);
  g_free (self);
}

static Record *
record_of (BgcRefusals *self, guint32 uid)
{
  Record *record = g_hash_table_lookup (self->records, GUINT_TO_POINTER (uid));

  if (record != NULL)
    return record;
  if (g_hash_table_size (self->records) >= MAX_USERS)
    g_hash_table_remove_all (self->records);
  record = g_new0 (Record, 1);
  g_hash_table_insert (self->records, GUINT_TO_POINTER (uid), record);
  return record;
}

static const char *
describe (BgcRefusal refusal)
{
  switch (refusal)
    {
    case BGC_REFUSAL_ANOTHERS_JOB:
      return "called a job of another user";
    case BGC_REFUSAL_RIGHT:
      return "lacks the right";
    case BGC_REFUSAL_LIMIT:
      return "has too many calls under way";
    case BGC_N_REFUSALS:
      break;
    }
  return "was refused";
}

gboolean
bgc_refusals_note (BgcRefusals *self, guint32 uid, BgcRefusal refusal, const char *member)
{
  Record *record = record_of (self, uid);
  gint64 now = bgc_clock_boot (self->clock);

  if (now < record->next[refusal])
    {
      record->untold[refusal]++;
      return FALSE;
    }
  bgc_log_event (&(BgcLogEvent) { .event = BGC_EVENT_REFUSED,
                                  .level = G_LOG_LEVEL_MESSAGE,
                                  .owner = uid,
                                  .file = BGC_LOG_NO_FILE },
                 "Refused%s%s: user %u %s (%u more since the last such line)", member != NULL ? " " : "",
                 member != NULL ? member : "", uid, describe (refusal), record->untold[refusal]);
  record->untold[refusal] = 0;
  record->next[refusal] = now + BGC_REFUSALS_INTERVAL;
  return TRUE;
}
