/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The daemon's side of what travels on the private bus, described in
 * dbus/org.example.BackgroundCopy.Worker.xml: model to GVariant, and GVariant to model with every check
 * that needs no memory of what was said before. Errors are WorkerLost and say what was wrong. Pure. */

#pragma once

#include "model/bgc-caps.h"
#include "model/bgc-job.h"
#include "model/bgc-placement.h"
#include "model/bgc-report.h"

#define BGC_WORKER_CODEC_VERDICTS "ua(u(bsss))"
#define BGC_WORKER_CODEC_PLACED "ua(ua{sv})"
#define BGC_WORKER_CODEC_REPORTS "a(sbttuayaa{sv}a{sv})"

/* What all that starts is told. */
typedef struct {
  guint64 free_space_reserve; /* bytes that stay free on a file system */
  guint32 socket_mark;        /* of background connections, 0 = none */
} BgcWorkerRules;

/* Each adds a record to the list of them. */
void bgc_worker_codec_add_file (GByteArray *to, const BgcFile *file);
void bgc_worker_codec_add_placement (GByteArray *to, const BgcPlacement *placement);
/* Floating a{sv} for StartJob and StartUpload. @rate: or BGC_CAP_NONE. @secrets (nullable). */
GVariant *bgc_worker_codec_settings (BgcPriority priority, guint files_at_once, guint64 rate,
                                     const BgcJobSecrets *secrets, const BgcWorkerRules *rules);
/* Floating a{sv} for StartUpload and CancelSession: the session of @job, an upload, with the protocol that
 * its owner chose where none is known yet. */
GVariant *bgc_worker_codec_session (const BgcJob *job);
/* TRUE if @text can travel at all (NULL travels as ""): UTF-8. */
gboolean bgc_worker_codec_is_text (const char *text);

/* Items of the lists that come back, of the right signature already. @now, wall clock microseconds,
 * becomes the time of a failure. */
BgcPathVerdict *bgc_worker_codec_read_verdict (GVariant *item, GError **error);
/* NULL with @error for a breach. */
BgcFailure *bgc_worker_codec_read_failed (GVariant *item, gint64 now, guint32 *position, GError **error);
/* @dict empty: nothing went wrong, *@failure is NULL. */
gboolean bgc_worker_codec_read_failure (GVariant *dict, guint32 index, gint64 now, BgcFailure **failure,
                                        GError **error);
BgcReport *bgc_worker_codec_read_report (GVariant *item, gint64 now, GError **error);
