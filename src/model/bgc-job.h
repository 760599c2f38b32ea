/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A job: what its owner asked for and how far it has come. Plain data without I/O or clock; times are
 * passed in. The live job has its files; a draft (bgc_job_draft()) is a copy of everything but the
 * files, to be stored first and assigned to the live job once durable. */

#pragma once

#include "base/bgc-limits.h"
#include "model/bgc-deadline.h"
#include "model/bgc-file-list.h"
#include "model/bgc-job-id.h"
#include "model/bgc-job-secrets.h"
#include "model/bgc-job-state.h"
#include "model/bgc-upload.h"

typedef struct {
  BgcJobId id;
  BgcJobType type;
  guint32 owner;          /* uid */
  guint64 sequence;       /* order of creation, unique on the machine; sorts lists oldest first */
  BgcJobState state;      /* read anywhere; assigned only by bgc_job_set_state() */
  BgcPriority priority;
  char *display_name;     /* (owned) */
  char *description;      /* (owned) "" if none */
  gint64 creation_time;   /* wall clock, microseconds since the epoch; likewise the next two */
  gint64 modification_time;
  gint64 completion_time; /* entered transferred; 0 = not yet */
  guint32 minimum_retry_delay;  /* seconds */
  gboolean retry_delay_is_set;  /* the owner chose it: no short first waits */
  guint32 no_progress_timeout;  /* seconds, 0 = never retry */
  guint32 maximum_download_time; /* seconds */
  guint notify_flags;     /* BgcNotifyFlags */
  guint32 minimum_notification_interval; /* milliseconds */
  gboolean auto_complete;
  guint64 bandwidth_limit; /* bytes a second that it may move at most, both ways together; 0 = no limit */
  BgcCostPolicy cost_policy; /* the owner's choice; read with bgc_job_cost_policy() */
  guint32 error_count;    /* never falls */
  guint32 retry_count;    /* retries since the last byte or Resume */
  BgcFailure *error;      /* (owned) (nullable) set exactly in error and transient-error */
  BgcWaitReason wait_reason;
  gint64 next_attempt;    /* wall clock, microseconds; 0 = none planned */
  /* microseconds in connecting and transferring since the last Resume, up to the last stored change */
  gint64 active_time;
  /* microseconds of waiting since the first transient error of this run in which an attempt was
   * possible; -1 = no run */
  gint64 no_progress_time;
  gboolean completing;    /* Complete has begun: at start it is finished first */
  guint32 next_index;     /* of the next file */
  BgcUploadProtocol upload_protocol; /* the owner's choice; auto by default */
  BgcUpload *upload;      /* (owned) (nullable) the session on the server; NULL exactly in downloads */
  /* (owned) (nullable) upload-reply: where its owner wants the reply; NULL = a name of ours beside the
   * source. The reply's file has it as its local name once there is one. */
  char *reply_file_name;
  /* (owned) (nullable) a cancelled upload whose session the server still has: how long it is asked to drop
   * it; NULL = it is not, any more */
  BgcDeadline *server_cancel;
  BgcJobSecrets *secrets; /* (owned) (nullable) NULL = none; changed only by the functions below */
  /* what is stored of them and cannot be read, a set of 1 << BgcJobSecretField; while there is any, the job
   * does not run */
  guint lost_secrets;
  gboolean secrets_changed; /* in a draft: they are to be stored anew */
  BgcFileList *files;     /* (owned) (nullable) NULL in a draft */
} BgcJob;

/* Born suspended, with the defaults of @limits. @name is copied. */
BgcJob *bgc_job_new (const BgcJobId *id, BgcJobType type, guint32 owner, const char *name, gint64 now,
                     const BgcLimits *limits);
void bgc_job_free (BgcJob *self);
/* A copy without files. */
BgcJob *bgc_job_draft (const BgcJob *self);
/* Moves everything but the files from @draft (transfer full) into @self. */
void bgc_job_assign (BgcJob *self, BgcJob *draft);
/* Moves to @state if the table lets it (a state never follows itself) and sets modification_time. error
 * stays in error and transient-error only, next_attempt in transient-error only. wait_reason stays in
 * transient-error, becomes scheduler in queued (set a better one afterwards), none elsewhere.
 * completion_time is set on entering transferred and stays through a pause; queued makes it 0. A job that
 * makes no more requests has no more secrets.
 * Error: InvalidState, nothing changed. */
gboolean bgc_job_set_state (BgcJob *self, BgcJobState state, gint64 now, GError **error);
/* For the store alone: a state as it was read. */
void bgc_job_restore_state (BgcJob *self, BgcJobState state);
/* Each takes the place of what was there, or of what was lost. @login transfer full. */
void bgc_job_set_login (BgcJob *self, BgcLogin *login);
/* FALSE: there was none, not even a lost one. */
gboolean bgc_job_remove_login (BgcJob *self, BgcLoginTarget target, BgcLoginScheme scheme);
/* Copied; each has passed bgc_custom_header_check(). None removes them. */
void bgc_job_set_headers (BgcJob *self, const char *const *headers, gboolean write_only);
/* It is another user's from now on. What it had from its old owner alone goes: nothing that is a secret,
 * or is run for him, is the new owner's. */
void bgc_job_hand_over (BgcJob *self, guint32 owner);
/* Replaces the error record; @failure transfer full, nullable. */
void bgc_job_set_error (BgcJob *self, BgcFailure *failure);
/* Checked setters. Errors: StringTooLong, InvalidArgument. */
gboolean bgc_job_set_display_name (BgcJob *self, const char *name, GError **error);
gboolean bgc_job_set_description (BgcJob *self, const char *description, GError **error);
/* Raised to the floor, marked as the owner's choice. */
void bgc_job_set_minimum_retry_delay (BgcJob *self, guint32 seconds);
/* upload-reply: an absolute path that bgc_path_check() likes, or "" for the default. Errors: NotSupported (a
 * job of another type), InvalidPath, StringTooLong. */
gboolean bgc_job_set_reply_file_name (BgcJob *self, const char *path, GError **error);
/* Uploads, while the server has no session of theirs; forgets the protocol found out. Errors: NotSupported
 * (downloads; a protocol without replies), InvalidState. */
gboolean bgc_job_set_upload_protocol (BgcJob *self, BgcUploadProtocol protocol, GError **error);
/* The policy that holds: where its owner chose none, somebody waits for a foreground job, so that it runs
 * always, and nobody for the others, so that they run where bytes cost nothing. */
BgcCostPolicy bgc_job_cost_policy (const BgcJob *self);
/* The reply of an upload-reply job that has files; NULL in any other. */
const BgcFile *bgc_job_reply (const BgcJob *self);
/* Bytes of text that the job without its files costs its owner's quota. */
gsize bgc_job_stored_bytes (const BgcJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcJob, bgc_job_free)
