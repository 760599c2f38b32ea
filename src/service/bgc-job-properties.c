/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-job-properties.h"

#include <string.h>

#include "base/bgc-text.h"

/* How much of a name or word from outside an error message repeats, bytes. */
#define SHOWN_BYTES 64

/* FNV-1a, 64 bits: that two values which follow one another differ and agree in it does not happen. */
static guint64
stamp_of_text (const char *text)
{
  guint64 stamp = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (; *text != '\0'; text++)
    stamp = (stamp ^ (guint8) *text) * G_GUINT64_CONSTANT (0x100000001b3);
  return stamp;
}

/* A property that is a number, text, or a word of an enumeration: how to read it, and its stamp. */
#define STAMP(property, expression)                                                                        \
  static guint64 stamp_##property (const BgcJob *job, const BgcFigures *now)                               \
  {                                                                                                        \
    return (guint64) (expression);                                                                         \
  }
#define VALUE(property, variant)                                                                           \
  static GVariant *get_##property (const BgcJob *job, const BgcFigures *now) { return variant; }
#define NUMBER(property, type, expression)                                                                 \
  STAMP (property, expression) VALUE (property, g_variant_new_##type (expression))
#define TEXT(property, expression)                                                                         \
  STAMP (property, stamp_of_text (expression)) VALUE (property, g_variant_new_string (expression))
#define WORD(property, enumeration, expression)                                                            \
  STAMP (property, expression)                                                                             \
  VALUE (property, g_variant_new_string (bgc_enums_##enumeration##_to_string (expression)))

static guint32
transferred_files (const BgcJob *job)
{
  return bgc_file_list_count (job->files, BGC_FILE_WHOLE)
         + bgc_file_list_count (job->files, BGC_FILE_COMPLETED);
}

NUMBER (owner, uint32, job->owner)
/* The reply of an upload has properties of its own and counts nowhere else. */
static guint64
bytes_total (const BgcJob *job)
{
  const BgcFile *source = job->upload != NULL ? bgc_file_list_find (job->files, BGC_UPLOAD_FILE) : NULL;

  return source != NULL ? source->bytes_total : bgc_file_list_bytes_total (job->files);
}

static guint64
bytes_transferred (const BgcJob *job)
{
  const BgcFile *source = job->upload != NULL ? bgc_file_list_find (job->files, BGC_UPLOAD_FILE) : NULL;

  return source != NULL ? source->bytes_transferred : bgc_file_list_bytes_transferred (job->files);
}

static guint32
files_total (const BgcJob *job)
{
  return bgc_file_list_length (job->files) - (bgc_job_reply (job) != NULL ? 1 : 0);
}

static guint32
files_transferred (const BgcJob *job)
{
  const BgcFile *reply = bgc_job_reply (job);
  gboolean has_reply
    = reply != NULL && (reply->state == BGC_FILE_WHOLE || reply->state == BGC_FILE_COMPLETED);

  return transferred_files (job) - (has_reply ? 1 : 0);
}

static guint64
reply_total (const BgcJob *job)
{
  const BgcFile *reply = bgc_job_reply (job);

  if (reply != NULL)
    return reply->bytes_total;
  return job->type == BGC_JOB_TYPE_UPLOAD_REPLY ? BGC_SIZE_UNKNOWN : 0;
}

static guint64
reply_transferred (const BgcJob *job)
{
  const BgcFile *reply = bgc_job_reply (job);

  return reply != NULL ? reply->bytes_transferred : 0;
}

static const char *
reply_name (const BgcJob *job)
{
  const BgcFile *reply = bgc_job_reply (job);

  if (reply != NULL)
    return reply->local;
  return job->reply_file_name != NULL ? job->reply_file_name : "";
}

static const char *
session_id (const BgcJob *job)
{
  if (job->upload == NULL)
    return "";
  if (job->upload->session_id != NULL)
    return job->upload->session_id;
  return job->upload->resource != NULL ? job->upload->resource : "";
}

static gint64
cancel_deadline (const BgcJob *job)
{
  return job->server_cancel != NULL ? bgc_deadline_wall (job->server_cancel) : 0;
}

NUMBER (bytes_total, uint64, bytes_total (job))
NUMBER (bytes_transferred, uint64, bytes_transferred (job))
NUMBER (files_total, uint32, files_total (job))
NUMBER (files_transferred, uint32, files_transferred (job))
NUMBER (reply_bytes_total, uint64, reply_total (job))
NUMBER (reply_bytes_transferred, uint64, reply_transferred (job))
NUMBER (server_cancel_pending, boolean, job->server_cancel != NULL)
NUMBER (cancel_deadline, int64, cancel_deadline (job))
TEXT (reply_file_name, reply_name (job))
TEXT (session_id, session_id (job))
WORD (upload_protocol, upload_protocol, job->upload_protocol)
NUMBER (rate, uint64, now->rate)
WORD (yields_to, yield, now->yields_to)
NUMBER (modification_time, int64, job->modification_time)
NUMBER (completion_time, int64, job->completion_time)
NUMBER (minimum_retry_delay, uint32, job->minimum_retry_delay)
NUMBER (no_progress_timeout, uint32, job->no_progress_timeout)
NUMBER (maximum_download_time, uint32, job->maximum_download_time)
NUMBER (error_count, uint32, job->error_count)
NUMBER (next_attempt, int64, job->next_attempt)
NUMBER (retry_count, uint32, job->retry_count)
NUMBER (notification_interval, uint32, job->minimum_notification_interval)
NUMBER (auto_complete, boolean, job->auto_complete)
TEXT (display_name, job->display_name)
TEXT (description, job->description)
WORD (state, job_state, job->state)
WORD (priority, priority, job->priority)
WORD (wait_reason, wait_reason, job->wait_reason)
WORD (cost_policy, cost_policy, bgc_job_cost_policy (job))
NUMBER (bandwidth_limit, uint64, job->bandwidth_limit)

static GVariant *
get_id (const BgcJob *job, const BgcFigures *now)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (&job->id, hex);
  return g_variant_new_string (hex);
}

static GVariant *
get_type (const BgcJob *job, const BgcFigures *now)
{
  return g_variant_new_string (bgc_enums_job_type_to_string (job->type));
}

static gboolean
set_display_name (BgcJob *draft, GVariant *value, GError **error)
{
  return bgc_job_set_display_name (draft, g_variant_get_string (value, NULL), error);
}

static gboolean
set_description (BgcJob *draft, GVariant *value, GError **error)
{
  return bgc_job_set_description (draft, g_variant_get_string (value, NULL), error);
}

static gboolean
refuse_word (const char *what, const char *word, GError **error)
{
  g_autofree char *shown = bgc_text_escape (word, SHOWN_BYTES);

  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "%s: no such word: %s", what, shown);
  return FALSE;
}

static gboolean
set_priority (BgcJob *draft, GVariant *value, GError **error)
{
  const char *word = g_variant_get_string (value, NULL);

  if (!bgc_enums_priority_from_string (word, &draft->priority))
    return refuse_word ("Priority", word, error);
  return TRUE;
}

static gboolean
set_cost_policy (BgcJob *draft, GVariant *value, GError **error)
{
  const char *word = g_variant_get_string (value, NULL);

  if (!bgc_enums_cost_policy_from_string (word, &draft->cost_policy))
    return refuse_word ("CostPolicy", word, error);
  return TRUE;
}

static gboolean
set_bandwidth_limit (BgcJob *draft, GVariant *value, GError **error)
{
  draft->bandwidth_limit = g_variant_get_uint64 (value);
  return TRUE;
}

static GVariant *
get_creation_time (const BgcJob *job, const BgcFigures *now)
{
  return g_variant_new_int64 (job->creation_time);
}

static gboolean
set_minimum_retry_delay (BgcJob *draft, GVariant *value, GError **error)
{
  bgc_job_set_minimum_retry_delay (draft, g_variant_get_uint32 (value));
  return TRUE;
}

static gboolean
set_no_progress_timeout (BgcJob *draft, GVariant *value, GError **error)
{
  draft->no_progress_timeout = g_variant_get_uint32 (value);
  return TRUE;
}

static gboolean
set_maximum_download_time (BgcJob *draft, GVariant *value, GError **error)
{
  draft->maximum_download_time = g_variant_get_uint32 (value);
  return TRUE;
}

/* The failure that the property shows, or NULL. */
static const BgcFailure *
standing_error (const BgcJob *job)
{
  gboolean stands = job->state == BGC_JOB_STATE_ERROR || job->state == BGC_JOB_STATE_TRANSIENT_ERROR;

  return stands ? job->error : NULL;
}

/* Two failures of one job at one microsecond are one and the same. */
static guint64
stamp_error (const BgcJob *job, const BgcFigures *now)
{
  const BgcFailure *failure = standing_error (job);

  if (failure == NULL)
    return 0;
  return (guint64) failure->time * 1000003u ^ (guint64) failure->code << 40
         ^ (guint64) failure->http_status << 20 ^ failure->file
         ^ (failure->message != NULL ? stamp_of_text (failure->message) : 1);
}

static GVariant *
get_error (const BgcJob *job, const BgcFigures *now)
{
  return bgc_job_properties_failure (standing_error (job));
}

static guint64
stamp_notify_flags (const BgcJob *job, const BgcFigures *now)
{
  return (guint64) job->notify_flags;
}

static GVariant *
get_notify_flags (const BgcJob *job, const BgcFigures *now)
{
  g_autofree const char **words = bgc_enums_notify_flags_to_strv (job->notify_flags);

  return g_variant_new_strv (words, -1);
}

static gboolean
set_notify_flags (BgcJob *draft, GVariant *value, GError **error)
{
  guint flags = 0;
  GVariantIter iter;
  const char *word;

  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "&s", &word))
    {
      guint flag;

      if (!bgc_enums_notify_flag_from_string (word, &flag))
        return refuse_word ("NotifyFlags", word, error);
      flags |= flag;
    }
  draft->notify_flags = flags;
  return TRUE;
}

