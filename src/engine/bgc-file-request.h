/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A file as a caller asks for it. Plain data. */

#pragma once

#include <glib.h>

typedef struct {
  char *remote;      /* (owned) */
  char *local;       /* (owned) */
  char *checksum;    /* (owned) (nullable) */
  guint64 size;      /* or BGC_SIZE_UNKNOWN */
  gboolean overwrite;
} BgcFileRequest;

BgcFileRequest *bgc_file_request_new (const char *remote, const char *local);
void bgc_file_request_free (BgcFileRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFileRequest, bgc_file_request_free)
