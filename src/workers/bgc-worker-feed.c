/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-feed.h"

#include "model/bgc-record.h"
#include "workers/bgc-worker-codec.h"

/* Files of one call. */
#define PORTION_FILES 500
/* Bytes in one call: half a frame, since names may be 12 KiB a file. */
#define PORTION_BYTES (512 * 1024)
/* With fewer unsettled the worker gets more, so that it never runs dry while a call is on its way, nor
 * while it syncs 512 small files together and 512 more wait for that. */
#define LOW_WATER 1000

/* A file the worker has. */
typedef struct
{
  guint32 index;
  guint64 durable;  /* bytes, last heard */
  guint64 expected; /* bytes, the owner's word, or BGC_SIZE_UNKNOWN */
} Given;

struct _BgcWorkerFeed
{
  const BgcJob *job;  /* borrowed */
  guint32 next_index; /* of the first file not yet considered */
  guint64 received;   /* bytes, last heard */
  GHashTable *given;  /* (owned) index → Given, the unsettled */
};

BgcWorkerFeed *
bgc_worker_feed_new (const BgcJob *job)
{
  BgcWorkerFeed *self = g_new0 (BgcWorkerFeed, 1);

  self->job = job;
  self->given = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
bgc_worker_feed_free (BgcWorkerFeed *self)
{
  g_clear_pointer (&self->given, g_hash_table_unref);
  g_free (self);
}

guint
bgc_worker_feed_unsettled (const BgcWorkerFeed *self)
{
  return g_hash_table_size (self->given);
}

static void
give (BgcWorkerFeed *self, const BgcFile *file)
{
  Given *given = g_new0 (Given, 1);

  given->index = file->index;
  given->durable = file->bytes_transferred;
  given->expected = file->expected_size;
  g_hash_table_insert (self->given, GUINT_TO_POINTER (file->index), given);
}

GVariant *
bgc_worker_feed_next (BgcWorkerFeed *self)
{
  const BgcFileList *files = self->job->files;
  g_autoptr (GByteArray) records = NULL;
  guint count = 0;

  if (bgc_worker_feed_unsettled (self) >= LOW_WATER)
    return NULL;
  records = g_byte_array_new ();
  for (guint i = bgc_file_list_position (files, self->next_index); i < bgc_file_list_length (files); i++)
    {
      const BgcFile *file = bgc_file_list_at (files, i);

      if (count == PORTION_FILES || records->len > PORTION_BYTES)
        break;
      self->next_index = file->index + 1;
      if (file->state != BGC_FILE_PENDING)
        continue;
      bgc_worker_codec_add_file (records, file);
      give (self, file);
      count++;
    }
  return count > 0 ? bgc_record_end (g_steal_pointer (&records)) : NULL;
}

/* Why @file cannot be true, or NULL. */
static const char *
find_lie (const Given *given, const BgcFileReport *file)
{
  if (file->event != BGC_FILE_EVENT_RESTARTED && file->durable < given->durable)
    return "durable bytes fell";
  if (file->event != BGC_FILE_EVENT_WHOLE)
    return NULL;
  if (file->durable != file->total)
    return "a whole file has bytes missing";
  if (given->expected != BGC_SIZE_UNKNOWN && file->total != given->expected)
    return "a whole file has another size than its owner said";
  return NULL;
}

/* A failure may have come before the worker looked at what it holds; it takes nothing away. */
static void
keep_durable (const Given *given, BgcFileReport *file)
{
  file->durable = MAX (file->durable, given->durable);
  if (file->total < file->durable)
    file->total = BGC_SIZE_UNKNOWN;
}

static const char *
accept_file (BgcWorkerFeed *self, BgcFileReport *file)
{
  Given *given = g_hash_table_lookup (self->given, GUINT_TO_POINTER (file->index));
  const char *lie;

  if (given == NULL)
    return "a report of a file it was not given";
  if (file->event == BGC_FILE_EVENT_FAILED)
    keep_durable (given, file);
  lie = find_lie (given, file);
  if (lie != NULL)
    return lie;
  given->durable = file->durable;
  if (file->event == BGC_FILE_EVENT_WHOLE || file->event == BGC_FILE_EVENT_FAILED)
    g_hash_table_remove (self->given, GUINT_TO_POINTER (file->index));
  return NULL;
}

gboolean
bgc_worker_feed_accept (BgcWorkerFeed *self, BgcReport *report, GError **error)
{
  const char *lie = report->received < self->received ? "received bytes fell" : NULL;

  if (report->upload != NULL)
    lie = "a session of a download";
  self->received = report->received;
  for (guint i = 0; i < report->files->len && lie == NULL; i++)
    lie = accept_file (self, g_ptr_array_index (report->files, i));
  if (lie != NULL)
    g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker broke the rules: %s", lie);
  return lie == NULL;
}
