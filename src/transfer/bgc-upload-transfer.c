/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-transfer.h"

#include "transfer/bgc-upload-run.h"

struct _BgcUploadTransfer
{
  BgcUploadChannel *channel; /* (owned) */
  BgcFile *file;             /* (owned) */
  BgcUpload *upload;         /* (owned) as last reported */
  gboolean wants_reply;
  guint64 told; /* bytes, as last reported */
  BgcUploadTransferFunc function;
  gpointer data;                 /* (borrowed) */
  void (*moved) (gpointer data); /* (nullable) */
  gpointer moved_data;           /* (borrowed) */
  GMainContext *main;            /* (owned) where the callbacks run */
  GThread *thread;               /* (owned) (nullable) */
  gboolean busy;                 /* a step is under way */
  GAsyncQueue *orders;           /* (owned) for the thread, where it waits for the next step: each is self */
  GTask *stop;                   /* (owned) (nullable) */
  gint moved_waits;              /* atomic; a call of moved is on its way */
  /* The thread's while a step is under way: */
  void (*step) (BgcUploadRun *run); /* (nullable) NULL: there is none to come */
  BgcUploadMemory memory;
  BgcUpload *session; /* (owned) (nullable) */
  struct Note *last;  /* (owned) (nullable) what ends the step */
};

/* What the thread tells the main thread. */
typedef struct Note
{
  BgcUploadTransfer *self; /* (borrowed) */
  BgcFileReport *report;   /* (owned) (nullable) */
  BgcUpload *upload;       /* (owned) */
} Note;

static void
note_free (Note *note)
{
  bgc_file_report_free (note->report);
  bgc_upload_free (note->upload);
  g_free (note);
}

/* @data lives until @function has run. */
static void
post (BgcUploadTransfer *self, GSourceFunc function, gpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_name (source, "bgc-upload-transfer");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, self->main);
}

/* ---- the upload's thread ------------------------------------------------------------------------ */

static gboolean
on_note (gpointer data);

static void
on_tell (const BgcFileReport *report, const BgcUpload *upload, gboolean last, gpointer data)
{
  BgcUploadTransfer *self = data;
  Note *note = g_new0 (Note, 1);

  note->self = self;
  note->upload = bgc_upload_copy (upload);
  if (report != NULL)
    {
      note->report = bgc_file_report_new (report->index, report->event);
      note->report->durable = report->durable;
      note->report->total = report->total;
      note->report->attempts = report->attempts;
      note->report->failure = bgc_failure_copy (report->failure);
    }
  /* Whoever hears of the end begins the next step: not before the thread is gone. */
  if (last)
    self->last = note;
  else
    post (self, on_note, note);
}

static gboolean
on_moved_posted (gpointer data)
{
  BgcUploadTransfer *self = data;

  g_atomic_int_set (&self->moved_waits, 0);
  if (self->moved != NULL)
    self->moved (self->moved_data);
  return G_SOURCE_REMOVE;
}

static void
on_moved (gpointer data)
{
  BgcUploadTransfer *self = data;

  if (g_atomic_int_compare_and_exchange (&self->moved_waits, 0, 1))
    post (self, on_moved_posted, self);
}

static gboolean
on_step_ended (gpointer data);
static gboolean
on_thread_ended (gpointer data);

/* The next step follows as soon as the daemon has stored the end of this one; it finds the connection
 * open. */
static gboolean
is_to_be_continued (BgcUploadTransfer *self)
{
  const BgcFileReport *report = self->last != NULL ? self->last->report : NULL;

  return report != NULL && !bgc_upload_channel_is_stopped (self->channel)
         && (report->event == BGC_FILE_EVENT_PROGRESS || report->event == BGC_FILE_EVENT_RESTARTED);
}

static void
run_step (BgcUploadTransfer *self)
{
  BgcUploadRun run = { .channel = self->channel,
                       .file = self->file,
                       .session = self->session,
                       .wants_reply = self->wants_reply,
                       .memory = &self->memory,
                       .told = self->told,
                       .tell = on_tell,
                       .moved = on_moved,
                       .data = self };

  self->step (&run);
}

static gpointer
run_thread (gpointer data)
{
  BgcUploadTransfer *self = data;
  gboolean goes_on;

  bgc_upload_channel_enter (self->channel, NULL, NULL);
  do
    {
      run_step (self);
      goes_on = is_to_be_continued (self);
      if (goes_on)
        {
          post (self, on_step_ended, self);
          g_async_queue_pop (self->orders);
          goes_on = self->step != NULL;
        }
    }
  while (goes_on);
  bgc_upload_channel_leave (self->channel);
  post (self, on_thread_ended, self);
  return NULL;
}

/* ---- the main thread ---------------------------------------------------------------------------- */

/* @note transfer full. */
static void
tell (BgcUploadTransfer *self, Note *note)
{
  bgc_upload_free (self->upload);
  self->upload = g_steal_pointer (&note->upload);
  if (note->report != NULL)
    self->told = note->report->durable;
  self->function (note->report, self->upload, self->data);
  note_free (note);
}

static gboolean
on_note (gpointer data)
{
  Note *note = data;

  tell (note->self, note);
  return G_SOURCE_REMOVE;
}

static void
end_stop (BgcUploadTransfer *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->stop);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
end_step (BgcUploadTransfer *self)
{
  self->busy = FALSE;
  g_clear_pointer (&self->session, bgc_upload_free);
  if (self->last != NULL)
    tell (self, g_steal_pointer (&self->last));
}

