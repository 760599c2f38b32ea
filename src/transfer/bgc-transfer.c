/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-transfer.h"

#include "transfer/bgc-download.h"

/* Files of which all bytes came and that wait for the disk; more, and no further ones are begun. */
#define SETTLING_MAX 2048u
/* Seconds without a byte after which a connection counts as dead, where the settings name none. */
#define STALL_SECONDS 60u
/* How often one looks in that time: it ends a quarter late at most. */
#define WATCHES_PER_STALL 4

/* The threads and buffers of the worker, for all its jobs. They stay: a thread that waits for a disk
 * which does not answer cannot be joined. Main thread only. */
static struct
{
  guint users;
  BgcIoPool *io;          /* (owned) (nullable) from the first job on */
  BgcBufferPool *buffers; /* (owned) (nullable) likewise */
} shared;

struct _BgcTransfer
{
  BgcDownloadHost host; /* what the downloads share */
  BgcTransferFunc function;
  gpointer data; /* (borrowed) */
  guint files_at_once;
  GQueue waiting;       /* (element-type BgcFile) (owned) */
  GPtrArray *downloads; /* (element-type BgcDownload) (owned) begun and not ended */
  GPtrArray *ended;     /* (element-type BgcDownload) (owned) to be freed */
  guint connections;    /* downloads that still need the network */
  guint64 received;
  gboolean connected;
  void (*moved) (gpointer data); /* (nullable) */
  gpointer moved_data;    /* (borrowed) */
  gboolean stopping;
  GTask *stop;  /* (owned) (nullable) */
  guint step;   /* GSource id of the next step, 0 = none */
  gint64 stall; /* microseconds a server may be silent */
  guint watch;  /* GSource id, 0 = none: looks for silent servers while there are connections */
};

static void
shared_acquire (void)
{
  shared.users++;
  if (shared.io != NULL)
    return;
  shared.io = bgc_io_pool_new (BGC_IO_POOL_THREADS);
  shared.buffers = bgc_buffer_pool_new ();
}

static void
shared_release (void)
{
  if (--shared.users == 0)
    bgc_buffer_pool_trim (shared.buffers);
}

static void
schedule (BgcTransfer *self);

static void
on_report (const BgcFileReport *report, gpointer data)
{
  BgcTransfer *self = data;

  self->function (report, self->data);
}

static void
tell_moved (BgcTransfer *self)
{
  if (self->moved != NULL)
    self->moved (self->moved_data);
}

static void
on_received (guint64 bytes, gpointer data)
{
  BgcTransfer *self = data;

  self->received += bytes;
  tell_moved (self);
}

static void
on_answered (gpointer data)
{
  BgcTransfer *self = data;

  self->connected = TRUE;
  tell_moved (self);
}

static void
on_connection_free (gpointer data)
{
  BgcTransfer *self = data;

  self->connections--;
  schedule (self);
}

static void
on_ended (BgcDownload *download, gpointer data)
{
  BgcTransfer *self = data;

  g_ptr_array_remove_fast (self->downloads, download);
  g_ptr_array_add (self->ended, download);
  schedule (self);
}

static gboolean
on_watch (gpointer data)
{
  BgcTransfer *self = data;
  g_autoptr (GPtrArray) downloads = g_ptr_array_copy (self->downloads, NULL, NULL);
  gint64 since = g_get_monotonic_time () - self->stall;

  if (self->connections == 0)
    {
      self->watch = 0;
      return G_SOURCE_REMOVE;
    }
  for (guint i = 0; i < downloads->len; i++)
    bgc_download_check_silence (g_ptr_array_index (downloads, i), since);
  return G_SOURCE_CONTINUE;
}

static void
watch_silence (BgcTransfer *self)
{
  if (self->watch != 0 || self->connections == 0)
    return;
  self->watch = g_timeout_add ((guint)(self->stall / 1000 / WATCHES_PER_STALL), on_watch, self);
  g_source_set_name_by_id (self->watch, "bgc-transfer-watch");
}

static void
start_waiting (BgcTransfer *self)
{
  while (!self->stopping && self->connections < self->files_at_once && self->downloads->len < SETTLING_MAX
         && !g_queue_is_empty (&self->waiting))
    {
      BgcDownload *download = bgc_download_new (&self->host, g_queue_pop_head (&self->waiting));

      self->connections++;
      g_ptr_array_add (self->downloads, download);
      bgc_download_start (download);
    }
  watch_silence (self);
}

