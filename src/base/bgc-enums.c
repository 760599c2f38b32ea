/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-enums.h"

#include <string.h>

static const char *const job_type_words[] = {
  [BGC_JOB_TYPE_DOWNLOAD] = "download",
  [BGC_JOB_TYPE_UPLOAD] = "upload",
  [BGC_JOB_TYPE_UPLOAD_REPLY] = "upload-reply",
};
G_STATIC_ASSERT (G_N_ELEMENTS (job_type_words) == BGC_N_JOB_TYPES);

static const char *const job_state_words[] = {
  [BGC_JOB_STATE_QUEUED] = "queued",
  [BGC_JOB_STATE_CONNECTING] = "connecting",
  [BGC_JOB_STATE_TRANSFERRING] = "transferring",
  [BGC_JOB_STATE_SUSPENDED] = "suspended",
  [BGC_JOB_STATE_ERROR] = "error",
  [BGC_JOB_STATE_TRANSIENT_ERROR] = "transient-error",
  [BGC_JOB_STATE_TRANSFERRED] = "transferred",
  [BGC_JOB_STATE_ACKNOWLEDGED] = "acknowledged",
  [BGC_JOB_STATE_CANCELLED] = "cancelled",
};
G_STATIC_ASSERT (G_N_ELEMENTS (job_state_words) == BGC_N_JOB_STATES);

static const char *const priority_words[] = {
  [BGC_PRIORITY_FOREGROUND] = "foreground",
  [BGC_PRIORITY_HIGH] = "high",
  [BGC_PRIORITY_NORMAL] = "normal",
  [BGC_PRIORITY_LOW] = "low",
};
G_STATIC_ASSERT (G_N_ELEMENTS (priority_words) == BGC_N_PRIORITIES);

static const char *const wait_reason_words[] = {
  [BGC_WAIT_NONE] = "none",
  [BGC_WAIT_SCHEDULER] = "scheduler",
  [BGC_WAIT_RETRY] = "retry",
  [BGC_WAIT_NETWORK] = "network",
  [BGC_WAIT_METERED] = "metered",
  [BGC_WAIT_POWER] = "power",
  [BGC_WAIT_DISK_FULL] = "disk-full",
  [BGC_WAIT_BANDWIDTH_POLICY] = "bandwidth-policy",
  [BGC_WAIT_OWNER_LOGGED_OUT] = "owner-logged-out",
  [BGC_WAIT_WORKER_LOST] = "worker-lost",
  [BGC_WAIT_SERVER_CANCEL] = "server-cancel",
  [BGC_WAIT_STORAGE] = "storage",
};
G_STATIC_ASSERT (G_N_ELEMENTS (wait_reason_words) == BGC_N_WAIT_REASONS);

static const char *const context_words[] = {
  [BGC_CONTEXT_NONE] = "none",
  [BGC_CONTEXT_UNKNOWN] = "unknown",
  [BGC_CONTEXT_QUEUE_MANAGER] = "queue-manager",
  [BGC_CONTEXT_NOTIFICATION] = "notification",
  [BGC_CONTEXT_LOCAL_FILE] = "local-file",
  [BGC_CONTEXT_REMOTE_FILE] = "remote-file",
  [BGC_CONTEXT_TRANSPORT] = "transport",
  [BGC_CONTEXT_REMOTE_APPLICATION] = "remote-application",
  [BGC_CONTEXT_SERVER_CERTIFICATE] = "server-certificate",
};
G_STATIC_ASSERT (G_N_ELEMENTS (context_words) == BGC_N_CONTEXTS);

static const char *const upload_protocol_words[] = {
  [BGC_UPLOAD_PROTOCOL_AUTO] = "auto",
  [BGC_UPLOAD_PROTOCOL_BITS] = "bits",
  [BGC_UPLOAD_PROTOCOL_TUS] = "tus",
  [BGC_UPLOAD_PROTOCOL_RESUMABLE] = "resumable",
  [BGC_UPLOAD_PROTOCOL_PUT] = "put",
};
G_STATIC_ASSERT (G_N_ELEMENTS (upload_protocol_words) == BGC_N_UPLOAD_PROTOCOLS);

/* From BGC_COST_POLICY_ALWAYS on. */
static const char *const cost_policy_words[] = { "always", "not-roaming", "standard", "unrestricted" };
G_STATIC_ASSERT (G_N_ELEMENTS (cost_policy_words) + 1 == BGC_N_COST_POLICIES);

static const char *const yield_words[] = {
  [BGC_YIELD_NOBODY] = "nobody",
  [BGC_YIELD_OTHERS] = "others",
  [BGC_YIELD_QUEUE] = "queue",
  [BGC_YIELD_LIMIT] = "limit",
};
G_STATIC_ASSERT (G_N_ELEMENTS (yield_words) == BGC_N_YIELDS);

static const char *const outcome_words[] = {
  [BGC_OUTCOME_OK] = "ok",
  [BGC_OUTCOME_PARTIAL] = "partial",
  [BGC_OUTCOME_UNABLE_TO_DELETE_FILES] = "unable-to-delete-files",
};
G_STATIC_ASSERT (G_N_ELEMENTS (outcome_words) == BGC_N_OUTCOMES);

