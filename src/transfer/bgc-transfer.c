/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-transfer.h"

#include "model/bgc-url.h"
#include "transfer/bgc-courier.h"
#include "transfer/bgc-download.h"
#include "transfer/bgc-file-check.h"
#include "transfer/bgc-local-file-error.h"

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
  BgcIoPool *roads;       /* (owned) (nullable) likewise: the couriers' threads */
  guint couriers;         /* under way, of all jobs */
} shared;

struct _BgcTransfer
{
  BgcDownloadHost host; /* what the downloads share */
  BgcTransferFunc function;
  gpointer data; /* (borrowed) */
  guint files_at_once;
  GMutex lock;          /* over the next two */
  GQueue waiting;       /* (element-type BgcFile) (owned) */
  gboolean stopping;
  GPtrArray *downloads; /* (element-type BgcDownload) (owned) begun and not ended */
  GPtrArray *ended;     /* (element-type BgcDownload) (owned) to be freed */
  guint connections;    /* downloads that still need the network, and couriers */
  guint unsettled;      /* files added and neither whole nor failed */
  guint64 received;
  gboolean connected;
  void (*moved) (gpointer data); /* (nullable) */
  gpointer moved_data;    /* (borrowed) */
  BgcCourierHost roads; /* what the couriers share */
  char *user_agent;     /* (owned) */
  BgcHttpLogin *login;  /* (owned) (nullable) */
  gboolean preparing;   /* the login is being read: nothing else begins or ends */
  BgcFailure *unfit;    /* (owned) (nullable) why it cannot be used */
  GPtrArray *back;      /* (element-type BgcCourier) (owned) not under way */
  GPtrArray *out;       /* (element-type BgcCourier) (owned) under way; each counts as a connection */
  GQueue errands;       /* (element-type BgcErrand) (owned) stored by couriers and not durable yet */
  gboolean discard;     /* of stop */
  gboolean small;       /* the last answer was about a file for a courier: the next will be, too */
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
  shared.roads = bgc_io_pool_new (BGC_COURIER_THREADS);
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

