/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-store-sample.h"

#include <glib/gstdio.h>
#include <string.h>

static gint warnings_expected; /* atomic, a boolean */
static gint warnings_seen;     /* atomic */

BgcJobId
sample_id (guint n)
{
  BgcJobId id = { { 0 } };

  /* Spread like random ones, so that an index is used as it will be. */
  for (guint i = 0; i < 4; i++)
    {
      guint32 part = (n * 2654435761u) ^ (i * 0x9e3779b9u) ^ (n >> (i + 1));

      memcpy (id.bytes + 4 * i, &part, sizeof part);
    }
  return id;
}

BgcJob *
sample_job (guint n)
{
  g_autofree char *name = g_strdup_printf ("Job %u – übung", n);
  BgcJobId id = sample_id (n);
  BgcLimits limits;
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1000 + n % 3, name, 1700000000000000 + n, &limits);
  job->sequence = n;
  return job;
}

BgcFailure *
sample_failure (guint n)
{
  BgcFailure *failure = bgc_failure_new ((BgcErrorContext) (n % BGC_N_CONTEXTS),
                                         (BgcErrorCode) (n % BGC_N_ERRORS),
                                         n % 2, "It \"went\" wrong\\: %u ü", n);

  failure->wait = (BgcWaitReason) (n % BGC_N_WAIT_REASONS);
  failure->http_status = n % 2 ? 404 : 0;
  failure->file = n % 3 ? n : BGC_FAILURE_NO_FILE;
  failure->url = n % 2 ? g_strdup ("http://example.org/a") : NULL;
  failure->protocol = n % 2 ? g_strdup ("http") : NULL;
  failure->time = n % 2 ? G_MAXINT64 : G_MININT64;
  failure->retry_after = n % 2 ? 86400 : 0;
  return failure;
}

BgcJob *
sample_extreme_job (guint n)
{
  BgcJob *job = sample_job (n);

  job->type = (BgcJobType) (n % BGC_N_JOB_TYPES);
  bgc_job_restore_state (job, (BgcJobState) (n % BGC_N_JOB_STATES));
  job->priority = (BgcPriority) (n % BGC_N_PRIORITIES);
  job->wait_reason = (BgcWaitReason) (n % BGC_N_WAIT_REASONS);
  job->owner = G_MAXUINT32;
  g_free (job->description);
  job->description = g_strnfill (BGC_DESCRIPTION_MAX_CHARACTERS, 'd');
  job->creation_time = G_MAXINT64 / 4;
  job->modification_time = -(G_MAXINT64 / 4);
  job->completion_time = -1;
  job->minimum_retry_delay = G_MAXUINT32;
  job->retry_delay_is_set = TRUE;
  job->no_progress_timeout = G_MAXUINT32;
  job->maximum_download_time = G_MAXUINT32;
  job->notify_flags = 0x3f;
  job->minimum_notification_interval = G_MAXUINT32;
  job->auto_complete = TRUE;
  job->cost_policy = BGC_COST_POLICY_UNRESTRICTED;
  job->bandwidth_limit = G_MAXUINT64 - 1;
  job->error_count = G_MAXUINT32;
  job->retry_count = G_MAXUINT32;
  job->error = sample_failure (n);
  job->next_attempt = G_MAXINT64 / 4;
  job->active_time = G_MAXINT64 / 4;
  job->no_progress_time = G_MAXINT64 / 4;
  job->completing = TRUE;
  job->next_index = G_MAXUINT32;
  if (job->type != BGC_JOB_TYPE_DOWNLOAD)
    sample_make_upload (job, n);
  return job;
}

static char *
longest_name (char letter)
{
  g_autofree char *path = g_strnfill (BGC_URL_MAX_BYTES - 4, letter);

  return g_strconcat ("\"\\ü", path, NULL);
}

void
sample_make_upload (BgcJob *job, guint n)
{
  BgcUpload *upload = bgc_upload_new ();

  upload->protocol = (BgcUploadProtocol) (n % BGC_N_UPLOAD_PROTOCOLS);
  upload->stage = (BgcUploadStage) (n % BGC_N_UPLOAD_STAGES);
  upload->session_id = n % 2 ? longest_name ('s') : NULL;
  upload->resource = n % 3 ? longest_name ('r') : NULL;
  upload->host_id = n % 2 ? g_strdup ("node-7") : NULL;
  upload->reply_url = n % 3 ? longest_name ('u') : NULL;
  upload->host_fallback = n % 2 ? -1 : G_MAXINT64;
  upload->host_silent_since = n % 2 ? 0 : G_MININT64;
  upload->fragment = n % 2 ? G_MAXUINT64 : 0;
  upload->can_terminate = n % 2;
  upload->source_size = G_MAXUINT64 - n;
  upload->source_device = G_MAXUINT64;
  upload->source_inode = (guint64) G_MAXINT64 + 1;
  upload->source_mtime = n % 2 ? G_MININT64 : G_MAXINT64;
  bgc_upload_free (job->upload);
  job->upload = upload;
  job->upload_protocol = (BgcUploadProtocol) (n % BGC_N_UPLOAD_PROTOCOLS);
  if (job->type == BGC_JOB_TYPE_UPLOAD_REPLY)
    job->reply_file_name = g_strdup ("/srv/replies/the reply ü");
  if (job->state == BGC_JOB_STATE_CANCELLED)
    {
      job->server_cancel
        = bgc_deadline_new (n % 2 ? "" : "6a1b8f1e-94b6-4a54-8c1b-2b1f6f0e4c11", 0, -(G_MAXINT64 / 4), n);
      job->server_cancel->boot = G_MAXINT64 / 4;
    }
}

