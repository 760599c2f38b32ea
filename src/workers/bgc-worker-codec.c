/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-codec.h"

#include <string.h>

#include "base/bgc-text.h"
#include "model/bgc-job-secrets-variant.h"
#include "model/bgc-path.h"
#include "model/bgc-record.h"
#include "model/bgc-upload-variant.h"
#include "model/bgc-url.h"

/* Bytes of a file between two times it is made durable: what a crash may cost at most. */
#define CHECKPOINT_BYTES (64 * 1024 * G_GUINT64_CONSTANT (1024))
/* Seconds between two, for somebody who waits: what is shown is what is durable, so it is kept fresh. */
#define CHECKPOINT_SECONDS_FOREGROUND 1
#define CHECKPOINT_SECONDS_BACKGROUND 5

static gboolean
breach (GError **error, const char *what)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker broke the rules: %s", what);
  return FALSE;
}

/* GVariant takes nothing else, and a damaged database may hold anything. */
gboolean
bgc_worker_codec_is_text (const char *text)
{
  return text == NULL || g_utf8_validate (text, -1, NULL);
}

void
bgc_worker_codec_add_file (GByteArray *to, const BgcFile *file)
{
  bgc_record_add_number (to, file->index);
  bgc_record_add_text (to, file->remote);
  bgc_record_add_text (to, file->local);
  bgc_record_add_text (to, file->temporary);
  bgc_record_add_number (to, file->expected_size);
  bgc_record_add_number (to, file->bytes_total);
  bgc_record_add_number (to, file->bytes_transferred);
  bgc_record_add_number (to, file->device);
  bgc_record_add_number (to, file->inode);
  bgc_record_add_text (to, file->checksum);
  bgc_record_add_text (to, file->etag);
  bgc_record_add_text (to, file->last_modified);
  bgc_record_add_number (to, (guint64)file->server_date);
  bgc_record_add_number (to, file->attempts);
  bgc_record_add_number (to, file->restarts);
}

void
bgc_worker_codec_add_placement (GByteArray *to, const BgcPlacement *placement)
{
  bgc_record_add_text (to, placement->directory);
  bgc_record_add_text (to, placement->temporary);
  bgc_record_add_text (to, placement->target);
  bgc_record_add_number (to, placement->device);
  bgc_record_add_number (to, placement->inode);
  bgc_record_add_number (to, placement->overwrite);
  bgc_record_add_number (to, placement->size);
}

GVariant *
bgc_worker_codec_settings (BgcPriority priority, guint files_at_once, guint64 rate,
                           const BgcJobSecrets *secrets, const BgcWorkerRules *rules)
{
  GVariantDict dict;
  gboolean foreground = priority == BGC_PRIORITY_FOREGROUND;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "files-at-once", "u", files_at_once);
  g_variant_dict_insert (&dict, "checkpoint-bytes", "t", CHECKPOINT_BYTES);
  g_variant_dict_insert (&dict, "checkpoint-seconds", "u",
                         foreground ? CHECKPOINT_SECONDS_FOREGROUND : CHECKPOINT_SECONDS_BACKGROUND);
  g_variant_dict_insert (&dict, "priority", "s", bgc_enums_priority_to_string (priority));
  g_variant_dict_insert (&dict, "user-agent", "s", "bgcopyd/" PACKAGE_VERSION);
  g_variant_dict_insert (&dict, "free-space-reserve", "t", rules->free_space_reserve);
  if (rules->socket_mark != 0)
    g_variant_dict_insert (&dict, "socket-mark", "u", rules->socket_mark);
  if (rate != BGC_CAP_NONE)
    g_variant_dict_insert (&dict, "rate", "t", rate);
  if (secrets != NULL)
    g_variant_dict_insert_value (&dict, "secrets", bgc_job_secrets_variant_new (secrets));
  return g_variant_dict_end (&dict);
}

GVariant *
bgc_worker_codec_session (const BgcJob *job)
{
  g_autoptr (BgcUpload) upload = bgc_upload_copy (job->upload);

  if (upload->protocol == BGC_UPLOAD_PROTOCOL_AUTO)
    upload->protocol = job->upload_protocol;
  return bgc_upload_variant_new (upload);
}

/* A copy of @text, NULL for "". The bus has seen to UTF-8. */
static gboolean
read_text (const char *text, gsize max, char **out, GError **error)
{
  if (strlen (text) > max)
    return breach (error, "a string is too long");
  *out = *text == '\0' ? NULL : bgc_text_escape (text, max);
  return TRUE;
}

