/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-writer.h"

#include <errno.h>
#include <unistd.h>

#include "transfer/bgc-local-file-error.h"
#include "transfer/bgc-temporary-file.h"

typedef enum
{
  OP_OPEN,
  OP_RESTART,
  OP_RESERVE,
  OP_READ,
  OP_WRITE,
  OP_SYNC,
  OP_FINISH
} OpKind;

typedef struct
{
  OpKind kind;
  BgcBuffer *buffer; /* (owned) (nullable) OP_WRITE */
  guint64 number;    /* offset (OP_READ), size (OP_RESERVE), generation (OP_SYNC) */
  gint64 modified;   /* OP_FINISH */
  gsize length;      /* OP_READ */
  gboolean small;    /* OP_FINISH */
} Op;

typedef enum
{
  IDLE = 0,
  QUEUED,
  RUNNING
} State;

struct _BgcFileWriter
{
  gatomicrefcount references; /* the download's, and one for each piece of work that is out */
  BgcFileWriterHost host;
  BgcFileWriterFunc function; /* (nullable) NULL once freed; main thread only */
  gpointer data;              /* (borrowed) */
  BgcTemporaryFile file;      /* of the I/O thread that works; of the main thread while none does */
  gint abandoned;             /* atomic: nothing is to be written any more */

  /* Main thread only. */
  guint generation; /* restarts, to know a sync of the file before */
  gboolean small;   /* works in the lane of small files */
  gboolean syncing;
  gboolean sync_broken; /* a sync failed: nothing more is called durable */
  guint64 durable;
  guint64 durable_device;
  guint64 durable_inode;

  GMutex lock; /* over the following */
  State state;
  GQueue ops;          /* (element-type Op) (owned) */
  guint events;        /* bits of BgcFileWriterEvent, to be told on the main thread */
  BgcFailure *failure; /* (owned) (nullable) the first; further work is dropped */
  GBytes *read;        /* (owned) (nullable) */
};

/* One fdatasync(), beside the writing. */
typedef struct
{
  BgcFileWriter *writer;            /* (owned) */
  int fd;                           /* a duplicate: the writer may replace or close its own */
  BgcLocalFileDirectory *directory; /* (owned) (nullable) to be synced too: its entry may be new */
  guint64 offset;
  guint64 device;
  guint64 inode;
  guint generation;
  int error;
} Sync;

static BgcFileWriter *
writer_ref (BgcFileWriter *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
op_free (BgcFileWriter *self, Op *op)
{
  if (op->buffer != NULL)
    bgc_buffer_pool_give (self->host.buffers, op->buffer);
  g_free (op);
}

static void
close_later (gpointer data)
{
  close (GPOINTER_TO_INT (data));
}

static void
writer_unref (BgcFileWriter *self)
{
  Op *op;

  if (!g_atomic_ref_count_dec (&self->references))
    return;
  while ((op = g_queue_pop_head (&self->ops)) != NULL)
    op_free (self, op);
  /* The last link may be gone, and then closing frees every block of the file. */
  if (self->file.fd >= 0)
    bgc_io_pool_push (self->host.io, close_later, NULL, GINT_TO_POINTER (self->file.fd));
  bgc_temporary_file_clear (&self->file);
  bgc_failure_free (self->failure);
  g_clear_pointer (&self->read, g_bytes_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- on the I/O thread -------------------------------------------------------------------------- */

/* @failure transfer full. */
static void
set_failure (BgcFileWriter *self, BgcFailure *failure)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->failure != NULL)
    {
      bgc_failure_free (failure);
      return;
    }
  self->failure = failure;
  self->events |= 1u << BGC_FILE_WRITER_FAILED;
}

static void
tell (BgcFileWriter *self, BgcFileWriterEvent event)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->events |= 1u << event;
}

static void
sync_free (Sync *sync)
{
  bgc_local_file_directory_unref (sync->directory);
  writer_unref (sync->writer);
  g_free (sync);
}

static void
sync_work (gpointer data)
{
  Sync *sync = data;

  if (sync->fd < 0)
    return;
  if (fdatasync (sync->fd) != 0)
    sync->error = errno;
  close (sync->fd);
  if (sync->error == 0 && sync->directory != NULL)
    sync->error = bgc_local_file_directory_sync (sync->directory);
}

static void
deliver (BgcFileWriter *self);

