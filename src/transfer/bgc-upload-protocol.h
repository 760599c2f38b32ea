/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every upload protocol does, each in its own way. Blocking, in the upload's thread; every function
 * alters the talk's session and offset as it learns of them. */

#pragma once

#include "transfer/bgc-upload-talk.h"

typedef struct {
  const char *name;        /* for logs */
  gboolean is_whole_file;  /* everything goes in one request, and a broken one leaves nothing */
  /* Opens a session for a file of the talk's size; the offset is 0 then. A protocol that has everything
   * already (an empty file) leaves stage closed. */
  BgcUploadResult (*begin) (BgcUploadTalk *talk);
  /* Goes on with a session after an interruption: finds out the offset where the protocol can. */
  BgcUploadResult (*resume) (BgcUploadTalk *talk);
  /* Sends @length bytes from the offset on. With the last ones the stage becomes sent or closed. */
  BgcUploadResult (*append) (BgcUploadTalk *talk, const BgcLocalFileSource *source, guint64 length);
  /* (nullable) Everything is where it belongs: the stage becomes closed. */
  BgcUploadResult (*close) (BgcUploadTalk *talk);
  /* Asks for the session to be dropped. DONE: nothing is left to ask for, a failure may say why. */
  BgcUploadResult (*cancel) (BgcUploadTalk *talk);
} BgcUploadProtocolFunctions;
