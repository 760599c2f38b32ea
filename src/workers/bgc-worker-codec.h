/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The daemon's side of what travels on the private bus, described in
 * dbus/org.example.BackgroundCopy.Worker.xml: model to GVariant, and GVariant to model with every check
 * that needs no memory of what was said before. Errors are WorkerLost and say what was wrong. Pure. */

#pragma once

#include "model/bgc-job.h"
#include "model/bgc-placement.h"
#include "model/bgc-report.h"

#define BGC_WORKER_CODEC_FILES "a(ussstttttsssxuu)"
#define BGC_WORKER_CODEC_PLACEMENTS "a(usssttbt)"
#define BGC_WORKER_CODEC_VERDICTS "a(bsss)"
#define BGC_WORKER_CODEC_RESULTS "a(uba{sv})"
#define BGC_WORKER_CODEC_REPORTS "a(sbta(uyttttssxua{sv})a{sv})"

/* Each answers a floating item of the list of that signature. */
GVariant *bgc_worker_codec_file (const BgcFile *file);
GVariant *bgc_worker_codec_placement (const BgcPlacement *placement);
/* Floating a{sv} for StartJob. */
GVariant *bgc_worker_codec_settings (BgcPriority priority, guint files_at_once);
/* Floating a{sv} for StartUpload and CancelSession: the session of @job, an upload, with the protocol that
 * its owner chose where none is known yet. */
GVariant *bgc_worker_codec_session (const BgcJob *job);
/* TRUE if @text can travel at all (NULL travels as ""): UTF-8. */
gboolean bgc_worker_codec_is_text (const char *text);

/* Items of the lists that come back, of the right signature already. @now, wall clock microseconds,
 * becomes the time of a failure. */
BgcPathVerdict *bgc_worker_codec_read_verdict (GVariant *item, GError **error);
BgcPlacementResult *bgc_worker_codec_read_result (GVariant *item, gint64 now, GError **error);
/* @dict empty: nothing went wrong, *@failure is NULL. */
gboolean bgc_worker_codec_read_failure (GVariant *dict, guint32 index, gint64 now, BgcFailure **failure,
                                        GError **error);
BgcReport *bgc_worker_codec_read_report (GVariant *item, gint64 now, GError **error);
