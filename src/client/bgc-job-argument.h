/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How a person names a job: 32 hex digits, a dashed UUID, the first digits of an id, or an object path. */

#pragma once

#include "client/bgc-client.h"

#define BGC_JOB_ARGUMENT_PREFIX_MIN 4u /* digits; fewer are too easily mistyped into another job */

typedef enum {
  BGC_JOB_ARGUMENT_INVALID,
  BGC_JOB_ARGUMENT_WHOLE,  /* @hex is the id */
  BGC_JOB_ARGUMENT_PREFIX, /* @hex is how it begins */
} BgcJobArgument;

/* @hex (out, owned by the caller, NULL with INVALID): lower-case digits. Pure. */
BgcJobArgument bgc_job_argument_parse (const char *text, char **hex);
/* The object path. Asks the service only where @text is a prefix. Errors: InvalidArgument (malformed, or
 * it fits several jobs), NotFound, those of the bus. Owned by the caller. */
char *bgc_job_argument_resolve (BgcClient *client, const char *text, GError **error);
/* The digits at the end of a job's object path; the whole path if it is none. Points into @path. */
const char *bgc_job_argument_id (const char *path);