void
sample_make_download (BgcJob *job)
{
  job->type = BGC_JOB_TYPE_DOWNLOAD;
  job->upload_protocol = BGC_UPLOAD_PROTOCOL_AUTO;
  g_clear_pointer (&job->upload, bgc_upload_free);
  g_clear_pointer (&job->reply_file_name, g_free);
  g_clear_pointer (&job->server_cancel, bgc_deadline_free);
}

BgcFile *
sample_file (guint32 index)
{
  g_autofree char *remote = g_strdup_printf ("http://downloads.example.org/some/path/file-%u.bin", index);
  g_autofree char *local = g_strdup_printf ("/srv/downloads/file-%u.bin", index);
  g_autofree char *temporary = g_strdup_printf (".bgcopy-%032x", index);

  return bgc_file_new (index, remote, local, temporary);
}

BgcFile *
sample_extreme_file (guint32 index)
{
  BgcFile *file = sample_file (index);

  file->state = (BgcFileState) (index % (BGC_FILE_FAILED + 1));
  file->overwrite = FALSE;
  file->validated = TRUE;
  file->identity = g_strdup_printf ("/srv/ß/file-%u.bin", index);
  file->device = G_MAXUINT64;
  file->inode = (guint64) G_MAXINT64 + 1;
  file->expected_size = index % 2 ? BGC_SIZE_UNKNOWN : G_MAXUINT64 - 1;
  file->bytes_total = index % 2 ? 0 : BGC_SIZE_UNKNOWN;
  file->bytes_transferred = G_MAXINT64;
  file->checksum = g_strdup ("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  file->etag = g_strdup ("\"it's an etag\"");
  file->last_modified = g_strdup ("Sun, 06 Nov 1994 08:49:37 GMT");
  file->server_date = G_MININT64;
  file->attempts = G_MAXUINT32;
  file->restarts = G_MAXUINT32;
  file->failure = sample_failure (index);
  return file;
}

BgcFile *
sample_upload_file (guint32 index)
{
  BgcFile *file = sample_extreme_file (index);

  if (index == BGC_UPLOAD_FILE)
    file->temporary[0] = '\0';
  else
    file->remote[0] = '\0';
  return file;
}

BgcChange *
sample_create (guint n, guint n_files)
{
  BgcJobId id = sample_id (n);
  BgcChange *change = bgc_change_new (&id);
  BgcJob *job = sample_job (n);

  change->create = TRUE;
  job->next_index = n_files;
  change->header = bgc_job_draft (job);
  bgc_job_free (job);
  for (guint i = 0; i < n_files; i++)
    g_ptr_array_add (change->files, sample_file (i));
  return change;
}

BgcChange *
sample_describe (guint n, const char *description)
{
  BgcJobId id = sample_id (n);
  BgcChange *change = bgc_change_new (&id);

  change->header = sample_job (n);
  g_free (change->header->description);
  change->header->description = g_strdup (description);
  return change;
}

BgcChange *
sample_forget (guint n)
{
  BgcJobId id = sample_id (n);
  BgcChange *change = bgc_change_new (&id);

  change->forget = TRUE;
  return change;
}

/* ---- comparing -------------------------------------------------------------------------------- */

static void
assert_failures_equal (const BgcFailure *a, const BgcFailure *b)
{
  g_assert_true ((a == NULL) == (b == NULL));
  if (a == NULL)
    return;
  g_assert_cmpint (a->context, ==, b->context);
  g_assert_cmpint (a->code, ==, b->code);
  g_assert_cmpuint (a->http_status, ==, b->http_status);
  g_assert_cmpuint (a->file, ==, b->file);
  g_assert_cmpstr (a->url, ==, b->url);
  g_assert_cmpstr (a->protocol, ==, b->protocol);
  g_assert_cmpstr (a->message, ==, b->message);
  g_assert_cmpint (a->time, ==, b->time);
  g_assert_cmpint (a->transient, ==, b->transient);
  g_assert_cmpint (a->wait, ==, b->wait);
  g_assert_cmpuint (a->retry_after, ==, b->retry_after);
}

