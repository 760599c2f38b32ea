/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The words of the D-Bus API as C enumerations, and both ways between them. The numbers are those
 * of BITS, so that they may be stored. */

#pragma once

#include <glib.h>

typedef enum {
  BGC_JOB_TYPE_DOWNLOAD = 0,
  BGC_JOB_TYPE_UPLOAD = 1,
  BGC_JOB_TYPE_UPLOAD_REPLY = 2,
  BGC_N_JOB_TYPES
} BgcJobType;

typedef enum {
  BGC_JOB_STATE_QUEUED = 0,
  BGC_JOB_STATE_CONNECTING = 1,
  BGC_JOB_STATE_TRANSFERRING = 2,
  BGC_JOB_STATE_SUSPENDED = 3,
  BGC_JOB_STATE_ERROR = 4,
  BGC_JOB_STATE_TRANSIENT_ERROR = 5,
  BGC_JOB_STATE_TRANSFERRED = 6,
  BGC_JOB_STATE_ACKNOWLEDGED = 7,
  BGC_JOB_STATE_CANCELLED = 8,
  BGC_N_JOB_STATES
} BgcJobState;

typedef enum {
  BGC_PRIORITY_FOREGROUND = 0,
  BGC_PRIORITY_HIGH = 1,
  BGC_PRIORITY_NORMAL = 2,
  BGC_PRIORITY_LOW = 3,
  BGC_N_PRIORITIES
} BgcPriority;

/* Why a job that wants to run does not. */
typedef enum {
  BGC_WAIT_NONE = 0,
  BGC_WAIT_SCHEDULER,
  BGC_WAIT_RETRY,
  BGC_WAIT_NETWORK,
  BGC_WAIT_METERED,
  BGC_WAIT_POWER,
  BGC_WAIT_DISK_FULL,
  BGC_WAIT_BANDWIDTH_POLICY,
  BGC_WAIT_OWNER_LOGGED_OUT,
  BGC_WAIT_WORKER_LOST,
  BGC_WAIT_SERVER_CANCEL,
  BGC_WAIT_STORAGE,
  BGC_N_WAIT_REASONS
} BgcWaitReason;

typedef enum {
  BGC_CONTEXT_NONE = 0,
  BGC_CONTEXT_UNKNOWN = 1,
  BGC_CONTEXT_QUEUE_MANAGER = 2,
  BGC_CONTEXT_NOTIFICATION = 3,
  BGC_CONTEXT_LOCAL_FILE = 4,
  BGC_CONTEXT_REMOTE_FILE = 5,
  BGC_CONTEXT_TRANSPORT = 6,
  BGC_CONTEXT_REMOTE_APPLICATION = 7,
  BGC_CONTEXT_SERVER_CERTIFICATE = 8,
  BGC_N_CONTEXTS
} BgcErrorContext;

/* A set of bits. */
typedef enum {
  BGC_NOTIFY_TRANSFERRED = 0x01,
  BGC_NOTIFY_ERROR = 0x02,
  BGC_NOTIFY_DISABLE = 0x04,
  BGC_NOTIFY_MODIFICATION = 0x08,
  BGC_NOTIFY_FILE_TRANSFERRED = 0x10,
  BGC_NOTIFY_FILE_RANGES_TRANSFERRED = 0x20,
} BgcNotifyFlags;

/* How a file gets to the server. */
typedef enum {
  BGC_UPLOAD_PROTOCOL_AUTO = 0,  /* find out what the server speaks */
  BGC_UPLOAD_PROTOCOL_BITS,
  BGC_UPLOAD_PROTOCOL_TUS,
  BGC_UPLOAD_PROTOCOL_RESUMABLE, /* the IETF draft, interop version 8; experimental */
  BGC_UPLOAD_PROTOCOL_PUT,
  BGC_N_UPLOAD_PROTOCOLS
} BgcUploadProtocol;