static gboolean
set_notification_interval (BgcJob *draft, GVariant *value, GError **error)
{
  guint32 interval = g_variant_get_uint32 (value);

  if (interval > BGC_NOTIFICATION_INTERVAL_MAX)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                   "MinimumNotificationInterval: at most %u milliseconds",
                   BGC_NOTIFICATION_INTERVAL_MAX);
      return FALSE;
    }
  draft->minimum_notification_interval = interval;
  return TRUE;
}

static gboolean
set_auto_complete (BgcJob *draft, GVariant *value, GError **error)
{
  draft->auto_complete = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
set_upload_protocol (BgcJob *draft, GVariant *value, GError **error)
{
  const char *word = g_variant_get_string (value, NULL);
  BgcUploadProtocol protocol;

  if (!bgc_enums_upload_protocol_from_string (word, &protocol))
    return refuse_word ("UploadProtocol", word, error);
  return bgc_job_set_upload_protocol (draft, protocol, error);
}

static gboolean
set_reply_file_name (BgcJob *draft, GVariant *value, GError **error)
{
  return bgc_job_set_reply_file_name (draft, g_variant_get_string (value, NULL), error);
}

/* Whoever else may see the job sees none of them. */
static GVariant *
get_custom_headers (const BgcJob *job, const BgcFigures *now)
{
  return g_variant_new_strv (NULL, 0);
}

GVariant *
bgc_job_properties_headers (const BgcJob *job)
{
  const BgcJobSecrets *secrets = job->secrets;

  if (secrets == NULL || secrets->headers == NULL || secrets->write_only)
    return get_custom_headers (job, NULL);
  return g_variant_new_strv ((const char *const *) secrets->headers, -1);
}

GVariant *
bgc_job_properties_counters (const BgcCounters *counters)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_builder_add (&builder, "{st}", "received", counters->received);
  g_variant_builder_add (&builder, "{st}", "sent", counters->sent);
  g_variant_builder_add (&builder, "{st}", "refetched", counters->refetched);
  g_variant_builder_add (&builder, "{st}", "saved", counters->saved);
  return g_variant_builder_end (&builder);
}