void
sample_assert_files_equal (const BgcFile *a, const BgcFile *b)
{
  g_assert_cmpuint (a->index, ==, b->index);
  g_assert_cmpint (a->state, ==, b->state);
  g_assert_cmpint (a->overwrite, ==, b->overwrite);
  g_assert_cmpint (a->validated, ==, b->validated);
  g_assert_cmpstr (a->remote, ==, b->remote);
  g_assert_cmpstr (a->local, ==, b->local);
  g_assert_cmpstr (a->identity, ==, b->identity);
  g_assert_cmpstr (a->temporary, ==, b->temporary);
  g_assert_cmpuint (a->device, ==, b->device);
  g_assert_cmpuint (a->inode, ==, b->inode);
  g_assert_cmpuint (a->expected_size, ==, b->expected_size);
  g_assert_cmpuint (a->bytes_total, ==, b->bytes_total);
  g_assert_cmpuint (a->bytes_transferred, ==, b->bytes_transferred);
  g_assert_cmpstr (a->checksum, ==, b->checksum);
  g_assert_cmpstr (a->etag, ==, b->etag);
  g_assert_cmpstr (a->last_modified, ==, b->last_modified);
  g_assert_cmpint (a->server_date, ==, b->server_date);
  g_assert_cmpuint (a->attempts, ==, b->attempts);
  g_assert_cmpuint (a->restarts, ==, b->restarts);
  assert_failures_equal (a->failure, b->failure);
}

static void
assert_uploads_equal (const BgcUpload *a, const BgcUpload *b)
{
  g_assert_true ((a == NULL) == (b == NULL));
  if (a == NULL)
    return;
  g_assert_cmpint (a->protocol, ==, b->protocol);
  g_assert_cmpint (a->stage, ==, b->stage);
  g_assert_cmpstr (a->session_id, ==, b->session_id);
  g_assert_cmpstr (a->resource, ==, b->resource);
  g_assert_cmpstr (a->host_id, ==, b->host_id);
  g_assert_cmpstr (a->reply_url, ==, b->reply_url);
  g_assert_cmpint (a->host_fallback, ==, b->host_fallback);
  g_assert_cmpint (a->host_silent_since, ==, b->host_silent_since);
  g_assert_cmpuint (a->fragment, ==, b->fragment);
  g_assert_cmpint (a->can_terminate, ==, b->can_terminate);
  g_assert_cmpuint (a->source_size, ==, b->source_size);
  g_assert_cmpuint (a->source_device, ==, b->source_device);
  g_assert_cmpuint (a->source_inode, ==, b->source_inode);
  g_assert_cmpint (a->source_mtime, ==, b->source_mtime);
}

static void
assert_secrets_equal (const BgcJobSecrets *a, const BgcJobSecrets *b)
{
  g_assert_true ((a == NULL) == (b == NULL));
  if (a == NULL)
    return;
  g_assert_cmpuint (a->logins->len, ==, b->logins->len);
  for (guint i = 0; i < a->logins->len; i++)
    {
      const BgcLogin *login = g_ptr_array_index (a->logins, i);
      const BgcLogin *other = bgc_job_secrets_get_login (b, login->target, login->scheme);

      g_assert_nonnull (other);
      g_assert_cmpstr (login->user, ==, other->user);
      g_assert_cmpstr (login->password, ==, other->password);
    }
  g_assert_cmpstrv (a->headers, b->headers);
  g_assert_cmpint (a->write_only, ==, b->write_only);
}

