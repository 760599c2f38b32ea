/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The headers of tus 1.0.0, an open protocol for resumable uploads: what a client sends and what it
 * makes of the answers. Pure. */

#pragma once

#include "protocol/bgc-header.h"

#define BGC_TUS_VERSION "1.0.0"
#define BGC_TUS_CONTENT_TYPE "application/offset+octet-stream"

/* A set of bits. */
typedef enum {
  BGC_TUS_CREATION = 1 << 0,
  BGC_TUS_CREATION_WITH_UPLOAD = 1 << 1,
  BGC_TUS_CREATION_DEFER_LENGTH = 1 << 2,
  BGC_TUS_TERMINATION = 1 << 3,
  BGC_TUS_EXPIRATION = 1 << 4,
  BGC_TUS_CHECKSUM = 1 << 5,
  BGC_TUS_CONCATENATION = 1 << 6,
} BgcTusExtensions;

typedef struct
{
  gboolean speaks_tus;   /* Tus-Resumable or Tus-Version names 1.0.0 */
  guint extensions;      /* BgcTusExtensions; 0 if the server lists none */
  gboolean has_max_size;
  guint64 max_size;      /* bytes */
  gboolean has_offset;
  guint64 offset;        /* bytes the server has */
  gboolean has_length;
  guint64 length;        /* bytes of the whole upload */
  char *location;        /* (owned) (nullable) of the upload, absolute or relative */
} BgcTusAnswer;

/* What cannot be used counts as absent. Clear @out with bgc_tus_answer_clear(). */
void bgc_tus_answer_parse (const BgcHeaderReader *headers, BgcTusAnswer *out);
void bgc_tus_answer_clear (BgcTusAnswer *self);

/* POST to the creation URL. @file_name: (nullable) goes into Upload-Metadata as "filename". */
void bgc_tus_write_creation (const BgcHeaderWriter *headers, guint64 length, const char *file_name);
/* HEAD and DELETE of the upload URL. */
void bgc_tus_write_plain (const BgcHeaderWriter *headers);
/* PATCH of the upload URL with @n_bytes at @offset. */
void bgc_tus_write_append (const BgcHeaderWriter *headers, guint64 offset, guint64 n_bytes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcTusAnswer, bgc_tus_answer_clear)