BgcPathVerdict *
bgc_worker_codec_read_verdict (GVariant *item, GError **error)
{
  const char *name, *message, *identity;
  g_autofree char *text = NULL;
  gboolean allowed;
  BgcErrorCode code = BGC_N_ERRORS;

  g_variant_get (item, "(b&s&s&s)", &allowed, &name, &message, &identity);
  if (!allowed && !bgc_error_from_name (name, &code))
    {
      breach (error, "an error has no known name");
      return NULL;
    }
  if (!read_text (message, BGC_REPORT_MAX_TEXT, &text, error))
    return NULL;
  if (*identity != '\0' && !bgc_path_check (identity, NULL))
    {
      breach (error, "a path is none");
      return NULL;
    }
  return bgc_path_verdict_new (allowed, code, text, *identity == '\0' ? NULL : identity);
}

/* What an honest worker's failure may wait for. */
static gboolean
may_wait_for (BgcWaitReason wait)
{
  return wait == BGC_WAIT_NONE || wait == BGC_WAIT_RETRY || wait == BGC_WAIT_NETWORK
         || wait == BGC_WAIT_DISK_FULL || wait == BGC_WAIT_STORAGE || wait == BGC_WAIT_WORKER_LOST;
}

static gboolean
read_failure_words (GVariant *dict, BgcFailure *failure, GError **error)
{
  const char *context = "", *name = "", *wait = "none";

  g_variant_lookup (dict, "context", "&s", &context);
  g_variant_lookup (dict, "name", "&s", &name);
  g_variant_lookup (dict, "wait", "&s", &wait);
  if (!bgc_enums_context_from_string (context, &failure->context)
      || !bgc_error_from_name (name, &failure->code)
      || !bgc_enums_wait_reason_from_string (wait, &failure->wait) || !may_wait_for (failure->wait))
    return breach (error, "a failure has no known name");
  return TRUE;
}

static gboolean
read_failure_texts (GVariant *dict, BgcFailure *failure, GError **error)
{
  const char *message = "", *url = "", *protocol = "";

  g_variant_lookup (dict, "message", "&s", &message);
  g_variant_lookup (dict, "url", "&s", &url);
  g_variant_lookup (dict, "protocol", "&s", &protocol);
  if (strlen (url) > BGC_URL_MAX_BYTES)
    return breach (error, "a URL is too long");
  /* Its own word for the absence of passwords is not enough. */
  if (*url != '\0')
    failure->url = bgc_url_check (url, NULL) ? g_strdup (url) : bgc_url_for_display (url);
  if (g_str_equal (protocol, "http") || g_str_equal (protocol, "https"))
    failure->protocol = g_strdup (protocol);
  return read_text (message, BGC_REPORT_MAX_TEXT, &failure->message, error);
}

/* NULL with @error for a breach. */
static BgcFailure *
read_failure (GVariant *dict, guint32 index, gint64 now, GError **error)
{
  g_autoptr (BgcFailure) failure
    = bgc_failure_new (BGC_CONTEXT_UNKNOWN, BGC_ERROR_WORKER_LOST, FALSE, "%s", "");
  guint32 status = 0, retry_after = 0;

  g_clear_pointer (&failure->message, g_free);
  g_variant_lookup (dict, "transient", "b", &failure->transient);
  g_variant_lookup (dict, "http-status", "u", &status);
  g_variant_lookup (dict, "retry-after", "u", &retry_after);
  if (!read_failure_words (dict, failure, error) || !read_failure_texts (dict, failure, error))
    return NULL;
  if (status > 999
      || (retry_after != 0
          && (retry_after < BGC_FAILURE_MIN_RETRY_AFTER || retry_after > BGC_FAILURE_MAX_RETRY_AFTER)))
    {
      breach (error, "a failure has an impossible number");
      return NULL;
    }
  failure->http_status = status;
  failure->retry_after = retry_after;
  failure->file = index;
  failure->time = now;
  return g_steal_pointer (&failure);
}

gboolean
bgc_worker_codec_read_failure (GVariant *dict, guint32 index, gint64 now, BgcFailure **failure,
                               GError **error)
{
  *failure = NULL;
  if (g_variant_n_children (dict) == 0)
    return TRUE;
  *failure = read_failure (dict, index, now, error);
  return *failure != NULL;
}

BgcFailure *
bgc_worker_codec_read_failed (GVariant *item, gint64 now, guint32 *position, GError **error)
{
  g_autoptr (GVariant) dict = NULL;

  g_variant_get (item, "(u@a{sv})", position, &dict);
  return read_failure (dict, 0, now, error);
}

