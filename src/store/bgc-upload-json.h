/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* An upload's session as the JSON text that the database holds. Words for enumerations, so that a
 * database is readable; whatever is in the text, reading answers. */

#pragma once

#include "model/bgc-upload.h"

/* Owned by the caller. */
char *bgc_upload_json_write (const BgcUpload *self);
/* NULL, with @reason (static), where it is no session. Owned by the caller. */
BgcUpload *bgc_upload_json_read (const char *text, gsize length, const char **reason);
/* FALSE, with @reason (static), for what could not be read again. */
gboolean bgc_upload_json_check (const BgcUpload *self, const char **reason);
