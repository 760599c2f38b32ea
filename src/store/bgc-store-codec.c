/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-codec.h"

#include <string.h>

#include "base/bgc-text.h"
#include "store/bgc-failure-json.h"
#include "store/bgc-store-check.h"
#include "store/bgc-upload-json.h"

#define JOB_COLUMNS_1 \
  "sequence", "id", "type", "owner", "state", "priority", "display_name", "description", \
  "creation_time", "modification_time", "completion_time", "minimum_retry_delay", \
  "retry_delay_is_set", "no_progress_timeout", "maximum_download_time", "notify_flags", \
  "minimum_notification_interval", "auto_complete", "error_count", "retry_count", "error", \
  "wait_reason", "next_attempt", "active_time", "no_progress_time", "completing", "next_index"

const char *const bgc_store_codec_job_columns[] = {
  JOB_COLUMNS_1, "upload_protocol", "upload", "reply_file_name", "cancel_boot_id", "cancel_boot",
  "cancel_remaining", "cancel_wall", "cost_policy", "bandwidth_limit", NULL,
};

const char *const bgc_store_codec_job_columns_4[] = {
  JOB_COLUMNS_1, "upload_protocol", "upload", "reply_file_name", "cancel_boot_id", "cancel_boot",
  "cancel_remaining", "cancel_wall", "cost_policy", "0 AS bandwidth_limit", NULL,
};

const char *const bgc_store_codec_job_columns_2[] = {
  JOB_COLUMNS_1, "upload_protocol", "upload", "reply_file_name", "cancel_boot_id", "cancel_boot",
  "cancel_remaining", "cancel_wall", "0 AS cost_policy", "0 AS bandwidth_limit", NULL,
};

const char *const bgc_store_codec_job_columns_1[] = {
  JOB_COLUMNS_1, "0 AS upload_protocol", "NULL AS upload", "NULL AS reply_file_name",
  "NULL AS cancel_boot_id", "0 AS cancel_boot", "0 AS cancel_remaining", "0 AS cancel_wall",
  "0 AS cost_policy", "0 AS bandwidth_limit", NULL,
};

const char *const bgc_store_codec_file_columns[] = {
  "job", "idx", "state", "overwrite", "validated", "remote", "local", "identity", "temporary",
  "device", "inode", "expected_size", "bytes_total", "bytes_transferred", "checksum", "etag",
  "last_modified", "server_date", "attempts", "restarts", "failure", NULL,
};

const char *const bgc_store_codec_leftover_columns[] = {
  "id", "owner", "path", "device", "inode", "since", NULL,
};

const char *const bgc_store_codec_leftover_columns_1[] = {
  "id", "owner", "path", "device", "inode", "0 AS since", NULL,
};

char *
bgc_store_codec_list (const char *const *columns)
{
  return g_strjoinv (", ", (char **) columns);
}

/* ---- binding ---------------------------------------------------------------------------------- */

/* Binds one column after the other; the first failure sticks. */
typedef struct {
  sqlite3_stmt *statement; /* borrowed */
  int column;              /* the last one bound */
  int result;              /* of SQLite */
} Binder;

static void
keep (Binder *self, int result)
{
  if (self->result == SQLITE_OK)
    self->result = result;
}

static void
put (Binder *self, gint64 number)
{
  keep (self, sqlite3_bind_int64 (self->statement, ++self->column, number));
}

static void
put_text (Binder *self, const char *text)
{
  keep (self, sqlite3_bind_text (self->statement, ++self->column, text, -1, SQLITE_STATIC));
}

static void
put_failure (Binder *self, const BgcFailure *failure)
{
  char *text = failure != NULL ? bgc_failure_json_write (failure) : NULL;

  keep (self, sqlite3_bind_text (self->statement, ++self->column, text, -1, g_free));
}

static void
put_upload (Binder *self, const BgcUpload *upload)
{
  char *text = upload != NULL ? bgc_upload_json_write (upload) : NULL;

  keep (self, sqlite3_bind_text (self->statement, ++self->column, text, -1, g_free));
}

static void
put_deadline (Binder *self, const BgcDeadline *deadline)
{
  put_text (self, deadline != NULL ? deadline->boot_id : NULL);
  put (self, deadline != NULL ? deadline->boot : 0);
  put (self, deadline != NULL ? deadline->remaining : 0);
  put (self, deadline != NULL ? deadline->wall : 0);
}

