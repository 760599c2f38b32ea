/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The properties of the Job interface as one table: name, type, how to read and how to write each. What the
 * bus sees of a job is decided here alone. Pure. */

#pragma once

#include "model/bgc-figures.h"
#include "model/bgc-job.h"

/* Changes properties of a draft. */
typedef gboolean (*BgcJobPropertiesSetFunc) (BgcJob *draft, GVariant *value, GError **error);
/* A floating value. @now: what else is shown of the job. */
typedef GVariant *(*BgcJobPropertiesGetFunc) (const BgcJob *job, const BgcFigures *now);

/* A number that changes when the value does: cheap where nobody wants the value itself. */
typedef guint64 (*BgcJobPropertiesStampFunc) (const BgcJob *job, const BgcFigures *now);

typedef struct {
  const char *name;
  const char *signature;
  BgcJobPropertiesGetFunc get;
  BgcJobPropertiesStampFunc stamp; /* NULL = never told as changed */
  BgcJobPropertiesSetFunc set; /* NULL = read-only */
  gboolean brief;              /* among what GetManagedObjects shows */
} BgcJobProperty;

#define BGC_JOB_PROPERTIES_COUNT 38u

/* @index 0 … BGC_JOB_PROPERTIES_COUNT - 1, in the order of the interface. */
const BgcJobProperty *bgc_job_properties_at (guint index);
/* NULL if there is none of that name. */
const BgcJobProperty *bgc_job_properties_find (const char *name);
/* a{sv} of all of them, or of the brief ones; floating. */
GVariant *bgc_job_properties_all (const BgcJob *job, const BgcFigures *now, gboolean brief);
/* The value of CustomHeaders for the job's owner, floating; to all others they are empty, as in the table. */
GVariant *bgc_job_properties_headers (const BgcJob *job);
/* Counters as the a{st} of that name; floating. */
GVariant *bgc_job_properties_counters (const BgcCounters *counters);
/* A failure as the a{sv} of Error and Failed, empty for NULL; floating. */
GVariant *bgc_job_properties_failure (const BgcFailure *failure);

/* Are all entries of this a{sv} writable properties with values of their types? Errors: InvalidArgument
 * (unknown, named; other type; given twice), ReadOnly. */
gboolean bgc_job_properties_check (GVariant *properties, GError **error);
/* Sets those of a checked a{sv} on @draft. Errors: InvalidArgument, StringTooLong; the draft is spoiled
 * then. */
gboolean bgc_job_properties_apply (BgcJob *draft, GVariant *properties, GError **error);