/* Sizes are stored as 63 bits. */
static gboolean
is_size (guint64 size)
{
  return size <= G_MAXINT64;
}

/* @failures: of the files that failed, in their order. */
static gboolean
read_event (BgcFileReport *file, guint32 event, GVariantIter *failures, gint64 now, GError **error)
{
  g_autoptr (GVariant) dict = NULL;

  if (event >= BGC_N_FILE_EVENTS)
    return breach (error, "an event is not known");
  file->event = event;
  if (event != BGC_FILE_EVENT_FAILED)
    return TRUE;
  dict = g_variant_iter_next_value (failures);
  if (dict == NULL)
    return breach (error, "an event without its failure");
  file->failure = read_failure (dict, file->index, now, error);
  return file->failure != NULL;
}

static BgcFileReport *
read_file_report (BgcRecordReader *from, GVariantIter *failures, gint64 now, GError **error)
{
  g_autoptr (BgcFileReport) file = bgc_file_report_new (0, BGC_FILE_EVENT_PROGRESS);
  const char *etag, *last_modified;
  guint32 event;

  file->index = bgc_record_read_uint32 (from);
  event = bgc_record_read_uint32 (from);
  file->durable = bgc_record_read_number (from);
  file->total = bgc_record_read_number (from);
  file->device = bgc_record_read_number (from);
  file->inode = bgc_record_read_number (from);
  etag = bgc_record_read_text (from);
  last_modified = bgc_record_read_text (from);
  file->server_date = (gint64)bgc_record_read_number (from);
  file->attempts = bgc_record_read_uint32 (from);
  if (from->broken)
    breach (error, "a file is no record");
  else if (!is_size (file->durable) || (file->total != BGC_SIZE_UNKNOWN && !is_size (file->total)))
    breach (error, "a size is impossible");
  else if (file->total != BGC_SIZE_UNKNOWN && file->durable > file->total)
    breach (error, "more bytes than the file has");
  else if (file->server_date < 0 || file->server_date > BGC_REPORT_MAX_DATE)
    breach (error, "a date is impossible");
  else if (read_text (etag, BGC_REPORT_MAX_TEXT, &file->etag, error)
           && read_text (last_modified, BGC_REPORT_MAX_TEXT, &file->last_modified, error)
           && read_event (file, event, failures, now, error))
    return g_steal_pointer (&file);
  return NULL;
}

static gboolean
read_file_reports (GVariant *records, GVariantIter *failures, gint64 now, GPtrArray *files, GError **error)
{
  g_autoptr (GVariant) surplus = NULL;
  BgcRecordReader from;

  bgc_record_reader_init (&from, records);
  while (bgc_record_reader_has_more (&from))
    {
      BgcFileReport *file = read_file_report (&from, failures, now, error);

      if (file == NULL)
        return FALSE;
      g_ptr_array_add (files, file);
    }
  surplus = g_variant_iter_next_value (failures);
  return surplus == NULL || breach (error, "a failure without its event");
}

/* An empty @dict says nothing of a session. */
static gboolean
read_session (GVariant *dict, BgcReport *report, GError **error)
{
  if (g_variant_n_children (dict) == 0)
    return TRUE;
  report->upload = bgc_upload_variant_read (dict, NULL);
  return report->upload != NULL || breach (error, "a session is impossible");
}

BgcReport *
bgc_worker_codec_read_report (GVariant *item, gint64 now, GError **error)
{
  g_autoptr (BgcReport) report = NULL;
  g_autoptr (GVariant) files = NULL, session = NULL;
  g_autoptr (GVariantIter) failures = NULL;
  const char *hex;
  gboolean connected;
  guint64 received, sent;
  guint32 yields_to;
  BgcJobId id;

  g_variant_get (item, "(&sbttu@ayaa{sv}@a{sv})", &hex, &connected, &received, &sent, &yields_to, &files,
                 &failures, &session);
  if (!bgc_job_id_is_canonical (hex) || !bgc_job_id_parse (hex, &id) || !is_size (received) || sent > received
      || yields_to >= BGC_N_YIELDS)
    {
      breach (error, "a report is of nothing");
      return NULL;
    }
  report = bgc_report_new (&id);
  report->connected = connected;
  report->received = received;
  report->sent = sent;
  report->yields_to = (BgcYield)yields_to;
  if (!read_session (session, report, error)
      || !read_file_reports (files, failures, now, report->files, error))
    return NULL;
  return g_steal_pointer (&report);
}
