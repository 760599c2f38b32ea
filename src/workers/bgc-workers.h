/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: the owners' workers. A worker is started when there is something for it to do and goes when
 * it has been idle for 10 s; callers name only the owner. Main thread only.
 *
 * Everything that comes back has been checked: indexes are those of the job, counters only grow and
 * never pass sizes, strings are UTF-8 and short. A breach, a closed connection, or 10 s without an
 * answer while busy ends the worker: "lost" is emitted and then the pending calls fail with
 * WorkerLost. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-caps.h"
#include "model/bgc-job.h"
#include "model/bgc-placement.h"
#include "model/bgc-report.h"

#define BGC_TYPE_WORKERS (bgc_workers_get_type ())
G_DECLARE_INTERFACE (BgcWorkers, bgc_workers, BGC, WORKERS, GObject)

struct _BgcWorkersInterface {
  GTypeInterface parent;
  void (*check_async) (BgcWorkers *self, guint32 owner, const char *const *paths,
                       GAsyncReadyCallback callback, gpointer data);
  GPtrArray *(*check_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*start_job_async) (BgcWorkers *self, const BgcJob *job, guint files_at_once, guint64 rate,
                           GAsyncReadyCallback callback, gpointer data);
  gboolean (*start_job_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*limit_job) (BgcWorkers *self, guint32 owner, const BgcJobId *id, guint64 rate);
  void (*stop_job_async) (BgcWorkers *self, guint32 owner, const BgcJobId *id, gboolean discard,
                          GAsyncReadyCallback callback, gpointer data);
  gboolean (*stop_job_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*place_async) (BgcWorkers *self, guint32 owner, GPtrArray *placements, GAsyncReadyCallback callback,
                       gpointer data);
  GPtrArray *(*place_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*check_source_async) (BgcWorkers *self, guint32 owner, const char *path,
                              GAsyncReadyCallback callback, gpointer data);
  gboolean (*check_source_finish) (BgcWorkers *self, GAsyncResult *result, guint64 *size, GError **error);
  /* @task transfer full, as in the next one; returns a pointer that is freed by it. */
  void (*check_trusted) (BgcWorkers *self, guint32 owner, const char *const *paths, GTask *task);
  void (*check_room) (BgcWorkers *self, guint32 owner, const BgcFile *file, GTask *task);
  void (*cancel_session_async) (BgcWorkers *self, const BgcJob *job, GAsyncReadyCallback callback,
                                gpointer data);
  gboolean (*cancel_session_finish) (BgcWorkers *self, GAsyncResult *result, gboolean *settled,
                                     BgcFailure **failure, GError **error);
  void (*read_reply_async) (BgcWorkers *self, guint32 owner, const BgcFile *reply,
                            GAsyncReadyCallback callback, gpointer data);
  GBytes *(*read_reply_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*find_temporaries_async) (BgcWorkers *self, guint32 owner, guint32 tag, guint first,
                                  GAsyncReadyCallback callback, gpointer data);
  GPtrArray *(*find_temporaries_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
  void (*shut_down_async) (BgcWorkers *self, GAsyncReadyCallback callback, gpointer data);
  gboolean (*shut_down_finish) (BgcWorkers *self, GAsyncResult *result, GError **error);
};

/* Signals:
 *   report (const BgcReport *report, guint owner)  a running job moved
 *   lost (guint owner, const char *why)            a worker is gone; its running jobs no longer run
 * Any _finish of an owner whose worker cannot be started or was lost: WorkerLost; a uid without a
 * passwd entry: OwnerUnknown. */

/* May files stand under @paths (absolute, already checked by bgc_path_check())? Calls in quick
 * succession travel together. Result: (element-type BgcPathVerdict), one for each path, in order. */
void bgc_workers_check_async (BgcWorkers *self, guint32 owner, const char *const *paths,
                              GAsyncReadyCallback callback, gpointer data);
GPtrArray *bgc_workers_check_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* Runs the pending files of @job (not copied: it must stay alive until stopped or lost; its files are read as
 * the job goes on, a pending one may be removed or altered only while it is stopped), @files_at_once side by
 * side in the order of their indexes, moving at most @rate bytes of bodies a second (BGC_CAP_NONE: as fast as
 * it can). The adapter feeds a long job in portions. Ends with the acknowledgement of the start. For a job
 * that runs already: feeds it the files it did not have yet; its rate stays.
 *
 * An upload goes in steps, and the worker takes one for each start: while file 0 is pending it opens a
 * session, and once that is open sends the file into it (PUT has no sessions); then it fetches the reply,
 * file 1, while that is pending and its remote name known; else it closes the session while that is not
 * closed. A step's end is reported (stage open, or the protocol found out to be PUT; file 0 whole and stage
 * sent or closed; file 1 whole; stage closed); the next start, of the job that runs already, comes when that
 * is durable here, so that no crash forgets a session that got bytes, nor makes one look lost that was
 * closed. A session that is lost ends the step of sending with a restart of file 0 from 0 and stage none; the
 * next is to open another. A step that fails reports file 0 as failed (file 1, for the reply), whatever its
 * state; the files themselves keep theirs, but with stage none nothing of file 0 is left. A report's session
 * is to be stored together with what its files tell. */
