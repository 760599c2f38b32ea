/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Every quota and default in one table. The names are those of bgcopyd.conf. */

#pragma once

#include <glib.h>

/* A size or length that is not known, on the bus and in the model. */
#define BGC_SIZE_UNKNOWN G_MAXUINT64

#define BGC_NAME_MAX_CHARACTERS 256u         /* DisplayName, as in BITS */
#define BGC_DESCRIPTION_MAX_CHARACTERS 1024u /* Description, as in BITS */
#define BGC_URL_MAX_BYTES 8192u              /* remote name; what nginx takes as a request line */
#define BGC_PATH_MAX_BYTES 4095u             /* local name: PATH_MAX less its NUL */
#define BGC_USER_NAME_MAX_CHARACTERS 300u    /* of a login, as in BITS */
#define BGC_PASSWORD_MAX_CHARACTERS 65535u   /* or token, as in BITS */
#define BGC_HEADERS_MAX_BYTES 16384u         /* CustomHeaders, with a line break each, as in BITS */
#define BGC_MINIMUM_RETRY_DELAY_FLOOR 5u     /* seconds; lower values are raised to it, as in BITS */
#define BGC_FILES_PER_CALL 10000u            /* AddFiles, Submit */
#define BGC_PAGE_SIZE 1000u                  /* ListJobs, ListFiles */
#define BGC_NOTIFICATION_INTERVAL_MAX 3600000u /* milliseconds; an hour */

/* Configurable; bgc_limits_init() sets the defaults named behind each. */
typedef struct {
  guint max_jobs_per_machine;          /* MaxJobsPerMachine, 100000 */
  guint max_jobs_per_user;             /* MaxJobsPerUser, 10000; root exempt */
  guint max_files_per_job;             /* MaxFilesPerJob, 100000 */
  guint max_ranges_per_file;           /* MaxRangesPerFile, 500 */
  guint32 max_download_time;           /* MaxDownloadTime, seconds, 7776000 (90 days) */
  guint32 job_inactivity_timeout;      /* JobInactivityTimeout, seconds, 7776000 (90 days) */
  guint32 minimum_retry_delay;         /* MinimumRetryDelay, seconds, 600 */
  guint32 no_progress_timeout;         /* NoProgressTimeout, seconds, 1209600 (14 days) */
  /* MaxStoredBytesPerUser, 64 MiB of names, URLs and options; binds root too */
  guint64 max_stored_bytes_per_user;
  guint max_files_per_user;            /* MaxFilesPerUser, 1000000 rows; binds root too */
  guint background_transfers;          /* BackgroundTransfers, 4 background jobs at once on the machine */
  guint foreground_jobs_per_owner;     /* ForegroundJobsPerOwner, 16 at once */
  guint connections_per_owner;         /* ConnectionsPerOwner, 64 */
  guint connections_per_host;          /* ConnectionsPerHost, 6, background jobs */
  guint files_per_job_at_once;         /* FilesAtOnce, 4 files of one job side by side */
  guint only_while_logged_in;          /* OnlyWhileLoggedIn, FALSE; users' jobs, not those of the system */
  /* FreeSpaceReserve, 256 MiB that stay free on a file system, and of a small one at most a tenth */
  guint64 free_space_reserve;
  guint32 socket_mark;                 /* SocketMark, 0 = none; SO_MARK of background connections */
} BgcLimits;

void bgc_limits_init (BgcLimits *self);
