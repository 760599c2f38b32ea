/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-report-batch.h"

/* So many settled files waiting are sent at once: half of what the worker is given in one call, so that
 * it never runs dry on small files. */
#define SETTLED_AT_ONCE 250
/* Microseconds that news of no file wait for news of one: an answer's headers come just before what they
 * say of its file. */
#define MOMENT (50 * G_GINT64_CONSTANT (1000))

struct _BgcReportBatch
{
  gint64 interval; /* microseconds */
  BgcReportBatchFunc function;
  gpointer data;    /* borrowed */
  GHashTable *jobs; /* (owned) BgcJobId → (owned) BgcReport, what waits about a job */
  guint settled;    /* files waiting that are whole or failed */
  gint64 sent;      /* monotonic microseconds, of the last report */
  guint timer;      /* 0 = none */
};

BgcReportBatch *
bgc_report_batch_new (guint interval, BgcReportBatchFunc function, gpointer data)
{
  BgcReportBatch *self = g_new0 (BgcReportBatch, 1);

  self->interval = interval * G_GINT64_CONSTANT (1000);
  self->function = function;
  self->data = data;
  self->jobs
    = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify)bgc_report_free);
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

static BgcReport *
find_or_add (BgcReportBatch *self, const BgcJobId *id)
{
  BgcReport *waiting = g_hash_table_lookup (self->jobs, id);

  if (waiting == NULL)
    {
      waiting = bgc_report_new (id);
      g_hash_table_insert (self->jobs, &waiting->id, waiting);
    }
  return waiting;
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
      g_hash_table_iter_steal (&iter);
      g_ptr_array_add (reports, value);
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

static BgcReport *
note_job (BgcReportBatch *self, const BgcReport *now)
{
  BgcReport *waiting = find_or_add (self, &now->id);

  waiting->connected |= now->connected;
  waiting->received = now->received;
  waiting->sent = now->sent;
  waiting->yields_to = now->yields_to;
  return waiting;
}

void
bgc_report_batch_touch (BgcReportBatch *self, const BgcReport *now)
{
  note_job (self, now);
  send_later (self, MAX (next_due (self), MOMENT));
}

static void
add_file (BgcReportBatch *self, BgcReport *waiting, const BgcFileReport *file)
{
  bgc_report_put (waiting, bgc_file_report_copy (file));
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
bgc_report_batch_add (BgcReportBatch *self, const BgcReport *now, const BgcFileReport *file)
{
  add_file (self, note_job (self, now), file);
  send_when_due (self);
}

void
bgc_report_batch_add_upload (BgcReportBatch *self, const BgcReport *now, const BgcFileReport *file,
                             const BgcUpload *upload)
{
  BgcReport *waiting = note_job (self, now);

  bgc_upload_free (waiting->upload);
  waiting->upload = bgc_upload_copy (upload);
  if (file != NULL)
    add_file (self, waiting, file);
  send_when_due (self);
}