void bgc_workers_start_job_async (BgcWorkers *self, const BgcJob *job, guint files_at_once, guint64 rate,
                                  GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_start_job_finish (BgcWorkers *self, GAsyncResult *result, GError **error);
/* From now on @rate is the job's, on the connections it has. Nothing if it does not run. */
void bgc_workers_limit_job (BgcWorkers *self, guint32 owner, const BgcJobId *id, guint64 rate);
/* Stops a running job; ends when no byte will be written any more. Unless @discard, what was received is made
 * durable first, and a last report comes before the end. Stopping a job that does not run is success. */
void bgc_workers_stop_job_async (BgcWorkers *self, guint32 owner, const BgcJobId *id, gboolean discard,
                                 GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_stop_job_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* Deletes temporary files, or renames them into place in the order given (data and directory synced; the
 * modification time is the server's; mode 0666 less umask 022, or that of what it replaces). Result:
 * (element-type BgcPlacementResult). Ends with Timeout after 10 s without an answer. */
void bgc_workers_place_async (BgcWorkers *self, guint32 owner, GPtrArray *placements,
                              GAsyncReadyCallback callback, gpointer data);
GPtrArray *bgc_workers_place_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* May @path be uploaded: a regular file that the owner may read? Ends with its size. Errors: NotFound,
 * AccessDenied, InvalidPath (a directory, a pipe). */
void bgc_workers_check_source_async (BgcWorkers *self, guint32 owner, const char *path,
                                     GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_check_source_finish (BgcWorkers *self, GAsyncResult *result, guint64 *size,
                                          GError **error);
/* May @owner work with @paths that another user chose: can only root and @owner change anything on the way
 * to each? Together they fit into one call: BGC_WORKERS_TRUSTED_BYTES. Errors: AccessDenied, InvalidPath. */
#define BGC_WORKERS_TRUSTED_BYTES (256u * 1024u)
void bgc_workers_check_trusted_async (BgcWorkers *self, guint32 owner, const char *const *paths,
                                      GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_check_trusted_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* Is there room for what @file still lacks? NoSpace while there is not. */
void bgc_workers_check_room_async (BgcWorkers *self, guint32 owner, const BgcFile *file,
                                   GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_check_room_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* Asks the server once to drop the session of a cancelled upload that does not run any more; what is needed
 * of @job is copied. @settled: there is nothing left to ask for; @failure (transfer full, nullable): what
 * went wrong, settled or not, with the wait the server asked for. Ends within 90 s. */
void bgc_workers_cancel_session_async (BgcWorkers *self, const BgcJob *job, GAsyncReadyCallback callback,
                                       gpointer data);
gboolean bgc_workers_cancel_session_finish (BgcWorkers *self, GAsyncResult *result, gboolean *settled,
                                            BgcFailure **failure, GError **error);

/* The bytes of a whole reply that still has its temporary name, at most BGC_WORKERS_REPLY_MAX: else
 * TooLarge. It must be the file stored, by device, inode and size: else LocalFileChanged. */
#define BGC_WORKERS_REPLY_MAX (G_GUINT64_CONSTANT (1) << 20)
void bgc_workers_read_reply_async (BgcWorkers *self, guint32 owner, const BgcFile *reply,
                                   GAsyncReadyCallback callback, gpointer data);
GBytes *bgc_workers_read_reply_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* Temporary files tagged @tag in directories that the owner's workers ever used, wanted or not. Result:
 * (element-type BgcPlacement) those from number @first on, to be deleted; none at the end of the list, which
 * is made anew where @first is 0. */
void bgc_workers_find_temporaries_async (BgcWorkers *self, guint32 owner, guint32 tag, guint first,
                                         GAsyncReadyCallback callback, gpointer data);
GPtrArray *bgc_workers_find_temporaries_finish (BgcWorkers *self, GAsyncResult *result, GError **error);
/* Lets every worker make its data durable and go; ends when all are gone (5 s at most). */
void bgc_workers_shut_down_async (BgcWorkers *self, GAsyncReadyCallback callback, gpointer data);
gboolean bgc_workers_shut_down_finish (BgcWorkers *self, GAsyncResult *result, GError **error);

/* For implementations. */
void bgc_workers_emit_report (BgcWorkers *self, const BgcReport *report, guint32 owner);
void bgc_workers_emit_lost (BgcWorkers *self, guint32 owner, const char *why);
