/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The use cases: everything that happens to a job goes through here, whoever asks. Each operation
 * proposes a change, has it stored, and only then changes the model, answers and emits; operations on
 * one job run one after another, in the order asked. Knows owners as plain uids; whether the caller
 * may ask is decided above. Main thread only.
 *
 * Operations on a job that does not exist: NotFound. On a final job: InvalidState. */

#pragma once

#include <gio/gio.h>

#include "base/bgc-limits.h"
#include "engine/bgc-bandwidth.h"
#include "engine/bgc-file-request.h"
#include "host/bgc-clock.h"
#include "host/bgc-logins.h"
#include "host/bgc-metering.h"
#include "host/bgc-network.h"
#include "host/bgc-power.h"
#include "model/bgc-figures.h"
#include "model/bgc-job.h"
#include "store/bgc-store.h"
#include "workers/bgc-workers.h"

#define BGC_TYPE_MANAGER (bgc_manager_get_type ())
G_DECLARE_FINAL_TYPE (BgcManager, bgc_manager, BGC, MANAGER, GObject)

/* Changes properties of a draft; FALSE with @error to refuse, and then nothing is changed. */
typedef gboolean (*BgcManagerModifyFunc) (BgcJob *draft, gpointer data, GError **error);

/* Signals (the job is live and only to be read):
 *   job-added (const BgcJob *job)                a job is in the queue
 *   job-changed (const BgcJob *job)              any of its properties changed
 *   job-state-changed (const BgcJob *job)        its state did; after job-changed
 *   file-transferred (const BgcJob *job, guint index)      a file became whole
 *   job-taken (const BgcJob *job, guint former)  it was that user's until now; before job-changed
 *   job-left (const BgcJob *job)                 it is listed no more: final, and not kept
 *   job-forgotten (const BgcJob *job)            its object is gone; last one about it
 */

/* All borrowed objects are reffed. @random is borrowed and must outlive the manager. */
BgcManager *bgc_manager_new (BgcStore *store, BgcWorkers *workers, BgcClock *clock, BgcNetwork *network,
                             GRand *random, const BgcLimits *limits);
/* Loads the queue; call once. Transfers go on only after bgc_manager_start(), so that the bus name can
 * be owned first. */
gboolean bgc_manager_load (BgcManager *self, GError **error);
void bgc_manager_start (BgcManager *self);
/* Fills @words with what nobody can guess; FALSE if there is nothing. */
typedef gboolean (*BgcManagerSeedFunc) (guint32 *words, gsize count);

/* Ids and the names of temporary files are told to callers, and @random alone could be told from them.
 * NULL, as in tests: they are @random's. */
void bgc_manager_set_seed (BgcManager *self, BgcManagerSeedFunc seed);
/* What else may hold jobs back, each nullable. Before loading. */
void bgc_manager_set_surroundings (BgcManager *self, BgcPower *power, BgcMetering *metering,
                                   BgcLogins *logins);
/* Who keeps the timetable and the caps in force; borrowed. */
BgcBandwidth *bgc_manager_bandwidth (BgcManager *self);
/* New limits from now on; what exists stays. */
void bgc_manager_set_limits (BgcManager *self, const BgcLimits *limits);
/* @tag is the same for the queue whatever becomes of its database, and other queues' are others: it goes into
 * the names of temporary files. Before loading. */
void bgc_manager_set_tag (BgcManager *self, guint32 tag);
/* Looks for temporary files that no job knows, of every owner who has jobs: the database was damaged. */
void bgc_manager_search_orphans (BgcManager *self);
const BgcLimits *bgc_manager_limits (BgcManager *self);

/* The job, final ones that are not yet forgotten too, or NULL. Borrowed: valid until control returns to
 * the main loop. */
const BgcJob *bgc_manager_find (BgcManager *self, const BgcJobId *id);
/* TRUE if GetJob and ListJobs show it: not final, or kept (completed by AutoComplete; a cancelled upload
 * whose server is still to be asked). */
gboolean bgc_manager_is_listed (BgcManager *self, const BgcJob *job);
/* The listed jobs, oldest first; @owner G_MAXUINT32 = everybody's. States: a set of 1 << BgcJobState, 0 =
 * all. Skips @offset, gives at most @limit. (transfer container) (element-type BgcJob). Costs O(offset +
 * limit) where everybody's or one owner's jobs of all states are asked for. */
GPtrArray *bgc_manager_list (BgcManager *self, guint32 owner, guint states, guint offset, guint limit);
/* Listed jobs of @owner (G_MAXUINT32 = everybody). O(1). */
guint bgc_manager_count (BgcManager *self, guint32 owner);
/* What there is to do without anybody asking: files that could not be deleted and are tried again every hour,
 * and one more if within the hour a job may be found that nobody has touched for too long. O(1). */
