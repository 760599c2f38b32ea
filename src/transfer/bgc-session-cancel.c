/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-session-cancel.h"

#include "transfer/bgc-upload-protocols.h"

/* Seconds for the whole attempt, of the 90 that the daemon waits. */
#define ATTEMPT_SECONDS 75u

typedef struct
{
  BgcUploadChannel *channel; /* (owned) */
  char *remote;              /* (owned) */
  BgcUpload *upload;         /* (owned) */
  guint timer;               /* GSource id, 0 = none */
  gboolean late;             /* it took all that time */
  gboolean settled;
  BgcFailure *failure;       /* (owned) (nullable) */
} Attempt;

static void
attempt_free (Attempt *attempt)
{
  g_clear_handle_id (&attempt->timer, g_source_remove);
  bgc_upload_channel_free (attempt->channel);
  g_free (attempt->remote);
  bgc_upload_free (attempt->upload);
  bgc_failure_free (attempt->failure);
  g_free (attempt);
}

static gboolean
on_late (gpointer data)
{
  Attempt *attempt = data;

  attempt->timer = 0;
  attempt->late = TRUE;
  bgc_upload_channel_stop (attempt->channel);
  return G_SOURCE_REMOVE;
}

/* A thread of its own: GLib's, which look up host names too, are few. */
static gpointer
run_attempt (gpointer data)
{
  g_autoptr (GTask) task = data;
  Attempt *attempt = g_task_get_task_data (task);
  g_auto (BgcUploadTalk) talk = { 0 };
  const BgcUploadProtocolFunctions *protocol = bgc_upload_protocols_find (attempt->upload->protocol);

  bgc_upload_channel_enter (attempt->channel, NULL, NULL);
  bgc_upload_talk_init (&talk, attempt->channel, attempt->remote, attempt->upload);
  attempt->settled = protocol->cancel (&talk) == BGC_UPLOAD_RESULT_DONE;
  attempt->failure = g_steal_pointer (&talk.failure);
  bgc_upload_channel_leave (attempt->channel);
  g_task_return_boolean (task, TRUE);
  return NULL;
}

/* TRUE if it ends by itself now. */
static gboolean
start_attempt (GTask *task)
{
  GThread *thread = g_thread_try_new ("bgc-cancel", run_attempt, g_object_ref (task), NULL);

  if (thread == NULL)
    {
      g_object_unref (task);
      return FALSE;
    }
  g_thread_unref (thread);
  return TRUE;
}

void
bgc_session_cancel_async (const char *remote, const BgcUpload *upload, const BgcJobSecrets *secrets,
                          const char *user_agent, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (BgcHttpLogin) login = bgc_http_login_new (secrets, remote);
  const BgcUploadChannelSettings settings = { .user_agent = user_agent, .login = login };
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, data);
  Attempt *attempt = g_new0 (Attempt, 1);

  g_task_set_source_tag (task, bgc_session_cancel_async);
  g_task_set_name (task, "bgc_session_cancel_async");
  attempt->channel = bgc_upload_channel_new (&settings);
  attempt->remote = g_strdup (remote);
  attempt->upload = bgc_upload_copy (upload);
  g_task_set_task_data (task, attempt, (GDestroyNotify)attempt_free);
  if (!bgc_upload_is_open (upload) || bgc_upload_protocols_find (upload->protocol) == NULL)
    {
      attempt->settled = TRUE;
      g_task_return_boolean (task, TRUE);
      return;
    }
  attempt->timer = g_timeout_add_seconds (ATTEMPT_SECONDS, on_late, attempt);
  g_source_set_name_by_id (attempt->timer, "bgc-session-cancel-late");
  if (start_attempt (task))
    return;
  attempt->failure
    = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_BUSY, TRUE, "There is no room for a thread");
  g_task_return_boolean (task, TRUE);
}

gboolean
bgc_session_cancel_finish (GAsyncResult *result, BgcFailure **failure)
{
  Attempt *attempt = g_task_get_task_data (G_TASK (result));

  g_clear_handle_id (&attempt->timer, g_source_remove);
  if (attempt->late && attempt->failure == NULL && !attempt->settled)
    attempt->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE,
                                        "The server did not answer in time");
  *failure = g_steal_pointer (&attempt->failure);
  return attempt->settled;
}