int
bgc_store_codec_bind_job (sqlite3_stmt *statement, const BgcJob *job)
{
  Binder binder = { statement, 0, SQLITE_OK };

  put (&binder, (gint64) job->sequence);
  keep (&binder, sqlite3_bind_blob (statement, ++binder.column, job->id.bytes, sizeof job->id.bytes,
                                    SQLITE_STATIC));
  put (&binder, job->type);
  put (&binder, job->owner);
  put (&binder, job->state);
  put (&binder, job->priority);
  put_text (&binder, job->display_name);
  put_text (&binder, job->description);
  put (&binder, job->creation_time);
  put (&binder, job->modification_time);
  put (&binder, job->completion_time);
  put (&binder, job->minimum_retry_delay);
  put (&binder, job->retry_delay_is_set != FALSE);
  put (&binder, job->no_progress_timeout);
  put (&binder, job->maximum_download_time);
  put (&binder, job->notify_flags);
  put (&binder, job->minimum_notification_interval);
  put (&binder, job->auto_complete != FALSE);
  put (&binder, job->error_count);
  put (&binder, job->retry_count);
  put_failure (&binder, job->error);
  put (&binder, job->wait_reason);
  put (&binder, job->next_attempt);
  put (&binder, job->active_time);
  put (&binder, job->no_progress_time);
  put (&binder, job->completing != FALSE);
  put (&binder, job->next_index);
  put (&binder, job->upload_protocol);
  put_upload (&binder, job->upload);
  put_text (&binder, job->reply_file_name);
  put_deadline (&binder, job->server_cancel);
  put (&binder, job->cost_policy);
  put (&binder, (gint64) job->bandwidth_limit);
  return binder.result;
}

int
bgc_store_codec_bind_file (sqlite3_stmt *statement, guint64 sequence, const BgcFile *file)
{
  Binder binder = { statement, 0, SQLITE_OK };

  put (&binder, (gint64) sequence);
  put (&binder, file->index);
  put (&binder, file->state);
  put (&binder, file->overwrite != FALSE);
  put (&binder, file->validated != FALSE);
  put_text (&binder, file->remote);
  put_text (&binder, file->local);
  put_text (&binder, file->identity);
  put_text (&binder, file->temporary);
  put (&binder, (gint64) file->device);
  put (&binder, (gint64) file->inode);
  put (&binder, (gint64) file->expected_size);
  put (&binder, (gint64) file->bytes_total);
  put (&binder, (gint64) file->bytes_transferred);
  put_text (&binder, file->checksum);
  put_text (&binder, file->etag);
  put_text (&binder, file->last_modified);
  put (&binder, file->server_date);
  put (&binder, file->attempts);
  put (&binder, file->restarts);
  put_failure (&binder, file->failure);
  return binder.result;
}