/* The thread waits for a step, and there is none. */
static void
dismiss (BgcUploadTransfer *self)
{
  self->step = NULL;
  g_async_queue_push (self->orders, self);
}

static gboolean
on_step_ended (gpointer data)
{
  BgcUploadTransfer *self = data;
  gboolean stopping = self->stop != NULL;

  end_step (self);
  if (stopping)
    dismiss (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_thread_ended (gpointer data)
{
  BgcUploadTransfer *self = data;

  g_thread_join (g_steal_pointer (&self->thread));
  end_step (self);
  if (self->thread == NULL)
    end_stop (self);
  return G_SOURCE_REMOVE;
}

BgcUploadTransfer *
bgc_upload_transfer_new (const BgcUploadTransferSettings *settings, const BgcFile *file,
                         const BgcUpload *upload, BgcUploadTransferFunc function, gpointer data)
{
  g_autoptr (BgcHttpLogin) login = bgc_http_login_new (settings->secrets, file->remote);
  const BgcUploadChannelSettings channel = { .stall_seconds = settings->stall_seconds,
                                             .answer_seconds = settings->answer_seconds,
                                             .user_agent = settings->user_agent,
                                             .courtesy = settings->courtesy,
                                             .priority = settings->priority,
                                             .throttle = settings->throttle,
                                             .login = login };
  BgcUploadTransfer *self = g_new0 (BgcUploadTransfer, 1);

  self->channel = bgc_upload_channel_new (&channel);
  self->orders = g_async_queue_new ();
  self->file = bgc_file_copy (file);
  self->upload = bgc_upload_copy (upload);
  self->wants_reply = settings->wants_reply;
  self->memory = BGC_UPLOAD_MEMORY_NONE;
  self->told = file->bytes_transferred;
  self->function = function;
  self->data = data;
  self->main = g_main_context_ref_thread_default ();
  return self;
}

void
bgc_upload_transfer_set_moved (BgcUploadTransfer *self, void (*moved) (gpointer data), gpointer data)
{
  self->moved = moved;
  self->moved_data = data;
}

static gboolean
on_no_thread (gpointer data)
{
  BgcUploadTransfer *self = data;
  Note *note = g_new0 (Note, 1);

  self->busy = FALSE;
  note->self = self;
  note->upload = bgc_upload_copy (self->upload);
  note->report = bgc_file_report_new (self->file->index, BGC_FILE_EVENT_FAILED);
  note->report->durable = self->told;
  note->report->failure
    = bgc_failure_new (BGC_CONTEXT_QUEUE_MANAGER, BGC_ERROR_BUSY, TRUE, "There is no room for a thread");
  tell (self, note);
  return G_SOURCE_REMOVE;
}

static void
start (BgcUploadTransfer *self, void (*step) (BgcUploadRun *run))
{
  g_return_if_fail (!self->busy && self->stop == NULL);

  self->step = step;
  self->session = bgc_upload_copy (self->upload);
  self->busy = TRUE;
  if (self->thread != NULL)
    {
      g_async_queue_push (self->orders, self);
      return;
    }
  self->thread = g_thread_try_new ("bgc-upload", run_thread, self, NULL);
  if (self->thread != NULL)
    return;
  g_clear_pointer (&self->session, bgc_upload_free);
  post (self, on_no_thread, self);
}

void
bgc_upload_transfer_begin (BgcUploadTransfer *self)
{
  start (self, bgc_upload_run_begin);
}

void
bgc_upload_transfer_send (BgcUploadTransfer *self)
{
  start (self, bgc_upload_run_send);
}

void
bgc_upload_transfer_close (BgcUploadTransfer *self)
{
  start (self, bgc_upload_run_close);
}

gboolean
bgc_upload_transfer_is_busy (BgcUploadTransfer *self)
{
  return self->busy;
}

const BgcUpload *
bgc_upload_transfer_upload (BgcUploadTransfer *self)
{
  return self->upload;
}

guint64
bgc_upload_transfer_sent (BgcUploadTransfer *self)
{
  return bgc_upload_channel_sent (self->channel);
}

gboolean
bgc_upload_transfer_is_connected (BgcUploadTransfer *self)
{
  return bgc_upload_channel_is_connected (self->channel);
}

static gboolean
on_stop_idle (gpointer data)
{
  end_stop (data);
  return G_SOURCE_REMOVE;
}

void
bgc_upload_transfer_stop_async (BgcUploadTransfer *self, GAsyncReadyCallback callback, gpointer data)
{
  g_return_if_fail (self->stop == NULL);

  self->stop = g_task_new (NULL, NULL, callback, data);
  g_task_set_source_tag (self->stop, bgc_upload_transfer_stop_async);
  g_task_set_name (self->stop, "bgc_upload_transfer_stop_async");
  bgc_upload_channel_stop (self->channel);
  if (self->thread == NULL)
    post (self, on_stop_idle, self);
  else if (!self->busy)
    dismiss (self);
}

gboolean
bgc_upload_transfer_stop_finish (BgcUploadTransfer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
bgc_upload_transfer_free (BgcUploadTransfer *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->thread == NULL);
  /* Calls of moved may still be on their way. */
  while (g_source_remove_by_user_data (self))
    continue;
  bgc_upload_channel_free (self->channel);
  g_async_queue_unref (self->orders);
  bgc_upload_free (self->upload);
  bgc_file_free (self->file);
  g_main_context_unref (self->main);
  g_free (self);
}
