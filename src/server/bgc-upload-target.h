/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* From the path of an upload URL to a file below the upload directory, and never anywhere else. */

#pragma once

#include <glib.h>

/* The directory below an upload directory that holds its sessions; no URL reaches it. */
#define BGC_UPLOAD_TARGET_SESSIONS ".bgcopy-sessions"
/* The first segment of the URLs at which replies are fetched; no file is stored there. */
#define BGC_UPLOAD_TARGET_REPLIES "BITS-Sessions"

typedef struct
{
  char *parent; /* (owned) relative, "." for the upload directory itself; bytes in any encoding */
  char *name;   /* (owned) the last segment */
} BgcUploadTarget;

/* @path: what follows the directory's own URL, still escaped, without the query. Errors: InvalidPath. */
gboolean bgc_upload_target_parse (const char *path, BgcUploadTarget *out, GError **error);
void bgc_upload_target_clear (BgcUploadTarget *self);
/* A descriptor of the parent directory, opened below @root without following any link; -1 on failure. Errors:
 * NotFound, AccessDenied. */
int bgc_upload_target_open_parent (const BgcUploadTarget *self, int root, GError **error);
/* Whether something stands at the target: FALSE and no error if not. Errors: InvalidPath for a directory. */
gboolean bgc_upload_target_exists (const BgcUploadTarget *self, int parent, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcUploadTarget, bgc_upload_target_clear)