int
bgc_store_codec_bind_leftover (sqlite3_stmt *statement, const BgcLeftover *leftover)
{
  Binder binder = { statement, 1, SQLITE_OK };

  put (&binder, leftover->owner);
  put_text (&binder, leftover->path);
  put (&binder, (gint64) leftover->device);
  put (&binder, (gint64) leftover->inode);
  put (&binder, leftover->since);
  return binder.result;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* Reads one column after the other; the first thing that makes no sense sticks. */
typedef struct {
  sqlite3_stmt *statement; /* borrowed */
  int column;              /* the next one to be read */
  char *reason;            /* (owned) (nullable) */
} Reader;

static void
spoil (Reader *self, const char *what)
{
  if (self->reason == NULL)
    self->reason = g_strdup_printf ("%s %s", sqlite3_column_name (self->statement, self->column - 1), what);
}

static gint64
take (Reader *self, gint64 least, gint64 most)
{
  int column = self->column++;
  gint64 number = sqlite3_column_int64 (self->statement, column);

  if (sqlite3_column_type (self->statement, column) == SQLITE_INTEGER && number >= least && number <= most)
    return number;
  spoil (self, "is no such number");
  return least;
}

static gint64
take_time (Reader *self)
{
  return take (self, G_MININT64, G_MAXINT64);
}

static guint64
take_size (Reader *self)
{
  return (guint64) take (self, G_MININT64, G_MAXINT64);
}

static guint32
take_number (Reader *self)
{
  return (guint32) take (self, 0, G_MAXUINT32);
}

static gboolean
take_boolean (Reader *self)
{
  return take (self, 0, 1) != 0;
}

/* Valid until the next step. NULL where it is NULL or spoilt. */
static const char *
take_text (Reader *self, gboolean nullable)
{
  int column = self->column++;
  int type = sqlite3_column_type (self->statement, column);
  const char *text = NULL;

  if (type == SQLITE_NULL && nullable)
    return NULL;
  if (type == SQLITE_TEXT)
    text = (const char *) sqlite3_column_text (self->statement, column);
  if (text != NULL && g_utf8_validate (text, sqlite3_column_bytes (self->statement, column), NULL))
    return text;
  spoil (self, "is no text");
  return NULL;
}

static BgcFailure *
take_failure (Reader *self)
{
  int column = self->column;
  const char *text = take_text (self, TRUE);
  const char *reason = NULL;
  BgcFailure *failure;

  if (text == NULL)
    return NULL;
  failure = bgc_failure_json_read (text, (gsize) sqlite3_column_bytes (self->statement, column), &reason);
  if (failure == NULL)
    spoil (self, reason);
  return failure;
}

static void
take_id (Reader *self, BgcJobId *id)
{
  int column = self->column++;

  memset (id, 0, sizeof *id);
  if (sqlite3_column_type (self->statement, column) == SQLITE_BLOB
      && sqlite3_column_bytes (self->statement, column) == (int) sizeof id->bytes)
    memcpy (id->bytes, sqlite3_column_blob (self->statement, column), sizeof id->bytes);
  else
    spoil (self, "is no identity");
}

static void
set (char **field, const char *text)
{
  g_free (*field);
  *field = g_strdup (text);
}

/* NULL leaves what a new job has. */
static void
take_upload (Reader *self, BgcJob *job)
{
  int column = self->column;
  const char *text = take_text (self, TRUE);
  const char *reason = NULL;

  if (text == NULL)
    return;
  bgc_upload_free (job->upload);
  job->upload = bgc_upload_json_read (text, (gsize) sqlite3_column_bytes (self->statement, column), &reason);
  if (job->upload == NULL)
    spoil (self, reason);
}

static BgcDeadline *
take_deadline (Reader *self)
{
  const char *boot_id = take_text (self, TRUE);
  gint64 boot = take_time (self);
  gint64 remaining = take_time (self);
  gint64 wall = take_time (self);
  BgcDeadline *deadline;

  if (boot_id == NULL)
    return NULL;
  deadline = bgc_deadline_new (boot_id, 0, wall, remaining);
  deadline->boot = boot;
  return deadline;
}

static void
take_job_rest (Reader *reader, BgcJob *job)
{
  job->creation_time = take_time (reader);
  job->modification_time = take_time (reader);
  job->completion_time = take_time (reader);
  job->minimum_retry_delay = take_number (reader);
  job->retry_delay_is_set = take_boolean (reader);
  job->no_progress_timeout = take_number (reader);
  job->maximum_download_time = take_number (reader);
  job->notify_flags = take_number (reader);
  job->minimum_notification_interval = take_number (reader);
  job->auto_complete = take_boolean (reader);
  job->error_count = take_number (reader);
  job->retry_count = take_number (reader);
  job->error = take_failure (reader);
  job->wait_reason = (BgcWaitReason) take (reader, 0, BGC_N_WAIT_REASONS - 1);
  job->next_attempt = take_time (reader);
  job->active_time = take_time (reader);
  job->no_progress_time = take_time (reader);
  job->completing = take_boolean (reader);
  job->next_index = take_number (reader);
  job->upload_protocol = (BgcUploadProtocol) take (reader, 0, BGC_N_UPLOAD_PROTOCOLS - 1);
  take_upload (reader, job);
  set (&job->reply_file_name, take_text (reader, TRUE));
  job->server_cancel = take_deadline (reader);
  job->cost_policy = (BgcCostPolicy) take (reader, 0, BGC_N_COST_POLICIES - 1);
  job->bandwidth_limit = take_size (reader);
}

BgcJob *
bgc_store_codec_read_job (sqlite3_stmt *statement, char **reason)
{
  Reader reader = { statement, 0, NULL };
  g_autoptr (BgcJob) job = NULL;
  BgcLimits limits;
  BgcJobId id;
  guint64 sequence = (guint64) take (&reader, 0, G_MAXINT64);
  BgcJobType type;
  guint32 owner;
  BgcJobState state;
  BgcPriority priority;
  const char *name;

  take_id (&reader, &id);
  type = (BgcJobType) take (&reader, 0, BGC_N_JOB_TYPES - 1);
  owner = take_number (&reader);
  state = (BgcJobState) take (&reader, 0, BGC_N_JOB_STATES - 1);
  priority = (BgcPriority) take (&reader, 0, BGC_N_PRIORITIES - 1);
  name = take_text (&reader, FALSE);
  bgc_limits_init (&limits);
  job = bgc_job_new (&id, type, owner, name != NULL ? name : "", 0, &limits);
  if (job->files == NULL)
    job->files = bgc_file_list_new ();
  job->sequence = sequence;
  job->priority = priority;
  set (&job->description, take_text (&reader, FALSE));
  take_job_rest (&reader, job);
  bgc_job_restore_state (job, state);
  *reason = reader.reason;
  if (*reason != NULL || !bgc_store_check_job (job, reason))
    return NULL;
  return g_steal_pointer (&job);
}

BgcFile *
bgc_store_codec_read_file (sqlite3_stmt *statement, char **reason)
{
  Reader reader = { statement, 1, NULL };
  g_autoptr (BgcFile) file = NULL;
  guint32 index = take_number (&reader);
  BgcFileState state = (BgcFileState) take (&reader, 0, BGC_FILE_FAILED);
  gboolean overwrite = take_boolean (&reader);
  gboolean validated = take_boolean (&reader);
  const char *remote = take_text (&reader, FALSE);
  const char *local = take_text (&reader, FALSE);
  const char *identity = take_text (&reader, TRUE);
  const char *temporary = take_text (&reader, FALSE);

  *reason = reader.reason;
  if (*reason != NULL)
    return NULL;
  file = bgc_file_new (index, remote, local, temporary);
  file->state = state;
  file->overwrite = overwrite;
  file->validated = validated;
  set (&file->identity, identity);
  file->device = take_size (&reader);
  file->inode = take_size (&reader);
  file->expected_size = take_size (&reader);
  file->bytes_total = take_size (&reader);
  file->bytes_transferred = take_size (&reader);
  set (&file->checksum, take_text (&reader, TRUE));
  set (&file->etag, take_text (&reader, TRUE));
  set (&file->last_modified, take_text (&reader, TRUE));
  file->server_date = take_time (&reader);
  file->attempts = take_number (&reader);
  file->restarts = take_number (&reader);
  file->failure = take_failure (&reader);
  *reason = reader.reason;
  if (*reason != NULL || !bgc_store_check_file (file, reason))
    return NULL;
  return g_steal_pointer (&file);
}

BgcLeftover *
bgc_store_codec_read_leftover (sqlite3_stmt *statement, char **reason)
{
  Reader reader = { statement, 0, NULL };
  g_autoptr (BgcLeftover) leftover = NULL;
  guint64 id = (guint64) take (&reader, 1, G_MAXINT64);
  guint32 owner = take_number (&reader);
  const char *path = take_text (&reader, FALSE);
  guint64 device = take_size (&reader);
  guint64 inode = take_size (&reader);
  gint64 since = take (&reader, 0, G_MAXINT64);

  *reason = reader.reason;
  if (*reason != NULL)
    return NULL;
  leftover = bgc_leftover_new (owner, path, device, inode);
  leftover->id = id;
  leftover->since = since;
  if (!bgc_store_check_leftover (leftover, reason))
    return NULL;
  return g_steal_pointer (&leftover);
}

static void
append_blob (GString *text, const guint8 *bytes, int length)
{
  g_string_append (text, "x'");
  for (int i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  g_string_append_c (text, '\'');
}

char *
bgc_store_codec_row_text (sqlite3_stmt *statement)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < sqlite3_column_count (statement); i++)
    {
      g_autofree char *escaped = NULL;

      g_string_append_printf (text, "%s=", sqlite3_column_name (statement, i));
      switch (sqlite3_column_type (statement, i))
        {
        case SQLITE_NULL:
          g_string_append (text, "NULL");
          break;
        case SQLITE_BLOB:
          append_blob (text, sqlite3_column_blob (statement, i), sqlite3_column_bytes (statement, i));
          break;
        default:
          escaped = bgc_text_escape ((const char *) sqlite3_column_text (statement, i), G_MAXSIZE);
          g_string_append (text, escaped);
        }
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}
