/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job.h"

#include <string.h>

#include "base/bgc-text.h"
#include "model/bgc-path.h"

#define NOTIFICATION_INTERVAL_DEFAULT 500u /* milliseconds, the API's default */

BgcJob *
bgc_job_new (const BgcJobId *id, BgcJobType type, guint32 owner, const char *name, gint64 now,
             const BgcLimits *limits)
{
  BgcJob *self = g_new0 (BgcJob, 1);

  self->id = *id;
  self->type = type;
  self->owner = owner;
  self->state = BGC_JOB_STATE_SUSPENDED;
  self->priority = BGC_PRIORITY_NORMAL;
  self->display_name = g_strdup (name);
  self->description = g_strdup ("");
  self->creation_time = now;
  self->modification_time = now;
  self->minimum_retry_delay = limits->minimum_retry_delay;
  self->no_progress_timeout = limits->no_progress_timeout;
  self->maximum_download_time = limits->max_download_time;
  /* What BITS has, and what keeps a D-Bus property cache right. */
  self->notify_flags = BGC_NOTIFY_TRANSFERRED | BGC_NOTIFY_ERROR | BGC_NOTIFY_MODIFICATION;
  self->minimum_notification_interval = NOTIFICATION_INTERVAL_DEFAULT;
  self->no_progress_time = -1;
  self->files = bgc_file_list_new ();
  if (type != BGC_JOB_TYPE_DOWNLOAD)
    self->upload = bgc_upload_new ();

  return self;
}

/* What the header owns, the files not among it. */
static void
clear_header (BgcJob *self)
{
  g_clear_pointer (&self->display_name, g_free);
  g_clear_pointer (&self->description, g_free);
  g_clear_pointer (&self->error, bgc_failure_free);
  g_clear_pointer (&self->upload, bgc_upload_free);
  g_clear_pointer (&self->reply_file_name, g_free);
  g_clear_pointer (&self->server_cancel, bgc_deadline_free);
  g_clear_pointer (&self->secrets, bgc_job_secrets_free);
}

void
bgc_job_free (BgcJob *self)
{
  if (self == NULL)
    return;

  clear_header (self);
  bgc_file_list_free (self->files);
  g_free (self);
}

BgcJob *
bgc_job_draft (const BgcJob *self)
{
  BgcJob *draft = g_new (BgcJob, 1);

  *draft = *self;
  draft->display_name = g_strdup (self->display_name);
  draft->description = g_strdup (self->description);
  draft->error = bgc_failure_copy (self->error);
  draft->upload = bgc_upload_copy (self->upload);
  draft->reply_file_name = g_strdup (self->reply_file_name);
  draft->server_cancel = bgc_deadline_copy (self->server_cancel);
  draft->secrets = bgc_job_secrets_copy (self->secrets);
  draft->secrets_changed = FALSE;
  draft->files = NULL;

  return draft;
}

void
bgc_job_assign (BgcJob *self, BgcJob *draft)
{
  BgcFileList *files = self->files;

  g_return_if_fail (self != draft);

  clear_header (self);
  bgc_file_list_free (draft->files);
  *self = *draft;
  self->files = files;
  self->secrets_changed = FALSE;
  g_free (draft);
}

static gboolean
state_has_error (BgcJobState state)
{
  return state == BGC_JOB_STATE_ERROR || state == BGC_JOB_STATE_TRANSIENT_ERROR;
}

/* What waiting is about in a state just entered. A transient error's reason comes with its failure, so
 * one already given is kept; a queued job waits for its turn until somebody knows better. */
static void
enter_waiting (BgcJob *self)
{
  if (self->state == BGC_JOB_STATE_TRANSIENT_ERROR)
    return;

  self->wait_reason = self->state == BGC_JOB_STATE_QUEUED ? BGC_WAIT_SCHEDULER : BGC_WAIT_NONE;
  self->next_attempt = 0;
}

/* When the transfer was complete: told again after a pause, taken back when there is more to do. */
static void
enter_completion (BgcJob *self, gint64 now)
{
  if (self->state == BGC_JOB_STATE_QUEUED)
    self->completion_time = 0;
  else if (self->state == BGC_JOB_STATE_TRANSFERRED && self->completion_time == 0)
    self->completion_time = now;
}

static void
drop_secrets (BgcJob *self)
{
  g_clear_pointer (&self->secrets, bgc_job_secrets_free);
  self->lost_secrets = 0;
}

/* A cancelled upload may still have to speak to its server. */
static void
enter_silence (BgcJob *self)
{
  if (self->state == BGC_JOB_STATE_ACKNOWLEDGED
      || (self->state == BGC_JOB_STATE_CANCELLED && self->upload == NULL))
    drop_secrets (self);
}

gboolean
bgc_job_set_state (BgcJob *self, BgcJobState state, gint64 now, GError **error)
{
  if (!bgc_job_state_may_follow (self->state, state))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "A job that is %s cannot become %s",
                   bgc_enums_job_state_to_string (self->state), bgc_enums_job_state_to_string (state));
      return FALSE;
    }

  self->state = state;
  self->modification_time = now;
  if (!state_has_error (state))
    bgc_job_set_error (self, NULL);
  enter_waiting (self);
  enter_completion (self, now);
  enter_silence (self);

  return TRUE;
}

void
bgc_job_restore_state (BgcJob *self, BgcJobState state)
{
  self->state = state;
}

