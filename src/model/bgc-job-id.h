/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A job's identity: 128 random bits, written as 32 lower-case hex digits. */

#pragma once

#include <glib.h>

#define BGC_JOB_ID_HEX_LENGTH 32

typedef struct {
  guint8 bytes[16];
} BgcJobId;

/* @out gets 32 digits and a NUL. */
void bgc_job_id_to_hex (const BgcJobId *self, char out[BGC_JOB_ID_HEX_LENGTH + 1]);
/* Takes 32 hex digits (either case) or a dashed UUID (8-4-4-4-12), nothing else. */
gboolean bgc_job_id_parse (const char *text, BgcJobId *out);
/* TRUE for exactly 32 lower-case hex digits, as in an object path. */
gboolean bgc_job_id_is_canonical (const char *text);
void bgc_job_id_random (BgcJobId *out, GRand *random);
guint bgc_job_id_hash (gconstpointer id);
gboolean bgc_job_id_equal (gconstpointer a, gconstpointer b);