static GVariant *
get_counters (const BgcJob *job, const BgcFigures *now)
{
  return bgc_job_properties_counters (&now->counters);
}

/* In the order of the interface. */
static const BgcJobProperty properties[] = {
  { "Id", "s", get_id, NULL, NULL, TRUE },
  { "Type", "s", get_type, NULL, NULL, TRUE },
  { "Owner", "u", get_owner, stamp_owner, NULL, TRUE },
  { "State", "s", get_state, stamp_state, NULL, TRUE },
  { "DisplayName", "s", get_display_name, stamp_display_name, set_display_name, TRUE },
  { "Description", "s", get_description, stamp_description, set_description, FALSE },
  { "Priority", "s", get_priority, stamp_priority, set_priority, TRUE },
  { "BytesTotal", "t", get_bytes_total, stamp_bytes_total, NULL, TRUE },
  { "BytesTransferred", "t", get_bytes_transferred, stamp_bytes_transferred, NULL, TRUE },
  { "FilesTotal", "u", get_files_total, stamp_files_total, NULL, TRUE },
  { "FilesTransferred", "u", get_files_transferred, stamp_files_transferred, NULL, TRUE },
  { "Rate", "t", get_rate, stamp_rate, NULL, FALSE },
  { "YieldsTo", "s", get_yields_to, stamp_yields_to, NULL, FALSE },
  { "Counters", "a{st}", get_counters, NULL, NULL, FALSE },
  { "CreationTime", "x", get_creation_time, NULL, NULL, TRUE },
  { "ModificationTime", "x", get_modification_time, stamp_modification_time, NULL, TRUE },
  { "CompletionTime", "x", get_completion_time, stamp_completion_time, NULL, TRUE },
  { "MinimumRetryDelay", "u", get_minimum_retry_delay, stamp_minimum_retry_delay, set_minimum_retry_delay,
   FALSE },
  { "NoProgressTimeout", "u", get_no_progress_timeout, stamp_no_progress_timeout, set_no_progress_timeout,
   FALSE },
  { "MaximumDownloadTime", "u", get_maximum_download_time, stamp_maximum_download_time,
   set_maximum_download_time, FALSE },
  { "ErrorCount", "u", get_error_count, stamp_error_count, NULL, FALSE },
  { "Error", "a{sv}", get_error, stamp_error, NULL, FALSE },
  { "WaitReason", "s", get_wait_reason, stamp_wait_reason, NULL, FALSE },
  { "NextAttempt", "x", get_next_attempt, stamp_next_attempt, NULL, FALSE },
  { "RetryCount", "u", get_retry_count, stamp_retry_count, NULL, FALSE },
  { "NotifyFlags", "as", get_notify_flags, stamp_notify_flags, set_notify_flags, FALSE },
  { "MinimumNotificationInterval", "u", get_notification_interval, stamp_notification_interval,
   set_notification_interval, FALSE },
  { "AutoComplete", "b", get_auto_complete, stamp_auto_complete, set_auto_complete, FALSE },
  { "UploadProtocol", "s", get_upload_protocol, stamp_upload_protocol, set_upload_protocol, FALSE },
  { "SessionId", "s", get_session_id, stamp_session_id, NULL, FALSE },
  { "ReplyFileName", "s", get_reply_file_name, stamp_reply_file_name, set_reply_file_name, FALSE },
  { "ReplyBytesTotal", "t", get_reply_bytes_total, stamp_reply_bytes_total, NULL, FALSE },
  { "ReplyBytesTransferred", "t", get_reply_bytes_transferred, stamp_reply_bytes_transferred, NULL, FALSE },
  { "ServerCancelPending", "b", get_server_cancel_pending, stamp_server_cancel_pending, NULL, FALSE },
  { "CancelDeadline", "x", get_cancel_deadline, stamp_cancel_deadline, NULL, FALSE },
  { "CustomHeaders", "as", get_custom_headers, NULL, NULL, FALSE },
  { "CostPolicy", "s", get_cost_policy, stamp_cost_policy, set_cost_policy, FALSE },
  { "BandwidthLimit", "t", get_bandwidth_limit, stamp_bandwidth_limit, set_bandwidth_limit, FALSE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (properties) == BGC_JOB_PROPERTIES_COUNT);

const BgcJobProperty *
bgc_job_properties_at (guint index)
{
  return &properties[index];
}

const BgcJobProperty *
bgc_job_properties_find (const char *name)
{
  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      if (strcmp (properties[i].name, name) == 0)
        return &properties[i];
    }
  return NULL;
}