/* Who asks for a login. */
typedef enum { BGC_LOGIN_TARGET_SERVER = 0, BGC_LOGIN_TARGET_PROXY, BGC_N_LOGIN_TARGETS } BgcLoginTarget;

/* How a login is given. The weaker before the stronger, but for a token, which is given unasked. */
typedef enum {
  BGC_LOGIN_SCHEME_BASIC = 0,
  BGC_LOGIN_SCHEME_DIGEST,
  BGC_LOGIN_SCHEME_NEGOTIATE,
  BGC_LOGIN_SCHEME_BEARER, /* the password is the token, and there is no user */
  BGC_N_LOGIN_SCHEMES
} BgcLoginScheme;

/* On which networks a job may run. */
typedef enum {
  BGC_COST_POLICY_BY_PRIORITY = 0, /* nobody said: what bgc_job_cost_policy() makes of the priority */
  BGC_COST_POLICY_ALWAYS,
  BGC_COST_POLICY_NOT_ROAMING,
  BGC_COST_POLICY_STANDARD,
  BGC_COST_POLICY_UNRESTRICTED,
  BGC_N_COST_POLICIES
} BgcCostPolicy;

/* For whom a job that runs holds back: others on the interface, the queue that delay shows, a cap. */
typedef enum { BGC_YIELD_NOBODY, BGC_YIELD_OTHERS, BGC_YIELD_QUEUE, BGC_YIELD_LIMIT, BGC_N_YIELDS } BgcYield;

/* How Cancel and Complete ended, where they did not fail. */
typedef enum {
  BGC_OUTCOME_OK = 0,
  BGC_OUTCOME_PARTIAL,
  BGC_OUTCOME_UNABLE_TO_DELETE_FILES,
  BGC_N_OUTCOMES
} BgcOutcome;

/* Each _to_string answers the word of the API, or "unknown" for a number outside the enumeration;
 * each _from_string answers FALSE, and leaves @out alone, for a word that the API does not have. */
const char *bgc_enums_job_type_to_string (BgcJobType value);
gboolean bgc_enums_job_type_from_string (const char *word, BgcJobType *out);
const char *bgc_enums_job_state_to_string (BgcJobState value);
gboolean bgc_enums_job_state_from_string (const char *word, BgcJobState *out);
const char *bgc_enums_priority_to_string (BgcPriority value);
gboolean bgc_enums_priority_from_string (const char *word, BgcPriority *out);
const char *bgc_enums_wait_reason_to_string (BgcWaitReason value);
gboolean bgc_enums_wait_reason_from_string (const char *word, BgcWaitReason *out);
const char *bgc_enums_context_to_string (BgcErrorContext value);
gboolean bgc_enums_context_from_string (const char *word, BgcErrorContext *out);
const char *bgc_enums_upload_protocol_to_string (BgcUploadProtocol value);
gboolean bgc_enums_upload_protocol_from_string (const char *word, BgcUploadProtocol *out);
const char *bgc_enums_login_target_to_string (BgcLoginTarget value);
gboolean bgc_enums_login_target_from_string (const char *word, BgcLoginTarget *out);
const char *bgc_enums_login_scheme_to_string (BgcLoginScheme value);
gboolean bgc_enums_login_scheme_from_string (const char *word, BgcLoginScheme *out);
/* BY_PRIORITY has no word: "unknown". */
const char *bgc_enums_cost_policy_to_string (BgcCostPolicy value);
gboolean bgc_enums_cost_policy_from_string (const char *word, BgcCostPolicy *out);
const char *bgc_enums_yield_to_string (BgcYield value);
gboolean bgc_enums_yield_from_string (const char *word, BgcYield *out);
const char *bgc_enums_outcome_to_string (BgcOutcome value);
/* Single notify flags; a set is a list of words on the bus. The list is NULL-terminated, its
 * container is the caller's and its words are static. */
const char **bgc_enums_notify_flags_to_strv (guint flags);
gboolean bgc_enums_notify_flag_from_string (const char *word, guint *out);
