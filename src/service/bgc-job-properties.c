/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-job-properties.h"

#include <string.h>

#include "base/bgc-text.h"

/* How much of a name or word from outside an error message repeats, bytes. */
#define SHOWN_BYTES 64

static GVariant *
get_id (const BgcJob *job, guint64 rate)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (&job->id, hex);
  return g_variant_new_string (hex);
}

static GVariant *
get_type (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (bgc_enums_job_type_to_string (job->type));
}

static GVariant *
get_owner (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->owner);
}

static GVariant *
get_state (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (bgc_enums_job_state_to_string (job->state));
}

static GVariant *
get_display_name (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (job->display_name);
}

static gboolean
set_display_name (BgcJob *draft, GVariant *value, GError **error)
{
  return bgc_job_set_display_name (draft, g_variant_get_string (value, NULL), error);
}

static GVariant *
get_description (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (job->description);
}

static gboolean
set_description (BgcJob *draft, GVariant *value, GError **error)
{
  return bgc_job_set_description (draft, g_variant_get_string (value, NULL), error);
}

static GVariant *
get_priority (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (bgc_enums_priority_to_string (job->priority));
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

static GVariant *
get_bytes_total (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint64 (bgc_file_list_bytes_total (job->files));
}

static GVariant *
get_bytes_transferred (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint64 (bgc_file_list_bytes_transferred (job->files));
}

static GVariant *
get_files_total (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (bgc_file_list_length (job->files));
}

static GVariant *
get_files_transferred (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (bgc_file_list_count (job->files, BGC_FILE_WHOLE)
                               + bgc_file_list_count (job->files, BGC_FILE_COMPLETED));
}

static GVariant *
get_rate (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint64 (rate);
}

static GVariant *
get_creation_time (const BgcJob *job, guint64 rate)
{
  return g_variant_new_int64 (job->creation_time);
}

static GVariant *
get_modification_time (const BgcJob *job, guint64 rate)
{
  return g_variant_new_int64 (job->modification_time);
}

static GVariant *
get_completion_time (const BgcJob *job, guint64 rate)
{
  return g_variant_new_int64 (job->completion_time);
}

static GVariant *
get_minimum_retry_delay (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->minimum_retry_delay);
}

static gboolean
set_minimum_retry_delay (BgcJob *draft, GVariant *value, GError **error)
{
  bgc_job_set_minimum_retry_delay (draft, g_variant_get_uint32 (value));
  return TRUE;
}

static GVariant *
get_no_progress_timeout (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->no_progress_timeout);
}

static gboolean
set_no_progress_timeout (BgcJob *draft, GVariant *value, GError **error)
{
  draft->no_progress_timeout = g_variant_get_uint32 (value);
  return TRUE;
}

static GVariant *
get_maximum_download_time (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->maximum_download_time);
}

static gboolean
set_maximum_download_time (BgcJob *draft, GVariant *value, GError **error)
{
  draft->maximum_download_time = g_variant_get_uint32 (value);
  return TRUE;
}

static GVariant *
get_error_count (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->error_count);
}

static GVariant *
get_error (const BgcJob *job, guint64 rate)
{
  gboolean stands = job->state == BGC_JOB_STATE_ERROR || job->state == BGC_JOB_STATE_TRANSIENT_ERROR;

  return bgc_job_properties_failure (stands ? job->error : NULL);
}

static GVariant *
get_wait_reason (const BgcJob *job, guint64 rate)
{
  return g_variant_new_string (bgc_enums_wait_reason_to_string (job->wait_reason));
}

static GVariant *
get_next_attempt (const BgcJob *job, guint64 rate)
{
  return g_variant_new_int64 (job->next_attempt);
}

static GVariant *
get_retry_count (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->retry_count);
}

static GVariant *
get_notify_flags (const BgcJob *job, guint64 rate)
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

static GVariant *
get_notification_interval (const BgcJob *job, guint64 rate)
{
  return g_variant_new_uint32 (job->minimum_notification_interval);
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

static GVariant *
get_auto_complete (const BgcJob *job, guint64 rate)
{
  return g_variant_new_boolean (job->auto_complete);
}

static gboolean
set_auto_complete (BgcJob *draft, GVariant *value, GError **error)
{
  draft->auto_complete = g_variant_get_boolean (value);
  return TRUE;
}

/* In the order of the interface. */
static const BgcJobProperty properties[] = {
  { "Id", "s", get_id, NULL, TRUE, TRUE },
  { "Type", "s", get_type, NULL, TRUE, TRUE },
  { "Owner", "u", get_owner, NULL, TRUE, FALSE },
  { "State", "s", get_state, NULL, TRUE, FALSE },
  { "DisplayName", "s", get_display_name, set_display_name, TRUE, FALSE },
  { "Description", "s", get_description, set_description, FALSE, FALSE },
  { "Priority", "s", get_priority, set_priority, TRUE, FALSE },
  { "BytesTotal", "t", get_bytes_total, NULL, TRUE, FALSE },
  { "BytesTransferred", "t", get_bytes_transferred, NULL, TRUE, FALSE },
  { "FilesTotal", "u", get_files_total, NULL, TRUE, FALSE },
  { "FilesTransferred", "u", get_files_transferred, NULL, TRUE, FALSE },
  { "Rate", "t", get_rate, NULL, FALSE, FALSE },
  { "CreationTime", "x", get_creation_time, NULL, TRUE, TRUE },
  { "ModificationTime", "x", get_modification_time, NULL, TRUE, FALSE },
  { "CompletionTime", "x", get_completion_time, NULL, TRUE, FALSE },
  { "MinimumRetryDelay", "u", get_minimum_retry_delay, set_minimum_retry_delay, FALSE, FALSE },
  { "NoProgressTimeout", "u", get_no_progress_timeout, set_no_progress_timeout, FALSE, FALSE },
  { "MaximumDownloadTime", "u", get_maximum_download_time, set_maximum_download_time, FALSE, FALSE },
  { "ErrorCount", "u", get_error_count, NULL, FALSE, FALSE },
  { "Error", "a{sv}", get_error, NULL, FALSE, FALSE },
  { "WaitReason", "s", get_wait_reason, NULL, FALSE, FALSE },
  { "NextAttempt", "x", get_next_attempt, NULL, FALSE, FALSE },
  { "RetryCount", "u", get_retry_count, NULL, FALSE, FALSE },
  { "NotifyFlags", "as", get_notify_flags, set_notify_flags, FALSE, FALSE },
  { "MinimumNotificationInterval", "u", get_notification_interval, set_notification_interval, FALSE, FALSE },
  { "AutoComplete", "b", get_auto_complete, set_auto_complete, FALSE, FALSE },
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
bgc_job_properties_all (const BgcJob *job, guint64 rate, gboolean brief)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      if (properties[i].brief || !brief)
        g_variant_builder_add (&builder, "{sv}", properties[i].name, properties[i].get (job, rate));
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