GVariant *
bgc_job_properties_all (const BgcJob *job, const BgcFigures *now, gboolean brief)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      if (properties[i].brief || !brief)
        g_variant_builder_add (&builder, "{sv}", properties[i].name, properties[i].get (job, now));
    }
  return g_variant_builder_end (&builder);
}

static void
add_text (GVariantDict *dict, const char *key, const char *text)
{
  if (text != NULL)
    g_variant_dict_insert (dict, key, "s", text);
}

GVariant *
bgc_job_properties_failure (const BgcFailure *failure)
{
  guint32 bits_code = failure != NULL ? bgc_failure_bits_code (failure) : 0;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (failure == NULL)
    return g_variant_dict_end (&dict);
  add_text (&dict, "context", bgc_enums_context_to_string (failure->context));
  add_text (&dict, "name", bgc_error_name (failure->code));
  if (bits_code != 0)
    g_variant_dict_insert (&dict, "bits-code", "u", bits_code);
  if (failure->http_status != 0)
    g_variant_dict_insert (&dict, "http-status", "u", failure->http_status);
  if (failure->file != BGC_FAILURE_NO_FILE)
    g_variant_dict_insert (&dict, "file", "u", failure->file);
  add_text (&dict, "url", failure->url);
  add_text (&dict, "protocol", failure->protocol);
  add_text (&dict, "message", failure->message);
  g_variant_dict_insert (&dict, "time", "x", failure->time);
  g_variant_dict_insert (&dict, "transient", "b", failure->transient);
  return g_variant_dict_end (&dict);
}

