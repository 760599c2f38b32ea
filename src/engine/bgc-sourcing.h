/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is asked of an upload's file before it is in a job: names here, then the owner's worker about the
 * source, and about the place of the reply. */

#pragma once

#include "engine/bgc-engine.h"
#include "engine/bgc-file-request.h"

/* @files (element-type BgcFile, borrowed): the source, if one was asked about, and for an upload-reply job
 * the reply where it may stand; or NULL with @error. */
typedef void (*BgcSourcingFunc) (GPtrArray *files, const GError *error, gpointer data);

/* One file, a URL, a path, and no options that only a download's file can have. Errors: TooManyFiles,
 * InvalidUrl, InvalidPath, StringTooLong, NotSupported. */
gboolean bgc_sourcing_check (GPtrArray *requests, guint existing, GError **error);
/* Where the reply of @job (or a draft) to the file @source (nullable) is to be put: its owner's choice, else
 * a name of ours in the directory of the source; NULL where neither is known. Owned by the caller. */
char *bgc_sourcing_reply_name (const BgcJob *job, const char *source);
/* Asks the owner's worker about @request for @job (or a draft), of which nothing is kept; @function is
 * called later, once. @needs_reply: a place of our own choice where the owner may not write is refused; else
 * the reply is left out, to be placed before the job is resumed. Errors: NotFound, AccessDenied, InvalidPath,
 * FileExists (reply and source are one), WorkerLost. */
void bgc_sourcing_ask (BgcEngine *engine, const BgcJob *job, const BgcFileRequest *request,
                       gboolean needs_reply, BgcSourcingFunc function, gpointer data);
/* The same about the place of the reply alone, to the file @source (nullable), one of the job's already. */
void bgc_sourcing_ask_reply (BgcEngine *engine, const BgcJob *job, const BgcFileRequest *source,
                             BgcSourcingFunc function, gpointer data);
