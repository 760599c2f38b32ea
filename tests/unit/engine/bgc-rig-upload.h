/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Short words for what tests do with uploads. */

#pragma once

#include "bgc-rig.h"

/* An upload of /home/u/source, BGC_WORKERS_FAKE_SOURCE bytes; rig_upload() resumes it. */
Reply *rig_upload_async (Rig *self, BgcJobType type, BgcManagerModifyFunc modify, gpointer data,
                         gboolean resume);
BgcJobId rig_upload (Rig *self, BgcJobType type);
/* A BITS session in @stage. Owned by the caller. */
BgcUpload *rig_session (BgcUploadStage stage);
/* The worker tells that the server has @bytes (all: it is whole) in a session in @stage; settles. */
void rig_sent (Rig *self, const BgcJobId *id, guint64 bytes, BgcUploadStage stage);
/* The worker has closed the session; settles. */
void rig_closed (Rig *self, const BgcJobId *id);

typedef struct
{
  guint32 no_progress; /* seconds */
  guint32 retry_delay; /* seconds, 0 = not set */
} RigTimes;

/* The server does not answer cancel_session; @retry_after: seconds it asks for, 0 = it does not. */
void rig_keep_away (Rig *self, guint32 retry_after);
/* An upload that has begun and is then cancelled. */
BgcJobId rig_cancelled (Rig *self, RigTimes times);
/* The server is still to be asked: stored, listed and shown alike. */
gboolean rig_is_pending (Rig *self, const BgcJobId *id);
/* Pending one microsecond before @end (boot clock), gone at it, with a warning. */
void rig_assert_ends_at (Rig *self, const BgcJobId *id, gint64 end);
gint64 rig_boot (Rig *self);
gint64 rig_wall (Rig *self);
