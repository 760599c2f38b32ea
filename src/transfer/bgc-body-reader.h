/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Moves bodies into buffers: reads when there is something to read, pauses when all buffers wait for
 * the disk, or when the job has moved as much as it may, compares the front of a body with what is held
 * already. A buffer that is not full stays here, also from one body to the next. Main thread only. */

#pragma once

#include "base/bgc-limits.h"
#include "transfer/bgc-buffer-pool.h"
#include "transfer/bgc-http-body.h"
#include "transfer/bgc-throttle.h"

typedef struct _BgcBodyReader BgcBodyReader;

typedef enum {
  BGC_BODY_END_COMPLETE = 0,
  BGC_BODY_END_DIFFERENT, /* its front is not what it should be */
  BGC_BODY_END_SHORT,     /* fewer bytes than there should be */
  BGC_BODY_END_LONG,      /* more; the last ones were not handed over */
  BGC_BODY_END_FAILED     /* error is set */
} BgcBodyEnd;

/* Called from the main loop or from within start. */
typedef struct {
  /* @buffer has bytes of the body and is transfer full. */
  void (*filled) (BgcBuffer *buffer, gpointer data);
  /* Bytes came over the network; @fresh of them are behind the front. May stop or flush the reader. */
  void (*received) (gsize bytes, gsize fresh, gpointer data);
  /* The last call about this body, which may be freed within. */
  void (*ended) (BgcBodyEnd how, const GError *error, gpointer data);
} BgcBodyReaderFunctions;

/* All borrowed; @throttle (nullable). */
BgcBodyReader *bgc_body_reader_new (BgcBufferPool *buffers, BgcThrottle *throttle,
                                    const BgcBodyReaderFunctions *functions, gpointer data);
void bgc_body_reader_free (BgcBodyReader *self);
/* @body borrowed until ended or stopped. @front transfer full, or NULL. @length: bytes behind it, or
 * BGC_SIZE_UNKNOWN. */
void bgc_body_reader_start (BgcBodyReader *self, BgcHttpBody *body, GBytes *front, guint64 length);
/* No more calls about the body. What is in the buffer stays. */
void bgc_body_reader_stop (BgcBodyReader *self);
/* Hands over a buffer that is not full. */
void bgc_body_reader_flush (BgcBodyReader *self);
/* Forgets what is in the buffer. */
void bgc_body_reader_forget (BgcBodyReader *self);
/* It reads, and the server has nothing for it. */
gboolean bgc_body_reader_is_waiting_for_server (BgcBodyReader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcBodyReader, bgc_body_reader_free)