/* Everything that must not happen inside a call from a download: freeing it, beginning the next, the
 * end of the whole. */
static gboolean
on_step (gpointer data)
{
  BgcTransfer *self = data;

  self->step = 0;
  g_ptr_array_set_size (self->ended, 0);
  start_waiting (self);
  if (self->connections == 0)
    bgc_sync_group_flush (self->host.sync);
  if (self->stop != NULL && self->downloads->len == 0)
    {
      g_autoptr (GTask) task = g_steal_pointer (&self->stop);

      g_task_return_boolean (task, TRUE);
    }
  return G_SOURCE_REMOVE;
}

static void
schedule (BgcTransfer *self)
{
  if (self->step != 0)
    return;
  self->step = g_idle_add_full (G_PRIORITY_DEFAULT, on_step, self, NULL);
  g_source_set_name_by_id (self->step, "bgc-transfer-step");
}

BgcTransfer *
bgc_transfer_new (const BgcTransferSettings *settings, BgcTransferFunc function, gpointer data)
{
  BgcTransfer *self = g_new0 (BgcTransfer, 1);

  shared_acquire ();
  self->function = function;
  self->data = data;
  self->stall = (settings->stall_seconds > 0 ? settings->stall_seconds : STALL_SECONDS) * G_USEC_PER_SEC;
  self->files_at_once = MAX (settings->files_at_once, 1);
  self->downloads = g_ptr_array_new ();
  self->ended = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_download_free);
  g_queue_init (&self->waiting);
  self->host.files.io = shared.io;
  self->host.files.small = bgc_io_pool_lane_new (shared.io);
  self->host.files.buffers = shared.buffers;
  self->host.files.directories = bgc_local_file_directory_cache_new ();
  self->host.session = bgc_http_session_new (self->files_at_once, settings->user_agent);
  self->host.sync = bgc_sync_group_new (shared.io);
  self->host.checkpoint_bytes = settings->checkpoint_bytes;
  self->host.checkpoint_seconds = settings->checkpoint_seconds;
  self->host.report = on_report;
  self->host.received = on_received;
  self->host.answered = on_answered;
  self->host.connection_free = on_connection_free;
  self->host.ended = on_ended;
  self->host.data = self;
  return self;
}

void
bgc_transfer_set_moved (BgcTransfer *self, void (*moved) (gpointer data), gpointer data)
{
  self->moved = moved;
  self->moved_data = data;
}

void
bgc_transfer_add (BgcTransfer *self, BgcFile *file)
{
  g_queue_push_tail (&self->waiting, file);
  schedule (self);
}

guint64
bgc_transfer_received (BgcTransfer *self)
{
  return self->received;
}

gboolean
bgc_transfer_is_connected (BgcTransfer *self)
{
  return self->connected;
}

guint
bgc_transfer_unsettled (BgcTransfer *self)
{
  return self->downloads->len + g_queue_get_length (&self->waiting);
}

void
bgc_transfer_stop_async (BgcTransfer *self, gboolean discard, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GPtrArray) downloads = NULL;

  g_return_if_fail (self->stop == NULL);

  self->stopping = TRUE;
  self->stop = g_task_new (NULL, NULL, callback, data);
  g_task_set_source_tag (self->stop, bgc_transfer_stop_async);
  g_task_set_name (self->stop, "bgc_transfer_stop_async");
  g_queue_clear_full (&self->waiting, (GDestroyNotify)bgc_file_free);
  /* Some end at once and leave the array. */
  downloads = g_ptr_array_copy (self->downloads, NULL, NULL);
  for (guint i = 0; i < downloads->len; i++)
    bgc_download_stop (g_ptr_array_index (downloads, i), discard);
  schedule (self);
}

gboolean
bgc_transfer_stop_finish (BgcTransfer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
bgc_transfer_free (BgcTransfer *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->downloads->len == 0);
  g_clear_handle_id (&self->step, g_source_remove);
  g_clear_handle_id (&self->watch, g_source_remove);
  g_ptr_array_unref (self->ended);
  g_ptr_array_unref (self->downloads);
  g_queue_clear_full (&self->waiting, (GDestroyNotify)bgc_file_free);
  bgc_sync_group_free (self->host.sync);
  bgc_http_session_free (self->host.session);
  bgc_io_pool_lane_free (self->host.files.small);
  shared_release ();
  bgc_local_file_directory_cache_free (self->host.files.directories);
  g_free (self);
}