static gboolean
refuse_property (BgcErrorCode code, const char *name, const char *why, GError **error)
{
  g_autofree char *shown = bgc_text_escape (name, SHOWN_BYTES);

  g_set_error (error, BGC_ERROR, code, "%s: %s", shown, why);
  return FALSE;
}

static gboolean
check_property (const char *name, GVariant *value, guint64 *seen, GError **error)
{
  const BgcJobProperty *property = bgc_job_properties_find (name);
  guint64 bit;

  if (property == NULL)
    return refuse_property (BGC_ERROR_INVALID_ARGUMENT, name, "no such property", error);
  if (property->set == NULL)
    return refuse_property (BGC_ERROR_READ_ONLY, name, "cannot be set", error);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (property->signature)))
    return refuse_property (BGC_ERROR_INVALID_ARGUMENT, name, "value of another type than documented", error);
  bit = G_GUINT64_CONSTANT (1) << (property - properties);
  if ((*seen & bit) != 0)
    return refuse_property (BGC_ERROR_INVALID_ARGUMENT, name, "given twice", error);
  *seen |= bit;
  return TRUE;
}

gboolean
bgc_job_properties_check (GVariant *dict, GError **error)
{
  guint64 seen = 0;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      gboolean good = check_property (name, value, &seen, error);

      g_variant_unref (value);
      if (!good)
        return FALSE;
    }
  return TRUE;
}

gboolean
bgc_job_properties_apply (BgcJob *draft, GVariant *dict, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      gboolean set = bgc_job_properties_find (name)->set (draft, value, error);

      g_variant_unref (value);
      if (!set)
        return FALSE;
    }
  return TRUE;
}