static void
assert_headers_equal (const BgcJob *a, const BgcJob *b)
{
  g_assert_true (bgc_job_id_equal (&a->id, &b->id));
  g_assert_cmpint (a->type, ==, b->type);
  g_assert_cmpuint (a->owner, ==, b->owner);
  g_assert_cmpuint (a->sequence, ==, b->sequence);
  g_assert_cmpint (a->state, ==, b->state);
  g_assert_cmpint (a->priority, ==, b->priority);
  g_assert_cmpstr (a->display_name, ==, b->display_name);
  g_assert_cmpstr (a->description, ==, b->description);
  g_assert_cmpint (a->creation_time, ==, b->creation_time);
  g_assert_cmpint (a->modification_time, ==, b->modification_time);
  g_assert_cmpint (a->completion_time, ==, b->completion_time);
  g_assert_cmpuint (a->minimum_retry_delay, ==, b->minimum_retry_delay);
  g_assert_cmpint (a->retry_delay_is_set, ==, b->retry_delay_is_set);
  g_assert_cmpuint (a->no_progress_timeout, ==, b->no_progress_timeout);
  g_assert_cmpuint (a->maximum_download_time, ==, b->maximum_download_time);
  g_assert_cmpuint (a->notify_flags, ==, b->notify_flags);
  g_assert_cmpuint (a->minimum_notification_interval, ==, b->minimum_notification_interval);
  g_assert_cmpint (a->auto_complete, ==, b->auto_complete);
  g_assert_cmpint (a->cost_policy, ==, b->cost_policy);
  g_assert_cmpuint (a->bandwidth_limit, ==, b->bandwidth_limit);
  g_assert_cmpuint (a->error_count, ==, b->error_count);
  g_assert_cmpuint (a->retry_count, ==, b->retry_count);
  assert_failures_equal (a->error, b->error);
  g_assert_cmpint (a->wait_reason, ==, b->wait_reason);
  g_assert_cmpint (a->next_attempt, ==, b->next_attempt);
  g_assert_cmpint (a->active_time, ==, b->active_time);
  g_assert_cmpint (a->no_progress_time, ==, b->no_progress_time);
  g_assert_cmpint (a->completing, ==, b->completing);
  g_assert_cmpuint (a->next_index, ==, b->next_index);
  g_assert_cmpint (a->upload_protocol, ==, b->upload_protocol);
  assert_uploads_equal (a->upload, b->upload);
  g_assert_cmpstr (a->reply_file_name, ==, b->reply_file_name);
  assert_secrets_equal (a->secrets, b->secrets);
  g_assert_true ((a->server_cancel == NULL) == (b->server_cancel == NULL));
  if (a->server_cancel != NULL)
    g_assert_cmpmem (a->server_cancel, sizeof *a->server_cancel, b->server_cancel, sizeof *b->server_cancel);
}

void
sample_assert_jobs_equal (const BgcJob *a, const BgcJob *b)
{
  assert_headers_equal (a, b);
  if (a->files == NULL || b->files == NULL)
    return;
  g_assert_cmpuint (bgc_file_list_length (a->files), ==, bgc_file_list_length (b->files));
  for (guint i = 0; i < bgc_file_list_length (a->files); i++)
    sample_assert_files_equal (bgc_file_list_at (a->files, i), bgc_file_list_at (b->files, i));
}

/* ---- a store ---------------------------------------------------------------------------------- */

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

BgcChange *
sample_commit (BgcStore *store, BgcChange *change, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  bgc_store_commit_async (store, change, BGC_STORE_NORMAL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return bgc_store_commit_finish (store, result, error);
}

void
sample_commit_ok (BgcStore *store, BgcChange *change)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcChange) back = sample_commit (store, change, &error);

  g_assert_no_error (error);
  g_assert_true (back == change);
}

typedef struct {
  GPtrArray *jobs;
  GPtrArray *leftovers;
} Loaded;

static void
take_job (BgcJob *job, gpointer data)
{
  g_ptr_array_add (((Loaded *) data)->jobs, job);
}

static void
take_leftover (BgcLeftover *leftover, gpointer data)
{
  g_ptr_array_add (((Loaded *) data)->leftovers, leftover);
}

GPtrArray *
sample_load (BgcStore *store, GPtrArray **leftovers)
{
  const BgcStoreVisitor visitor = { take_job, take_leftover };
  Loaded loaded = { g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_free),
                    g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_leftover_free) };
  g_autoptr (GError) error = NULL;

  bgc_store_load (store, &visitor, &loaded, &error);
  g_assert_no_error (error);
  if (leftovers != NULL)
    *leftovers = loaded.leftovers;
  else
    g_ptr_array_unref (loaded.leftovers);
  return loaded.jobs;
}

BgcJob *
sample_find (GPtrArray *jobs, guint n)
{
  for (guint i = 0; i < jobs->len; i++)
    if (((BgcJob *) g_ptr_array_index (jobs, i))->sequence == n)
      return g_ptr_array_index (jobs, i);
  return NULL;
}

/* ---- directories and warnings ----------------------------------------------------------------- */

char *
sample_directory (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("bgc-store-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
sample_remove_directory (const char *path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        sample_remove_directory (child);
      else
        g_assert_cmpint (g_unlink (child), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL)) == 0 || !g_atomic_int_get (&warnings_expected))
    return g_log_writer_default (level, fields, n_fields, data);
  g_atomic_int_inc (&warnings_seen);
  return G_LOG_WRITER_HANDLED;
}

void
sample_watch_warnings (void)
{
  g_log_set_writer_func (write_log, NULL, NULL);
}

void
sample_expect_warnings (void)
{
  g_atomic_int_set (&warnings_seen, 0);
  g_atomic_int_set (&warnings_expected, TRUE);
}

guint
sample_take_warnings (void)
{
  g_atomic_int_set (&warnings_expected, FALSE);
  return (guint) g_atomic_int_get (&warnings_seen);
}