  if (report->event == BGC_FILE_EVENT_WHOLE || report->event == BGC_FILE_EVENT_FAILED)
    self->unsettled--;
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

static void
on_announced (guint64 total, gpointer data)
{
  BgcTransfer *self = data;

  self->small = total <= BGC_COURIER_BYTES;
}

/* ---- files that couriers bring ------------------------------------------------------------------ */

static gboolean
is_for_courier (BgcTransfer *self, const BgcFile *file)
{
  if (file->device != 0 || file->inode != 0 || file->bytes_transferred > 0)
    return FALSE;
  return file->expected_size == BGC_SIZE_UNKNOWN || file->expected_size <= BGC_COURIER_BYTES;
}

/* On a courier's thread. */
static BgcFile *
on_next (gpointer data)
{
  BgcTransfer *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const BgcFile *file = g_queue_peek_head (&self->waiting);

  if (self->stopping || file == NULL || !is_for_courier (self, file))
    return NULL;
  return g_queue_pop_head (&self->waiting);
}

static BgcFileReport
report_of (const BgcFile *file, BgcFileEvent event)
{
  return (BgcFileReport){ .index = file->index, .event = event, .durable = file->bytes_transferred,
                          .total = file->bytes_total, .device = file->device, .inode = file->inode,
                          .etag = file->etag, .last_modified = file->last_modified,
                          .server_date = file->server_date };
}

static void
report_errand (BgcTransfer *self, const BgcErrand *errand, BgcFailure *failure)
{
  BgcFileReport report = report_of (errand->file, BGC_FILE_EVENT_WHOLE);

  report.total = errand->total;
  report.attempts = 1;
  if (failure != NULL)
    {
      report.event = BGC_FILE_EVENT_FAILED;
      report.failure = failure;
    }
  else
    {
      report.durable = errand->total;
      report.device = errand->device;
      report.inode = errand->inode;
    }
  on_report (&report, self);
}

static void
on_errand_durable (int error, gpointer data)
{
  BgcErrand *errand = data;
  BgcTransfer *self = errand->data;
  g_autoptr (BgcFailure) failure = NULL;

  if (error != 0)
    {
      g_autofree char *url = bgc_url_for_display (errand->file->remote);

      failure = bgc_local_file_error_failure (error, "Cannot make durable the file of", url);
      bgc_file_check_name (errand->file, failure, g_get_real_time ());
    }
  report_errand (self, errand, failure);
  g_queue_unlink (&self->errands, &errand->link);
  bgc_courier_drop (errand);
  schedule (self);
}

static void
on_errand_stored (BgcErrand *errand, gpointer data)
{
  BgcTransfer *self = data;
  int fd = errand->fd;

  if (self->discard)
    {
      bgc_courier_drop (errand);
      return;
    }
  errand->data = self;
  errand->fd = -1;
  errand->link.data = errand;
  g_queue_push_tail_link (&self->errands, &errand->link);
  self->connected = TRUE;
  self->received += errand->total;
  tell_moved (self);
  bgc_sync_group_add (self->host.sync, errand->directory, errand->file->temporary, fd, on_errand_durable,
                      errand);
}

static void
begin_download (BgcTransfer *self, BgcFile *file, BgcHttpSent *sent)
{
  BgcDownload *download = bgc_download_new (&self->host, file);

  self->connections++;
  g_ptr_array_add (self->downloads, download);
  if (sent != NULL)
    bgc_download_go_on (download, sent);
  else
    bgc_download_start (download);
}

static void
on_handed (BgcFile *file, BgcHttpSent *sent, gpointer data)
{
  BgcTransfer *self = data;

  self->small = FALSE;
  if (self->stopping || sent->message == NULL)
    g_clear_pointer (&sent, bgc_http_line_drop);
  if (self->stopping)
    bgc_file_free (file);
  else
    begin_download (self, file, sent);
}

static void
on_back (BgcCourier *courier, gpointer data)
{
  BgcTransfer *self = data;

  g_ptr_array_remove_fast (self->out, courier);
  g_ptr_array_add (self->back, courier);
  shared.couriers--;
  self->connections--;
  schedule (self);
}

static void
send_courier (BgcTransfer *self)
{
  BgcCourier *courier = self->back->len > 0
                          ? g_ptr_array_remove_index_fast (self->back, self->back->len - 1)
                          : bgc_courier_new (&self->roads, self->user_agent);

  g_ptr_array_add (self->out, courier);
  shared.couriers++;
  self->connections++;
  bgc_courier_send (courier);
}

static void
couriers_init (BgcTransfer *self, const BgcTransferSettings *settings)
{
  self->roads.threads = shared.roads;
  self->roads.directories = self->host.files.directories;
  self->roads.courtesy = settings->courtesy;
  self->roads.priority = settings->priority;
  self->roads.throttle = self->host.throttle;
  self->roads.login = self->login;
  self->roads.next = on_next;
  self->roads.stored = on_errand_stored;
  self->roads.handed = on_handed;
  self->roads.back = on_back;
  self->roads.data = self;
  self->back = g_ptr_array_new ();
  self->out = g_ptr_array_new ();
  g_queue_init (&self->errands);
}

static void
couriers_clear (BgcTransfer *self)
{
  for (guint i = 0; i < self->back->len; i++)
    bgc_courier_free (g_ptr_array_index (self->back, i));
  g_ptr_array_unref (self->back);
  g_ptr_array_unref (self->out);
}

static void
stop_couriers (BgcTransfer *self)
{
  GList *link;

  for (guint i = 0; i < self->out->len; i++)
    bgc_courier_stop (g_ptr_array_index (self->out, i));
  while (self->discard && (link = g_queue_pop_head_link (&self->errands)) != NULL)
    {
      bgc_sync_group_forget (self->host.sync, link->data);
      bgc_courier_drop (link->data);
    }
}

/* ---- all files ---------------------------------------------------------------------------------- */

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
  for (guint i = 0; i < self->out->len; i++)
    bgc_courier_check_silence (g_ptr_array_index (self->out, i), since);
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

/* How many files wait of which a courier may fetch the next; 0: *@file, or NULL, is for a download. */
static guint
next_waiting (BgcTransfer *self, BgcFile **file)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  BgcFile *head = g_queue_peek_head (&self->waiting);

  *file = NULL;
  if (head == NULL)
    return 0;
  if (self->small && shared.couriers < BGC_COURIER_THREADS && is_for_courier (self, head))
    return g_queue_get_length (&self->waiting);
  *file = g_queue_pop_head (&self->waiting);
  return 0;
}

static void
start_waiting (BgcTransfer *self)
{
  guint sent = 0;

  while (!self->stopping && self->connections < self->files_at_once
         && self->downloads->len + g_queue_get_length (&self->errands) < SETTLING_MAX)
    {
      BgcFile *file;
      guint waiting = next_waiting (self, &file);

      /* Each takes a file: more of them than files would come back with nothing. */
      if (file == NULL && sent >= waiting)
        break;
      sent++;
      if (waiting > 0)
        send_courier (self);
      else
        begin_download (self, file, NULL);
    }
  watch_silence (self);
}

