/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is asked of files before they are in a job: names and checksums here, then the owner's worker about
 * the paths, then the job about files with the same target. */

#pragma once

#include "engine/bgc-engine.h"
#include "engine/bgc-file-request.h"

/* @verdicts (element-type BgcPathVerdict, borrowed) one for each request, or NULL with @error. */
typedef void (*BgcAdmissionFunc) (GPtrArray *verdicts, const GError *error, gpointer data);

/* Names, sizes, checksums, and how many there may be beside @existing. Errors: InvalidUrl, InvalidPath,
 * StringTooLong, InvalidArgument, LimitsExceeded, TooManyFiles (not for an @administrator). */
gboolean bgc_admission_check (GPtrArray *requests, guint existing, const BgcLimits *limits,
                              gboolean administrator, GError **error);
/* Asks the owner's worker; @function is called later, once. @requests is reffed meanwhile. */
void bgc_admission_ask (BgcEngine *engine, guint32 owner, GPtrArray *requests, BgcAdmissionFunc function,
                        gpointer data);
/* The files of @requests with indexes from @first on (element-type BgcFile), if all may be in @live
 * (nullable: a new job). Errors: those of the verdicts, FileExists. */
GPtrArray *bgc_admission_admit (GPtrArray *requests, GPtrArray *verdicts, const BgcJob *live, guint32 first,
                                guint32 tag, GRand *random, GError **error);
/* What @files (element-type BgcFile) cost. */
BgcQuota bgc_admission_quota (GPtrArray *files);