void
bgc_job_hand_over (BgcJob *self, guint32 owner)
{
  self->owner = owner;
  drop_secrets (self);
}

static BgcJobSecrets *
edit_secrets (BgcJob *self, guint field)
{
  self->lost_secrets &= ~(1u << field);
  self->secrets_changed = TRUE;
  if (self->secrets == NULL)
    self->secrets = bgc_job_secrets_new ();
  return self->secrets;
}

static void
forget_if_empty (BgcJob *self)
{
  if (bgc_job_secrets_is_empty (self->secrets))
    g_clear_pointer (&self->secrets, bgc_job_secrets_free);
}

void
bgc_job_set_login (BgcJob *self, BgcLogin *login)
{
  guint field = bgc_job_secrets_login_field (login->target, login->scheme);

  bgc_job_secrets_set_login (edit_secrets (self, field), login);
}

gboolean
bgc_job_remove_login (BgcJob *self, BgcLoginTarget target, BgcLoginScheme scheme)
{
  guint field = bgc_job_secrets_login_field (target, scheme);
  gboolean was_lost = (self->lost_secrets & 1u << field) != 0;
  gboolean removed = bgc_job_secrets_remove_login (edit_secrets (self, field), target, scheme);

  forget_if_empty (self);
  return removed || was_lost;
}

void
bgc_job_set_headers (BgcJob *self, const char *const *headers, gboolean write_only)
{
  bgc_job_secrets_set_headers (edit_secrets (self, BGC_JOB_SECRET_HEADERS), headers, write_only);
  forget_if_empty (self);
}

void
bgc_job_set_error (BgcJob *self, BgcFailure *failure)
{
  bgc_failure_free (self->error);
  self->error = failure;
}

static gboolean
set_label (char **place, const char *text, guint max_characters, const char *what, GError **error)
{
  if (text == NULL || !bgc_text_is_label (text, G_MAXSIZE))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                   "%s is not UTF-8 or has control characters in it", what);
      return FALSE;
    }
  if (!bgc_text_is_label (text, max_characters))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG, "%s has more than %u characters", what,
                   max_characters);
      return FALSE;
    }

  g_free (*place);
  *place = g_strdup (text);
  return TRUE;
}

gboolean
bgc_job_set_display_name (BgcJob *self, const char *name, GError **error)
{
  /* One line in every list. */
  if (name != NULL && strpbrk (name, "\n\t") != NULL)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                   "The display name has more than one line or tabs in it");
      return FALSE;
    }
  return set_label (&self->display_name, name, BGC_NAME_MAX_CHARACTERS, "The display name", error);
}

gboolean
bgc_job_set_description (BgcJob *self, const char *description, GError **error)
{
  return set_label (&self->description, description, BGC_DESCRIPTION_MAX_CHARACTERS, "The description",
                    error);
}

void
bgc_job_set_minimum_retry_delay (BgcJob *self, guint32 seconds)
{
  self->minimum_retry_delay = MAX (seconds, BGC_MINIMUM_RETRY_DELAY_FLOOR);
  self->retry_delay_is_set = TRUE;
}

gboolean
bgc_job_set_reply_file_name (BgcJob *self, const char *path, GError **error)
{
  if (self->type != BGC_JOB_TYPE_UPLOAD_REPLY)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "Only an upload-reply job has a reply");
      return FALSE;
    }
  if (path[0] != '\0' && !bgc_path_check (path, error))
    return FALSE;

  g_free (self->reply_file_name);
  self->reply_file_name = path[0] != '\0' ? g_strdup (path) : NULL;
  return TRUE;
}

gboolean
bgc_job_set_upload_protocol (BgcJob *self, BgcUploadProtocol protocol, GError **error)
{
  if (self->upload == NULL)
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "The job is no upload");
  else if (self->type == BGC_JOB_TYPE_UPLOAD_REPLY && protocol != BGC_UPLOAD_PROTOCOL_AUTO
           && protocol != BGC_UPLOAD_PROTOCOL_BITS)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED, "There are no replies with %s",
                 bgc_enums_upload_protocol_to_string (protocol));
  else if (self->upload->stage != BGC_UPLOAD_STAGE_NONE)
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_STATE, "The upload has begun");
  else
    {
      self->upload_protocol = protocol;
      self->upload->protocol = BGC_UPLOAD_PROTOCOL_AUTO;
      return TRUE;
    }
  return FALSE;
}

BgcCostPolicy
bgc_job_cost_policy (const BgcJob *self)
{
  if (self->cost_policy != BGC_COST_POLICY_BY_PRIORITY)
    return self->cost_policy;
  return self->priority == BGC_PRIORITY_FOREGROUND ? BGC_COST_POLICY_ALWAYS : BGC_COST_POLICY_STANDARD;
}

const BgcFile *
bgc_job_reply (const BgcJob *self)
{
  if (self->type != BGC_JOB_TYPE_UPLOAD_REPLY || self->files == NULL)
    return NULL;
  return bgc_file_list_find (self->files, BGC_UPLOAD_REPLY);
}

gsize
bgc_job_stored_bytes (const BgcJob *self)
{
  gsize reply = self->reply_file_name != NULL ? strlen (self->reply_file_name) : 0;

  return strlen (self->display_name) + strlen (self->description) + reply
         + bgc_job_secrets_bytes (self->secrets);
}
