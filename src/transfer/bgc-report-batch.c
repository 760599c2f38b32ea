/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-report-batch.h"

/* So many settled files waiting are sent at once: half of what the worker is given in one call, so that
 * it never runs dry on small files. */
#define SETTLED_AT_ONCE 250
/* Microseconds that news of no file wait for news of one: an answer's headers come just before what they
 * say of its file. */
#define MOMENT (50 * G_GINT64_CONSTANT (1000))

/* What waits about one job. */
typedef struct
{
  BgcReport *report; /* (owned) */
  GHashTable
    *progress; /* (owned) index → position plus one in report->files of a PROGRESS that a newer may replace */
} Waiting;

struct _BgcReportBatch
{
  gint64 interval; /* microseconds */
  BgcReportBatchFunc function;
  gpointer data;    /* borrowed */
  GHashTable *jobs; /* (owned) BgcJobId → Waiting */
  guint settled;    /* files waiting that are whole or failed */
  gint64 sent;      /* monotonic microseconds, of the last report */
  guint timer;      /* 0 = none */
};

static void
waiting_free (Waiting *waiting)
{
  g_clear_pointer (&waiting->report, bgc_report_free);
  g_clear_pointer (&waiting->progress, g_hash_table_unref);
  g_free (waiting);
}

BgcReportBatch *
bgc_report_batch_new (guint interval, BgcReportBatchFunc function, gpointer data)
{
  BgcReportBatch *self = g_new0 (BgcReportBatch, 1);

  self->interval = interval * G_GINT64_CONSTANT (1000);
  self->function = function;
  self->data = data;
  self->jobs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify)waiting_free);
  self->sent = g_get_monotonic_time () - self->interval;
  return self;
}

void
bgc_report_batch_free (BgcReportBatch *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->jobs, g_hash_table_unref);
  g_free (self);
}

static BgcFileReport *
file_report_copy (const BgcFileReport *file)
{
  BgcFileReport *copy = bgc_file_report_new (file->index, file->event);

  copy->durable = file->durable;
  copy->total = file->total;
  copy->device = file->device;
  copy->inode = file->inode;
  copy->etag = g_strdup (file->etag);
  copy->last_modified = g_strdup (file->last_modified);
  copy->server_date = file->server_date;
  copy->attempts = file->attempts;
  copy->failure = bgc_failure_copy (file->failure);
  return copy;
}

static Waiting *
find_or_add (BgcReportBatch *self, const BgcJobId *id)
{
  Waiting *waiting = g_hash_table_lookup (self->jobs, id);

  if (waiting == NULL)
    {
      waiting = g_new0 (Waiting, 1);
      waiting->report = bgc_report_new (id);
      waiting->progress = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->jobs, &waiting->report->id, waiting);
    }
  return waiting;
}

/* Puts @file (transfer full) at the end, or over the progress it makes stale: PROGRESS and WHOLE say
 * everything again, RESTARTED and FAILED are told in their place. */
static void
put (Waiting *waiting, BgcFileReport *file)
{
  GPtrArray *files = waiting->report->files;
  gpointer key = GUINT_TO_POINTER (file->index);
  guint position = GPOINTER_TO_UINT (g_hash_table_lookup (waiting->progress, key));
  gboolean replaces = file->event == BGC_FILE_EVENT_PROGRESS || file->event == BGC_FILE_EVENT_WHOLE;

  if (position > 0 && replaces)
    {
      bgc_file_report_free (g_ptr_array_index (files, position - 1));
      g_ptr_array_index (files, position - 1) = file;
    }
  else
    {
      g_ptr_array_add (files, file);
      position = files->len;
    }
  if (file->event == BGC_FILE_EVENT_PROGRESS)
    g_hash_table_insert (waiting->progress, key, GUINT_TO_POINTER (position));
  else
    g_hash_table_remove (waiting->progress, key);
}

static gboolean
on_timer (gpointer data)
{
  BgcReportBatch *self = data;

  self->timer = 0;
  bgc_report_batch_flush (self);
  return G_SOURCE_REMOVE;
}

void
bgc_report_batch_flush (BgcReportBatch *self)
{
  g_autoptr (GPtrArray) reports = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_report_free);
  GHashTableIter iter;
  gpointer value;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Waiting *waiting = value;

      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (reports, g_steal_pointer (&waiting->report));
      waiting_free (waiting);
    }
  if (reports->len == 0)
    return;
  self->settled = 0;
  self->sent = g_get_monotonic_time ();
  self->function (reports, self->data);
}

/* @due in microseconds from now. A timer that is set already is sooner, or soon enough. */
static void
send_later (BgcReportBatch *self, gint64 due)
{
  if (self->timer != 0)
    return;
  self->timer = g_timeout_add (due / 1000 + 1, on_timer, self);
  g_source_set_name_by_id (self->timer, "report batch");
}

static gint64
next_due (BgcReportBatch *self)
{
  return self->sent + self->interval - g_get_monotonic_time ();
}

static Waiting *
note_job (BgcReportBatch *self, const BgcJobId *id, gboolean connected, guint64 received)
{
  Waiting *waiting = find_or_add (self, id);

  waiting->report->connected |= connected;
  waiting->report->received = received;
  return waiting;
}

void
bgc_report_batch_touch (BgcReportBatch *self, const BgcJobId *id, gboolean connected, guint64 received)
{
  note_job (self, id, connected, received);
  send_later (self, MAX (next_due (self), MOMENT));
}

static void
add_file (BgcReportBatch *self, Waiting *waiting, const BgcFileReport *file)
{
  put (waiting, file_report_copy (file));
  if (file->event == BGC_FILE_EVENT_WHOLE || file->event == BGC_FILE_EVENT_FAILED)
    self->settled++;
}

static void
send_when_due (BgcReportBatch *self)
{
  gint64 due = next_due (self);

  if (due <= 0 || self->settled >= SETTLED_AT_ONCE)
    bgc_report_batch_flush (self);
  else
    send_later (self, due);
}

void
bgc_report_batch_add (BgcReportBatch *self, const BgcJobId *id, gboolean connected, guint64 received,
                      const BgcFileReport *file)
{
  add_file (self, note_job (self, id, connected, received), file);
  send_when_due (self);
}

void
bgc_report_batch_add_upload (BgcReportBatch *self, const BgcJobId *id, gboolean connected, guint64 received,
                             const BgcFileReport *file, const BgcUpload *upload)
{
  Waiting *waiting = note_job (self, id, connected, received);

  bgc_upload_free (waiting->report->upload);
  waiting->report->upload = bgc_upload_copy (upload);
  if (file != NULL)
    add_file (self, waiting, file);
  send_when_due (self);
}
