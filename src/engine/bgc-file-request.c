/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-file-request.h"

#include "base/bgc-limits.h"

BgcFileRequest *
bgc_file_request_new (const char *remote, const char *local)
{
  BgcFileRequest *self = g_new0 (BgcFileRequest, 1);

  self->remote = g_strdup (remote);
  self->local = g_strdup (local);
  self->size = BGC_SIZE_UNKNOWN;
  self->overwrite = TRUE;
  return self;
}

void
bgc_file_request_free (BgcFileRequest *self)
{
  if (self == NULL)
    return;
  g_free (self->remote);
  g_free (self->local);
  g_free (self->checksum);
  g_free (self);
}
