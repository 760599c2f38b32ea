/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The properties of one job as the client knows them: read once, then kept up to date with signals.
 * Whatever type the bus says, a getter gives what was asked for or the fallback. Pure, but for the locale,
 * the time zone and the names of users. */

#pragma once

#include <glib.h>

typedef struct _BgcJobView BgcJobView;

BgcJobView *bgc_job_view_new (const char *path);
void bgc_job_view_free (BgcJobView *self);
/* Overlays @properties (a{sv}). */
void bgc_job_view_update (BgcJobView *self, GVariant *properties);
const char *bgc_job_view_path (const BgcJobView *self);
const char *bgc_job_view_id (const BgcJobView *self);
/* (nullable) Borrowed until the next update. */
GVariant *bgc_job_view_peek (const BgcJobView *self, const char *property);
/* "" if there is none. Borrowed until the next update. */
const char *bgc_job_view_string (const BgcJobView *self, const char *property);
/* Of type u, t or (not negative) x. */
guint64 bgc_job_view_number (const BgcJobView *self, const char *property, guint64 fallback);
gboolean bgc_job_view_boolean (const BgcJobView *self, const char *property);
gboolean bgc_job_view_is_in (const BgcJobView *self, const char *state);
/* The display name for a terminal; the id where it is empty. Owned by the caller. */
char *bgc_job_view_name (const BgcJobView *self);
/* "45% of 2.0 GiB". Owned by the caller. */
char *bgc_job_view_progress (const BgcJobView *self);
/* Why it is not moving, in the user's language; NULL if nothing holds it up. Owned by the caller. */
char *bgc_job_view_reason (const BgcJobView *self);
/* The same with the time to the next attempt, or until when. @now in microseconds since the epoch. Owned by
 * the caller. */
char *bgc_job_view_standing (const BgcJobView *self, gint64 now);
/* The same with the time to the next attempt and what went wrong in the last one. @now in microseconds
 * since the epoch. Owned by the caller. */
char *bgc_job_view_waiting (const BgcJobView *self, gint64 now);
/* For whom it holds back, in the user's language; NULL if for nobody. Owned by the caller. */
char *bgc_job_view_yielding (const BgcJobView *self);
/* The name of its owner, or the number where there is no name. Owned by the caller. */
char *bgc_job_view_owner (const BgcJobView *self);
/* What was moved: @counters (a{st}) of a job, or of all. Owned by the caller. */
char *bgc_job_view_counters (GVariant *counters);
/* All properties, (transfer full) a{sv}, keys sorted. */
GVariant *bgc_job_view_to_variant (const BgcJobView *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcJobView, bgc_job_view_free)