static void
sync_done (gpointer data)
{
  Sync *sync = data;
  BgcFileWriter *self = sync->writer;

  self->syncing = FALSE;
  if (sync->error != 0)
    {
      /* The kernel reports a lost write once; a later success would claim bytes that are gone. */
      self->sync_broken = TRUE;
      set_failure (self, bgc_local_file_error_failure (sync->error, "Cannot make durable a temporary file in",
                                                       self->file.directory_path));
    }
  if (sync->generation == self->generation && !self->sync_broken)
    {
      self->durable = MAX (self->durable, sync->offset);
      self->durable_device = sync->device;
      self->durable_inode = sync->inode;
    }
  tell (self, BGC_FILE_WRITER_SYNCED);
  deliver (self);
  sync_free (sync);
}

/* In order with the writes; the waiting for the disk is done by another piece of work. */
static void
do_sync (BgcFileWriter *self, guint generation)
{
  BgcTemporaryFile *file = &self->file;
  Sync *sync = g_new0 (Sync, 1);

  sync->writer = writer_ref (self);
  sync->offset = file->written;
  sync->device = file->device;
  sync->inode = file->inode;
  sync->generation = generation;
  if (!file->named && file->directory != NULL)
    sync->directory = bgc_local_file_directory_ref (file->directory);
  sync->fd = bgc_temporary_file_duplicate (file, &sync->error);
  file->flushed = file->written;
  /* A sync that fails is told and ends the file, so the name need not be synced twice. */
  file->named = TRUE;
  bgc_io_pool_push (self->host.io, sync_work, sync_done, sync);
}

static BgcFailure *
do_read (BgcFileWriter *self, guint64 offset, gsize length)
{
  g_autoptr (GBytes) bytes = NULL;
  BgcFailure *failure = bgc_temporary_file_read (&self->file, offset, length, &bytes);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_clear_pointer (&self->read, g_bytes_unref);
  self->read = g_steal_pointer (&bytes);
  if (failure == NULL)
    self->events |= 1u << BGC_FILE_WRITER_READ;
  return failure;
}

static BgcFailure *
do_finish (BgcFileWriter *self, gint64 modified, gboolean small)
{
  BgcFailure *failure = bgc_temporary_file_finish (&self->file, modified);

  if (failure != NULL)
    return failure;
  if (small && bgc_local_file_directory_has_group_sync (self->file.directory))
    {
      close (self->file.fd);
      self->file.fd = -1;
    }
  tell (self, BGC_FILE_WRITER_STORED);
  return NULL;
}

static BgcFailure *
run_op (BgcFileWriter *self, Op *op)
{
  BgcFailure *failure = NULL;

  switch (op->kind)
    {
    case OP_OPEN:
      failure = bgc_temporary_file_reopen (&self->file);
      if (failure == NULL)
        tell (self, BGC_FILE_WRITER_OPENED);
      break;
    case OP_RESTART:
      failure = bgc_temporary_file_restart (&self->file);
      break;
    case OP_RESERVE:
      failure = bgc_temporary_file_reserve (&self->file, op->number);
      break;
    case OP_READ:
      failure = do_read (self, op->number, op->length);
      break;
    case OP_WRITE:
      failure = bgc_temporary_file_append (&self->file, op->buffer->data, op->buffer->length);
      break;
    case OP_SYNC:
      do_sync (self, (guint)op->number);
      break;
    case OP_FINISH:
      failure = do_finish (self, op->modified, op->small);
      break;
    }
  return failure;
}

static void
work (gpointer data)
{
  BgcFileWriter *self = data;
  Op *op;

  g_mutex_lock (&self->lock);
  self->state = RUNNING;
  while ((op = g_queue_pop_head (&self->ops)) != NULL)
    {
      /* After a failure what was written can still be made durable. */
      gboolean drop
        = g_atomic_int_get (&self->abandoned) != 0 || (self->failure != NULL && op->kind != OP_SYNC);
      BgcFailure *failure;

      g_mutex_unlock (&self->lock);
      failure = drop ? NULL : run_op (self, op);
      if (failure != NULL)
        set_failure (self, failure);
      op_free (self, op);
      g_mutex_lock (&self->lock);
    }
  self->state = IDLE;
  g_mutex_unlock (&self->lock);
}

/* ---- on the main thread ------------------------------------------------------------------------- */

static void
deliver (BgcFileWriter *self)
{
  guint events;

  g_mutex_lock (&self->lock);
  events = self->events;
  self->events = 0;
  g_mutex_unlock (&self->lock);

  for (guint event = 0; events >> event != 0; event++)
    if ((events >> event & 1u) != 0 && self->function != NULL)
      self->function ((BgcFileWriterEvent)event, self->data);
}