guint bgc_manager_chores (BgcManager *self);
/* What is shown of it beyond what is stored. */
BgcFigures bgc_manager_figures (BgcManager *self, const BgcJob *job);
/* Of all jobs that @owner had since the service began, whatever became of them; G_MAXUINT32 = everybody. */
BgcCounters bgc_manager_counters (BgcManager *self, guint32 owner);

/* Makes a job of @owner, with properties set by @modify (nullable, called once before this returns an
 * answer) and @files (element-type BgcFileRequest, nullable), and resumes it if @resume: all or nothing.
 * Errors: StringTooLong, InvalidArgument, NotSupported, TooManyJobs, LimitsExceeded, those of add_files,
 * Empty, StoreFailed. @administrator: the quotas that root is exempt from do not bind. */
void bgc_manager_create_async (BgcManager *self, guint32 owner, gboolean administrator, BgcJobType type,
                               const char *name, BgcManagerModifyFunc modify, gpointer modify_data,
                               GPtrArray *files, gboolean resume, GAsyncReadyCallback callback,
                               gpointer data);
gboolean bgc_manager_create_finish (BgcManager *self, GAsyncResult *result, BgcJobId *id, GError **error);
/* All or none. Errors: InvalidUrl, InvalidPath, StringTooLong, InvalidArgument, AccessDenied, FileExists (two
 * files with one target), TooManyFiles, LimitsExceeded, InvalidState, WorkerLost, StoreFailed. */
void bgc_manager_add_files_async (BgcManager *self, const BgcJobId *id, gboolean administrator,
                                  GPtrArray *files, GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_add_files_finish (BgcManager *self, GAsyncResult *result, guint32 *first,
                                       GError **error);
void bgc_manager_remove_file_async (BgcManager *self, const BgcJobId *id, guint32 index,
                                    GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_remove_file_finish (BgcManager *self, GAsyncResult *result, GError **error);
void bgc_manager_set_remote_async (BgcManager *self, const BgcJobId *id, guint32 index, const char *remote,
                                   GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_set_remote_finish (BgcManager *self, GAsyncResult *result, GError **error);
/* @modify runs when it is this operation's turn; @data is freed with @destroy once it has ended. */
void bgc_manager_modify_async (BgcManager *self, const BgcJobId *id, BgcManagerModifyFunc modify,
                               gpointer modify_data, GDestroyNotify destroy, GAsyncReadyCallback callback,
                               gpointer data);
gboolean bgc_manager_modify_finish (BgcManager *self, GAsyncResult *result, GError **error);
void bgc_manager_suspend_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,
                                gpointer data);
gboolean bgc_manager_suspend_finish (BgcManager *self, GAsyncResult *result, GError **error);
void bgc_manager_resume_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,
                               gpointer data);
gboolean bgc_manager_resume_finish (BgcManager *self, GAsyncResult *result, GError **error);
void bgc_manager_cancel_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,
                               gpointer data);
gboolean bgc_manager_cancel_finish (BgcManager *self, GAsyncResult *result, BgcOutcome *outcome,
                                    GError **error);
void bgc_manager_complete_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,
                                 gpointer data);
gboolean bgc_manager_complete_finish (BgcManager *self, GAsyncResult *result, BgcOutcome *outcome,
                                      GError **error);
/* See bgc_taking_push(). */
void bgc_manager_take_async (BgcManager *self, const BgcJobId *id, guint32 owner, gboolean administrator,
                             GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_take_finish (BgcManager *self, GAsyncResult *result, GError **error);
/* Where the reply of an upload-reply job is to be put, "" = beside its source; until the reply is begun.
 * Errors: NotSupported (another type), InvalidPath, StringTooLong, AccessDenied, FileExists, InvalidState,
 * WorkerLost. */
void bgc_manager_set_reply_name_async (BgcManager *self, const BgcJobId *id, const char *path,
                                       GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_set_reply_name_finish (BgcManager *self, GAsyncResult *result, GError **error);
/* The reply of a transferred upload-reply job; see bgc_reply_read(). */
void bgc_manager_read_reply_async (BgcManager *self, const BgcJobId *id, GAsyncReadyCallback callback,
                                   gpointer data);
GBytes *bgc_manager_read_reply_finish (BgcManager *self, GAsyncResult *result, GError **error);
/* Stops every transfer, bytes made durable, and closes the store. */
void bgc_manager_shut_down_async (BgcManager *self, GAsyncReadyCallback callback, gpointer data);
gboolean bgc_manager_shut_down_finish (BgcManager *self, GAsyncResult *result, GError **error);
