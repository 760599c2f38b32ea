/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Where objects stand on the bus, and which job a path means. Pure. */

#pragma once

#include "model/bgc-job-id.h"

#define BGC_OBJECT_PATH_ROOT "/org/example/BackgroundCopy"
#define BGC_OBJECT_PATH_JOBS BGC_OBJECT_PATH_ROOT "/Job"
/* Bytes of a job's path with its NUL. */
#define BGC_OBJECT_PATH_SIZE (sizeof (BGC_OBJECT_PATH_JOBS "/") + BGC_JOB_ID_HEX_LENGTH)

void bgc_object_path_of_job (const BgcJobId *id, char out[BGC_OBJECT_PATH_SIZE]);
/* TRUE and @out for the path of a possible job: the id must be in its one canonical form, so that a job
 * has one path only. */
gboolean bgc_object_path_parse (const char *path, BgcJobId *out);
