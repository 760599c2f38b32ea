/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Jobs to store, and what tests of stores do with them. */

#pragma once

#include "store/bgc-store.h"

/* Job number @n (from 1; its sequence) without an own error, with an empty list of files. */
BgcJob *sample_job (guint n);
/* Gives @job, an upload by its type, everything an upload may have. */
void sample_make_upload (BgcJob *job, guint n);
/* Makes @job a download, whose files may have any index. */
void sample_make_download (BgcJob *job);
/* The source (0) or the reply (1) of an upload. */
BgcFile *sample_upload_file (guint32 index);
BgcFile *sample_file (guint32 index);
BgcFailure *sample_failure (guint n);
/* Every field at the end of its range, and every enumeration at @n modulo its size. */
BgcJob *sample_extreme_job (guint n);
BgcFile *sample_extreme_file (guint32 index);
/* Creates job number @n with @n_files files. */
BgcChange *sample_create (guint n, guint n_files);
/* A change of the header of job number @n, as sample_job() has it, with another description. */
BgcChange *sample_describe (guint n, const char *description);
BgcChange *sample_forget (guint n);
BgcJobId sample_id (guint n);

/* Field by field, files too (where both have them). */
void sample_assert_jobs_equal (const BgcJob *a, const BgcJob *b);
void sample_assert_files_equal (const BgcFile *a, const BgcFile *b);

/* Commits and runs the main loop until the callback ran. The change comes back, NULL with @error. */
BgcChange *sample_commit (BgcStore *store, BgcChange *change, GError **error);
/* The same for changes that must not fail. */
void sample_commit_ok (BgcStore *store, BgcChange *change);
/* All jobs (element-type BgcJob), and in @leftovers (nullable) all leftovers. */
GPtrArray *sample_load (BgcStore *store, GPtrArray **leftovers);
/* The job with number @n, or NULL. */
BgcJob *sample_find (GPtrArray *jobs, guint n);

/* A new empty directory, and removing one with all that is in it. */
char *sample_directory (void);
void sample_remove_directory (const char *path);

/* Warnings of the code under test: while they are expected they do not end the test, and are counted. */
void sample_watch_warnings (void);
void sample_expect_warnings (void);
/* How many there were since, and no more are expected. */
guint sample_take_warnings (void);
