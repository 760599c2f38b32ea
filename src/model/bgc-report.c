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
bgc_report_free (BgcReport *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->files);
  bgc_upload_free (self->upload);
  g_free (self);
}