static void
work_done (gpointer data)
{
  BgcFileWriter *self = data;

  g_mutex_lock (&self->lock);
  if (g_atomic_int_get (&self->abandoned) != 0)
    self->events = self->state == RUNNING ? 0 : 1u << BGC_FILE_WRITER_QUIET;
  g_mutex_unlock (&self->lock);
  deliver (self);
  writer_unref (self);
}

static void
push_op (BgcFileWriter *self, Op op)
{
  gboolean start;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->ops, g_memdup2 (&op, sizeof op));
  start = self->state == IDLE;
  if (start)
    self->state = QUEUED;
  g_mutex_unlock (&self->lock);
  if (start && self->small)
    bgc_io_pool_lane_push (self->host.small, work, work_done, writer_ref (self));
  else if (start)
    bgc_io_pool_push (self->host.io, work, work_done, writer_ref (self));
}

BgcFileWriter *
bgc_file_writer_new (const BgcFileWriterHost *host, const BgcFile *file, BgcFileWriterFunc function,
                     gpointer data)
{
  BgcFileWriter *self = g_new0 (BgcFileWriter, 1);

  g_atomic_ref_count_init (&self->references);
  self->host = *host;
  self->function = function;
  self->data = data;
  bgc_temporary_file_init (&self->file, file, host->directories, &self->abandoned);
  bgc_temporary_file_keep_free (&self->file, host->kept_free);
  g_mutex_init (&self->lock);
  g_queue_init (&self->ops);
  return self;
}

void
bgc_file_writer_free (BgcFileWriter *self)
{
  if (self == NULL)
    return;
  self->function = NULL;
  bgc_file_writer_abandon (self);
  writer_unref (self);
}

void
bgc_file_writer_open (BgcFileWriter *self)
{
  self->durable = self->file.stored_bytes;
  self->durable_device = self->file.stored_device;
  self->durable_inode = self->file.stored_inode;
  push_op (self, (Op){ .kind = OP_OPEN });
}

guint64
bgc_file_writer_held (BgcFileWriter *self)
{
  return self->file.held;
}

void
bgc_file_writer_be_small (BgcFileWriter *self)
{
  self->small = TRUE;
}

void
bgc_file_writer_restart (BgcFileWriter *self)
{
  self->generation++;
  self->durable = 0;
  self->durable_device = 0;
  self->durable_inode = 0;
  push_op (self, (Op){ .kind = OP_RESTART });
}

void
bgc_file_writer_reserve (BgcFileWriter *self, guint64 total)
{
  push_op (self, (Op){ .kind = OP_RESERVE, .number = total });
}

void
bgc_file_writer_read (BgcFileWriter *self, guint64 offset, gsize length)
{
  push_op (self, (Op){ .kind = OP_READ, .number = offset, .length = length });
}

GBytes *
bgc_file_writer_take_read (BgcFileWriter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_steal_pointer (&self->read);
}

void
bgc_file_writer_write (BgcFileWriter *self, BgcBuffer *buffer)
{
  push_op (self, (Op){ .kind = OP_WRITE, .buffer = buffer });
}

void
bgc_file_writer_sync (BgcFileWriter *self)
{
  self->syncing = TRUE;
  push_op (self, (Op){ .kind = OP_SYNC, .number = self->generation });
}

gboolean
bgc_file_writer_is_syncing (BgcFileWriter *self)
{
  return self->syncing;
}

guint64
bgc_file_writer_durable (BgcFileWriter *self)
{
  return self->durable;
}

void
bgc_file_writer_identity (BgcFileWriter *self, guint64 *device, guint64 *inode)
{
  *device = self->durable_device;
  *inode = self->durable_inode;
}

void
bgc_file_writer_stored_identity (BgcFileWriter *self, guint64 *device, guint64 *inode)
{
  *device = self->file.device;
  *inode = self->file.inode;
}

void
bgc_file_writer_finish (BgcFileWriter *self, gint64 modified, gboolean small)
{
  push_op (self, (Op){ .kind = OP_FINISH, .modified = modified, .small = small });
}

int
bgc_file_writer_take_fd (BgcFileWriter *self)
{
  int fd = self->file.fd;

  self->file.fd = -1;
  return fd;
}

BgcLocalFileDirectory *
bgc_file_writer_directory (BgcFileWriter *self)
{
  return self->file.directory;
}

BgcFailure *
bgc_file_writer_take_failure (BgcFileWriter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return bgc_failure_copy (self->failure);
}

gboolean
bgc_file_writer_abandon (BgcFileWriter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_atomic_int_set (&self->abandoned, 1);
  return self->state != RUNNING;
}
