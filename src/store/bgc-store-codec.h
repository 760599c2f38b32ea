/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Model to bound parameters and rows to model. What passes the check on writing passes it on reading;
 * everything else is told apart with a reason. Knows columns, no statements. */

#pragma once

#include <sqlite3.h>

#include "model/bgc-change.h"

/* The columns in the order in which they are bound and read; NULL-terminated. The first one or two are
 * the key: sequence and id; job and idx. */
extern const char *const bgc_store_codec_job_columns[];
/* The same, as databases of schema 1, of 2 and 3, and of 4, can give them. */
extern const char *const bgc_store_codec_job_columns_1[];
extern const char *const bgc_store_codec_job_columns_2[];
extern const char *const bgc_store_codec_job_columns_4[];
extern const char *const bgc_store_codec_file_columns[];
extern const char *const bgc_store_codec_leftover_columns[];
extern const char *const bgc_store_codec_leftover_columns_1[];

/* "a, b, c". Owned by the caller. */
char *bgc_store_codec_list (const char *const *columns);

/* Binds parameters 1, 2, … in the order of the columns; @job and the others must live until the
 * statement is reset. Answers SQLite's result. A leftover's id is left NULL: the database numbers it. */
int bgc_store_codec_bind_job (sqlite3_stmt *statement, const BgcJob *job);
int bgc_store_codec_bind_file (sqlite3_stmt *statement, guint64 sequence, const BgcFile *file);
int bgc_store_codec_bind_leftover (sqlite3_stmt *statement, const BgcLeftover *leftover);

/* The current row, whose columns are as above. NULL with @reason (owned by the caller) if it makes no
 * sense. A job comes with an empty list of files. */
BgcJob *bgc_store_codec_read_job (sqlite3_stmt *statement, char **reason);
BgcFile *bgc_store_codec_read_file (sqlite3_stmt *statement, char **reason);
BgcLeftover *bgc_store_codec_read_leftover (sqlite3_stmt *statement, char **reason);
/* The current row as text for people: "name=value", one line each. Owned by the caller. */
char *bgc_store_codec_row_text (sqlite3_stmt *statement);
