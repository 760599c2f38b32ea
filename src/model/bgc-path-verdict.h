/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Whether a file may be put under a path: an owner's worker's answer. Plain data. */

#pragma once

#include "base/bgc-error.h"

typedef struct {
  gboolean allowed;
  BgcErrorCode code;   /* where not allowed: InvalidPath, AccessDenied, NotFound … */
  char *message;       /* (owned) (nullable) */
  char *identity;      /* (owned) (nullable) the path with its directory's links resolved, where it differs */
} BgcPathVerdict;

/* @code is read where @allowed is FALSE. Strings are copied and may be NULL. */
BgcPathVerdict *bgc_path_verdict_new (gboolean allowed, BgcErrorCode code, const char *message,
                                      const char *identity);
void bgc_path_verdict_free (BgcPathVerdict *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcPathVerdict, bgc_path_verdict_free)
