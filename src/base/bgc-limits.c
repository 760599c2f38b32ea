/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-limits.h"

#define DAY (24u * 60u * 60u) /* seconds */

void
bgc_limits_init (BgcLimits *self)
{
  *self = (BgcLimits) {
    .max_jobs_per_machine = 100000,
    .max_jobs_per_user = 10000,
    .max_files_per_job = 100000,
    .max_ranges_per_file = 500,
    .max_download_time = 90 * DAY,
    .job_inactivity_timeout = 90 * DAY,
    .minimum_retry_delay = 600,
    .no_progress_timeout = 14 * DAY,
    .max_stored_bytes_per_user = G_GUINT64_CONSTANT (64) * 1024 * 1024,
    .max_files_per_user = 1000000,
    .background_transfers = 4,
    .foreground_jobs_per_owner = 16,
    .connections_per_owner = 64,
    .connections_per_host = 6,
    .files_per_job_at_once = 4,
    .free_space_reserve = G_GUINT64_CONSTANT (256) * 1024 * 1024,
  };
}