static void
prepare (gpointer data)
{
  BgcTransfer *self = data;

  bgc_http_login_prepare (self->login, &self->unfit);
}

static void
on_prepared (gpointer data)
{
  BgcTransfer *self = data;

  self->preparing = FALSE;
  schedule (self);
}

/* Without what its owner wants shown no file is asked for, and no courier sent. */
static void
fail_waiting (BgcTransfer *self)
{
  for (BgcFile *next; (next = g_queue_pop_head (&self->waiting)) != NULL;)
    {
      g_autoptr (BgcFile) file = next;
      g_autoptr (BgcFailure) failure = bgc_failure_copy (self->unfit);
      BgcFileReport report = report_of (file, BGC_FILE_EVENT_FAILED);

      report.failure = failure;
      bgc_file_check_name (file, failure, g_get_real_time ());
      on_report (&report, self);
    }
}

/* Everything that must not happen inside a call from a download: freeing it, beginning the next, the
 * end of the whole. */
static gboolean
on_step (gpointer data)
{
  BgcTransfer *self = data;

  self->step = 0;
  if (self->preparing)
    return G_SOURCE_REMOVE;
  g_ptr_array_set_size (self->ended, 0);
  if (self->unfit != NULL)
    fail_waiting (self);
  start_waiting (self);
  if (self->connections == 0)
    bgc_sync_group_flush (self->host.sync);
  if (self->stop != NULL && self->downloads->len == 0 && self->out->len == 0
      && g_queue_is_empty (&self->errands))
    {
      g_autoptr (GTask) task = g_steal_pointer (&self->stop);

      self->unsettled = 0;
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
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
  self->small = settings->expect_small;
  self->user_agent = g_strdup (settings->user_agent);
  self->host.files = (BgcFileWriterHost){ shared.io, bgc_io_pool_lane_new (shared.io), shared.buffers,
                                          bgc_local_file_directory_cache_new (), settings->kept_free };
  self->host.session = bgc_http_session_new (self->files_at_once, settings->user_agent);
  self->login = bgc_http_login_new (settings->secrets, settings->secrets_origin);
  bgc_http_session_set_login (self->host.session, self->login);
  bgc_http_session_keep_behind (self->host.session, settings->courtesy, settings->priority);
  self->host.throttle = settings->throttle;
  self->host.sync = bgc_sync_group_new (shared.io);
  self->host.checkpoint_bytes = settings->checkpoint_bytes;
  self->host.checkpoint_seconds = settings->checkpoint_seconds;
  self->host.report = on_report;
  self->host.received = on_received;
  self->host.answered = on_answered;
  self->host.announced = on_announced;
  self->host.connection_free = on_connection_free;
  self->host.ended = on_ended;
  self->host.data = self;
  couriers_init (self, settings);
  self->preparing = bgc_http_login_has_certificate (self->login);
  if (self->preparing)
    bgc_io_pool_push (shared.io, prepare, on_prepared, self);
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
  self->unsettled++;
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->waiting, file);
  g_mutex_unlock (&self->lock);
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
  return self->unsettled;
}

void
bgc_transfer_stop_async (BgcTransfer *self, gboolean discard, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GPtrArray) downloads = NULL;

  g_return_if_fail (self->stop == NULL);
  self->discard = discard;
  self->stop = g_task_new (NULL, NULL, callback, data);
  g_task_set_source_tag (self->stop, bgc_transfer_stop_async);
  g_task_set_name (self->stop, "bgc_transfer_stop_async");
  g_mutex_lock (&self->lock);
  self->stopping = TRUE;
  g_queue_clear_full (&self->waiting, (GDestroyNotify)bgc_file_free);
  g_mutex_unlock (&self->lock);
  stop_couriers (self);
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
  couriers_clear (self);
  g_mutex_clear (&self->lock);
  g_free (self->user_agent);
  bgc_sync_group_free (self->host.sync);
  bgc_http_session_free (self->host.session);
  bgc_http_login_unref (self->login);
  bgc_failure_free (self->unfit);
  bgc_io_pool_lane_free (self->host.files.small);
  shared_release ();
  bgc_local_file_directory_cache_free (self->host.files.directories);
  g_free (self);
}
