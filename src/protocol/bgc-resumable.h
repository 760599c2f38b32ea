/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The headers of the resumable uploads that the IETF's HTTP working group drafts, interop version 8:
 * what a client sends and what it makes of the answers. Pure. */

#pragma once

#include "protocol/bgc-header.h"

#define BGC_RESUMABLE_INTEROP_VERSION 8u
#define BGC_RESUMABLE_CONTENT_TYPE "application/partial-upload"
#define BGC_RESUMABLE_STATUS_SUPPORTED 104u /* the interim answer that names the upload resource */
#define BGC_RESUMABLE_MISMATCHING_OFFSET                                                                     \
  "https://iana.org/assignments/http-problem-types#mismatching-upload-offset"
#define BGC_RESUMABLE_INCONSISTENT_LENGTH                                                                    \
  "https://iana.org/assignments/http-problem-types#inconsistent-upload-length"

/* Upload-Limit; G_MAXUINT64 or 0 where the server set no maximum or minimum. */
typedef struct
{
  guint64 max_size;        /* bytes of the whole upload */
  guint64 min_size;
  guint64 max_append_size; /* bytes of one request */
  guint64 min_append_size; /* but for the last one */
  guint64 max_age;         /* seconds */
} BgcResumableLimits;

typedef enum
{
  BGC_RESUMABLE_UNTOLD, /* no Upload-Complete: an answer of something that knows nothing of this protocol */
  BGC_RESUMABLE_INCOMPLETE, /* ?0 */
  BGC_RESUMABLE_COMPLETE    /* ?1: final, whatever the status; do not resume */
} BgcResumableCompletion;

typedef struct
{
  BgcResumableCompletion completion;
  gboolean has_offset;
  guint64 offset;            /* bytes the server has */
  gboolean has_length;
  guint64 length;            /* bytes of the whole upload */
  gboolean has_limits;       /* an Upload-Limit came: the protocol is supported */
  BgcResumableLimits limits;
  char *location;            /* (owned) (nullable) of the upload resource, absolute or relative */
} BgcResumableAnswer;

/* What cannot be used counts as absent. Clear @out with bgc_resumable_answer_clear(). */
void bgc_resumable_answer_parse (const BgcHeaderReader *headers, BgcResumableAnswer *out);
void bgc_resumable_answer_clear (BgcResumableAnswer *self);

/* Creation with an empty body ("careful"): POST to the target, the bytes follow in appends. */
void bgc_resumable_write_creation (const BgcHeaderWriter *headers, guint64 length);
/* HEAD and DELETE of the upload resource, OPTIONS of the target. */
void bgc_resumable_write_plain (const BgcHeaderWriter *headers);
/* PATCH of the upload resource; @is_last: these bytes reach the end. */
void
bgc_resumable_write_append (const BgcHeaderWriter *headers, guint64 offset, guint64 n_bytes,
                            gboolean is_last);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcResumableAnswer, bgc_resumable_answer_clear)
