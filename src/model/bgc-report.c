/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-report.h"

BgcReport *
bgc_report_new (const BgcJobId *id)
{
  BgcReport *self = g_new0 (BgcReport, 1);

  self->id = *id;
  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_file_report_free);

  return self;
}

void
bgc_report_put (BgcReport *self, BgcFileReport *file)
{
  gpointer key = GUINT_TO_POINTER (file->index);
  gboolean replaces = file->event == BGC_FILE_EVENT_PROGRESS || file->event == BGC_FILE_EVENT_WHOLE;
  guint position;

  if (self->progress == NULL)
    self->progress = g_hash_table_new (NULL, NULL);
  position = GPOINTER_TO_UINT (g_hash_table_lookup (self->progress, key));
  if (position > 0 && replaces)
    {
      bgc_file_report_free (g_ptr_array_index (self->files, position - 1));
      g_ptr_array_index (self->files, position - 1) = file;
    }
  else
    {
      g_ptr_array_add (self->files, file);
      position = self->files->len;
    }
  if (file->event == BGC_FILE_EVENT_PROGRESS)
    g_hash_table_insert (self->progress, key, GUINT_TO_POINTER (position));
  else
    g_hash_table_remove (self->progress, key);
}

void
bgc_report_append (BgcReport *self, const BgcReport *later)
{
  self->connected = self->connected || later->connected;
  self->received = MAX (self->received, later->received);
  self->sent = MAX (self->sent, later->sent);
  self->yields_to = later->yields_to;
  for (guint i = 0; i < later->files->len; i++)
    bgc_report_put (self, bgc_file_report_copy (g_ptr_array_index (later->files, i)));
  if (later->upload == NULL)
    return;
  bgc_upload_free (self->upload);
  self->upload = bgc_upload_copy (later->upload);
}

void
bgc_report_free (BgcReport *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->files);
  bgc_upload_free (self->upload);
  g_clear_pointer (&self->progress, g_hash_table_unref);
  g_free (self);
}
