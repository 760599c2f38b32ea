/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file-report.h"

#include "base/bgc-limits.h"

BgcFileReport *
bgc_file_report_new (guint32 index, BgcFileEvent event)
{
  BgcFileReport *self = g_new0 (BgcFileReport, 1);

  self->index = index;
  self->event = event;
  self->total = BGC_SIZE_UNKNOWN;

  return self;
}

BgcFileReport *
bgc_file_report_copy (const BgcFileReport *self)
{
  BgcFileReport *copy = bgc_file_report_new (self->index, self->event);

  *copy = *self;
  copy->etag = g_strdup (self->etag);
  copy->last_modified = g_strdup (self->last_modified);
  copy->failure = bgc_failure_copy (self->failure);

  return copy;
}

void
bgc_file_report_free (BgcFileReport *self)
{
  if (self == NULL)
    return;

  g_free (self->etag);
  g_free (self->last_modified);
  bgc_failure_free (self->failure);
  g_free (self);
}