static const char *const login_target_words[] = {
  [BGC_LOGIN_TARGET_SERVER] = "server",
  [BGC_LOGIN_TARGET_PROXY] = "proxy",
};
G_STATIC_ASSERT (G_N_ELEMENTS (login_target_words) == BGC_N_LOGIN_TARGETS);

static const char *const login_scheme_words[] = {
  [BGC_LOGIN_SCHEME_BASIC] = "basic",
  [BGC_LOGIN_SCHEME_DIGEST] = "digest",
  [BGC_LOGIN_SCHEME_NEGOTIATE] = "negotiate",
  [BGC_LOGIN_SCHEME_BEARER] = "bearer",
};
G_STATIC_ASSERT (G_N_ELEMENTS (login_scheme_words) == BGC_N_LOGIN_SCHEMES);

/* In the order in which the API lists them. */
static const struct
{
  guint flag;
  const char *word;
} notify_words[] = {
  { BGC_NOTIFY_TRANSFERRED, "transferred" },
  { BGC_NOTIFY_ERROR, "error" },
  { BGC_NOTIFY_MODIFICATION, "modification" },
  { BGC_NOTIFY_FILE_TRANSFERRED, "file-transferred" },
  { BGC_NOTIFY_FILE_RANGES_TRANSFERRED, "file-ranges-transferred" },
  { BGC_NOTIFY_DISABLE, "disable" },
};

static const char *
word_of (const char *const *words, gsize n_words, guint value)
{
  return value < n_words ? words[value] : "unknown";
}

static gboolean
value_of (const char *const *words, gsize n_words, const char *word, guint *out)
{
  if (word == NULL)
    return FALSE;

  for (gsize i = 0; i < n_words; i++)
    {
      if (strcmp (words[i], word) == 0)
        {
          *out = (guint) i;
          return TRUE;
        }
    }

  return FALSE;
}

/* The functions of one enumeration: they differ in nothing but its type and its words. */
#define DEFINE_TO_STRING(name, Type)                                                      \
  const char *bgc_enums_##name##_to_string (Type value)                                   \
  {                                                                                       \
    return word_of (name##_words, G_N_ELEMENTS (name##_words), (guint) value);            \
  }

#define DEFINE_FROM_STRING(name, Type)                                                    \
  gboolean bgc_enums_##name##_from_string (const char *word, Type *out)                   \
  {                                                                                       \
    guint value;                                                                          \
                                                                                          \
    if (!value_of (name##_words, G_N_ELEMENTS (name##_words), word, &value))              \
      return FALSE;                                                                       \
                                                                                          \
    *out = (Type) value;                                                                  \
    return TRUE;                                                                          \
  }

DEFINE_TO_STRING (job_type, BgcJobType)
DEFINE_FROM_STRING (job_type, BgcJobType)

DEFINE_TO_STRING (job_state, BgcJobState)
DEFINE_FROM_STRING (job_state, BgcJobState)

DEFINE_TO_STRING (priority, BgcPriority)
DEFINE_FROM_STRING (priority, BgcPriority)

DEFINE_TO_STRING (wait_reason, BgcWaitReason)
DEFINE_FROM_STRING (wait_reason, BgcWaitReason)

DEFINE_TO_STRING (context, BgcErrorContext)
DEFINE_FROM_STRING (context, BgcErrorContext)

DEFINE_TO_STRING (upload_protocol, BgcUploadProtocol)
DEFINE_FROM_STRING (upload_protocol, BgcUploadProtocol)

DEFINE_TO_STRING (login_target, BgcLoginTarget)
DEFINE_FROM_STRING (login_target, BgcLoginTarget)

DEFINE_TO_STRING (login_scheme, BgcLoginScheme)
DEFINE_FROM_STRING (login_scheme, BgcLoginScheme)

DEFINE_TO_STRING (yield, BgcYield)
DEFINE_FROM_STRING (yield, BgcYield)

DEFINE_TO_STRING (outcome, BgcOutcome)

const char *
bgc_enums_cost_policy_to_string (BgcCostPolicy value)
{
  return word_of (cost_policy_words, G_N_ELEMENTS (cost_policy_words),
                  (guint) value - BGC_COST_POLICY_ALWAYS);
}

gboolean
bgc_enums_cost_policy_from_string (const char *word, BgcCostPolicy *out)
{
  guint value;

  if (!value_of (cost_policy_words, G_N_ELEMENTS (cost_policy_words), word, &value))
    return FALSE;

  *out = (BgcCostPolicy) (value + BGC_COST_POLICY_ALWAYS);
  return TRUE;
}

const char **
bgc_enums_notify_flags_to_strv (guint flags)
{
  const char **words = g_new0 (const char *, G_N_ELEMENTS (notify_words) + 1);
  gsize n_words = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (notify_words); i++)
    {
      if ((flags & notify_words[i].flag) != 0)
        words[n_words++] = notify_words[i].word;
    }

  return words;
}

gboolean
bgc_enums_notify_flag_from_string (const char *word, guint *out)
{
  for (gsize i = 0; word != NULL && i < G_N_ELEMENTS (notify_words); i++)
    {
      if (strcmp (notify_words[i].word, word) == 0)
        {
          *out = notify_words[i].flag;
          return TRUE;
        }
    }

  return FALSE;
}
