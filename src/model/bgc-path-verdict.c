/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-path-verdict.h"

BgcPathVerdict *
bgc_path_verdict_new (gboolean allowed, BgcErrorCode code, const char *message, const char *identity)
{
  BgcPathVerdict *self = g_new0 (BgcPathVerdict, 1);

  self->allowed = allowed;
  self->code = code;
  self->message = g_strdup (message);
  self->identity = g_strdup (identity);

  return self;
}

void
bgc_path_verdict_free (BgcPathVerdict *self)
{
  if (self == NULL)
    return;

  g_free (self->message);
  g_free (self->identity);
  g_free (self);
}
