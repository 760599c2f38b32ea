/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How a file is taken up again without splicing two versions of it: which request to make for what is
 * held, and what an answer means. Pure.
 *
 * The ladder: a strong validator goes into If-Range. A 200 to that is either a changed file or a server
 * that knows no If-Range, so where validators and length say "the same" one plain Range is tried. What
 * proves nothing is proved by bytes: the request starts before the end of what is held and the overlap
 * is compared. All else begins again from 0. */

#pragma once

#include "transfer/bgc-http-range.h"

/* Bytes asked for again and compared where no strong validator speaks for the server's file. */
#define BGC_HTTP_RESUME_OVERLAP (64u * 1024u)

/* What is held of the file and what it was part of. Strings are borrowed. */
typedef struct {
  guint64 bytes;              /* durable prefix */
  guint64 total;              /* or BGC_SIZE_UNKNOWN */
  const char *etag;           /* (nullable) */
  const char *last_modified;  /* (nullable) */
  gint64 server_date;         /* seconds, 0 = none */
} BgcHttpHeld;

/* The head of an answer. Strings are borrowed. */
typedef struct {
  guint status;
  guint64 length;             /* of the body, or BGC_SIZE_UNKNOWN */
  gboolean has_range;         /* a Content-Range that could be read */
  BgcHttpRange range;
  const char *etag;           /* (nullable) */
  const char *last_modified;  /* (nullable) */
} BgcHttpAnswer;

typedef enum {
  BGC_HTTP_ASK_WHOLE_FILE = 0,
  BGC_HTTP_ASK_CONDITIONAL,   /* Range from the end of what is held, If-Range */
  BGC_HTTP_ASK_RANGE,         /* the same Range alone */
  BGC_HTTP_ASK_OVERLAP        /* Range from before that end, alone */
} BgcHttpAsk;

typedef enum {
  BGC_HTTP_STEP_TAKE = 0,     /* the body is the file from byte 0 */
  BGC_HTTP_STEP_APPEND,       /* the body goes on where what is held ends */
  BGC_HTTP_STEP_COMPARE,      /* likewise, behind an overlap that must be the same */
  BGC_HTTP_STEP_COMPLETE,     /* nothing is missing */
  BGC_HTTP_STEP_ASK,          /* drop the body and ask again, as .ask says */
  BGC_HTTP_STEP_REFUSE        /* no answer to what was asked */
} BgcHttpStep;

typedef struct {
  BgcHttpStep step;
  BgcHttpAsk ask;             /* only with BGC_HTTP_STEP_ASK; the whole file: forget what is held */
  gboolean changed;           /* the server has another version than the one held */
} BgcHttpVerdict;

BgcHttpAsk bgc_http_resume_first (const BgcHttpHeld *held);
/* The byte the request begins with. */
guint64 bgc_http_resume_offset (const BgcHttpHeld *held, BgcHttpAsk ask);
/* The value of If-Range, or NULL for none; borrowed from @held. */
const char *bgc_http_resume_condition (const BgcHttpHeld *held, BgcHttpAsk ask);
/* For statuses 200, 203, 206, 412 and 416. */
BgcHttpVerdict bgc_http_resume_judge (const BgcHttpHeld *held, BgcHttpAsk ask, const BgcHttpAnswer *answer);
