/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/bgc-path.h"
#include "transfer/bgc-checksum.h"
#include "transfer/bgc-local-file-error.h"
#include "transfer/bgc-local-file-temporary.h"

/* Writeback is begun after so many bytes, so that the fdatasync() of a checkpoint finds little to do. */
#define WRITEBACK_BYTES (8u * 1024u * 1024u)
/* Bytes read at a time when a checksum catches up with what is held already. */
#define CATCH_UP_BYTES (256u * 1024u)

typedef enum { OP_OPEN, OP_RESTART, OP_RESERVE, OP_READ, OP_WRITE, OP_SYNC, OP_FINISH } OpKind;

typedef struct {
  OpKind kind;
  BgcBuffer *buffer;  /* (owned) (nullable) OP_WRITE */
  guint64 number;     /* offset (OP_READ), size (OP_RESERVE), generation (OP_SYNC) */
  gint64 modified;    /* OP_FINISH */
  gsize length;       /* OP_READ */
  gboolean small;     /* OP_FINISH */
} Op;

typedef enum { IDLE = 0, QUEUED, RUNNING } State;

struct _BgcFileWriter {
  gatomicrefcount references; /* the download's, and one for each piece of work that is out */
  BgcFileWriterHost host;
  BgcFileWriterFunc function; /* (nullable) NULL once freed; main thread only */
  gpointer data;              /* (borrowed) */
  char *directory_path;       /* (owned) */
  char *name;                 /* (owned) of the temporary file */
  guint64 stored_device;
  guint64 stored_inode;
  guint64 stored_bytes;

  /* Main thread only. */
  guint generation;           /* restarts, to know a sync of the file before */
  gboolean syncing;
  gboolean sync_broken;       /* a sync failed: nothing more is called durable */
  guint64 durable;
  guint64 durable_device;
  guint64 durable_inode;

  GMutex lock;                /* over the following */
  State state;
  GQueue ops;                 /* (element-type Op) (owned) */
  guint events;               /* bits of BgcFileWriterEvent, to be told on the main thread */
  BgcFailure *failure;        /* (owned) (nullable) the first; further work is dropped */
  GBytes *read;               /* (owned) (nullable) */
  gboolean abandoned;

  /* The I/O thread that runs this writer only, and the main thread while none does. */
  BgcLocalFileDirectory *directory; /* (owned) (nullable) */
  int fd;                     /* -1 = not open */
  guint64 device;
  guint64 inode;
  guint64 held;               /* bytes there when it was opened */
  guint64 written;            /* bytes in the file */
  guint64 flushed;            /* bytes whose writeback was begun */
  guint64 hashed;             /* bytes that went into the checksum */
  BgcChecksum *checksum;      /* (owned) (nullable) none expected */
  gboolean named;             /* the name is known to be durable; set from a sync under lock */
};

/* One fdatasync(), beside the writing. */
typedef struct {
  BgcFileWriter *writer; /* (owned) */
  int fd;                /* a duplicate: the writer may replace or close its own */
  BgcLocalFileDirectory *directory; /* (owned) (nullable) to be synced too: the name is new */
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
  if (self->fd >= 0)
    bgc_io_pool_push (self->host.io, close_later, NULL, GINT_TO_POINTER (self->fd));
  bgc_local_file_directory_unref (self->directory);
  bgc_checksum_free (self->checksum);
  bgc_failure_free (self->failure);
  g_clear_pointer (&self->read, g_bytes_unref);
  g_mutex_clear (&self->lock);
  g_free (self->directory_path);
  g_free (self->name);
  g_free (self);
}

/* ---- on the I/O thread -------------------------------------------------------------------------- */

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
fail (BgcFileWriter *self, int number, const char *doing)
{
  set_failure (self, bgc_local_file_error_failure (number, doing, self->directory_path));
}

static void
tell (BgcFileWriter *self, BgcFileWriterEvent event)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->events |= 1u << event;
}

static gboolean
is_abandoned (BgcFileWriter *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->abandoned;
}

static gboolean
ensure_directory (BgcFileWriter *self)
{
  int error = 0;

  if (self->directory == NULL)
    self->directory = bgc_local_file_directories_get (self->host.directories, self->directory_path, &error);
  if (self->directory == NULL)
    fail (self, error, "Cannot open the directory");
  return self->directory != NULL;
}

static gboolean
note_identity (BgcFileWriter *self)
{
  struct stat status;

  if (fstat (self->fd, &status) != 0)
    {
      fail (self, errno, "Cannot look at a temporary file in");
      return FALSE;
    }
  self->device = status.st_dev;
  self->inode = status.st_ino;
  return TRUE;
}

static void
forget_bytes (BgcFileWriter *self)
{
  self->written = 0;
  self->flushed = 0;
  self->hashed = 0;
  if (self->checksum != NULL)
    bgc_checksum_reset (self->checksum);
  g_mutex_lock (&self->lock);
  self->named = FALSE;
  g_mutex_unlock (&self->lock);
}

static gboolean
ensure_file (BgcFileWriter *self)
{
  int error = 0;

  if (self->fd >= 0)
    return TRUE;
  if (!ensure_directory (self))
    return FALSE;
  self->fd = bgc_local_file_temporary_create (bgc_local_file_directory_fd (self->directory), self->name, &error);
  if (self->fd < 0)
    {
      fail (self, error, "Cannot create a temporary file in");
      return FALSE;
    }
  return note_identity (self);
}

static void
do_open (BgcFileWriter *self)
{
  int error = 0;

  if (!ensure_directory (self))
    return;
  self->fd = bgc_local_file_temporary_reopen (bgc_local_file_directory_fd (self->directory), self->name,
                                              self->stored_device, self->stored_inode, self->stored_bytes, &error);
  if (self->fd < 0 && error != 0)
    {
      fail (self, error, "Cannot open a temporary file in");
      return;
    }
  if (self->fd >= 0)
    {
      self->device = self->stored_device;
      self->inode = self->stored_inode;
      self->held = self->written = self->flushed = self->stored_bytes;
      g_mutex_lock (&self->lock);
      self->named = TRUE;
      g_mutex_unlock (&self->lock);
    }
  tell (self, BGC_FILE_WRITER_OPENED);
}

static void
do_restart (BgcFileWriter *self)
{
  int error = 0;
  int fd;

  forget_bytes (self);
  if (self->fd < 0)
    return;
  fd = bgc_local_file_temporary_replace (bgc_local_file_directory_fd (self->directory), self->name, self->fd, &error);
  if (fd < 0)
    {
      fail (self, error, "Cannot create a temporary file in");
      return;
    }
  self->fd = fd;
  note_identity (self);
}

static void
do_reserve (BgcFileWriter *self, guint64 size)
{
  int error;

  if (!ensure_file (self))
    return;
  error = bgc_local_file_temporary_reserve (self->fd, size);
  if (error != 0)
    fail (self, error, "Cannot reserve space in");
}

/* Bytes read, fewer than @length only at the end of the file or after a failure. */
static gsize
read_at (BgcFileWriter *self, guint8 *bytes, gsize length, guint64 offset)
{
  gsize done = 0;

  while (done < length)
    {
      gssize n = pread (self->fd, bytes + done, length - done, (off_t) (offset + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        fail (self, errno, "Cannot read a temporary file in");
      if (n <= 0)
        break;
      done += (gsize) n;
    }
  return done;
}

static void
do_read (BgcFileWriter *self, guint64 offset, gsize length)
{
  guint8 *bytes = g_malloc (length);
  gsize n = read_at (self, bytes, length, offset);

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->read, g_bytes_unref);
  self->read = g_bytes_new_take (bytes, n);
  if (self->failure == NULL)
    self->events |= 1u << BGC_FILE_WRITER_READ;
  g_mutex_unlock (&self->lock);
}

/* What was held before this run has to go through the checksum again. */
static gboolean
catch_up (BgcFileWriter *self, guint64 offset)
{
  g_autofree guint8 *bytes = NULL;

  if (self->hashed < offset)
    bytes = g_malloc (CATCH_UP_BYTES);
  while (self->hashed < offset)
    {
      gsize length = (gsize) MIN (CATCH_UP_BYTES, offset - self->hashed);
      gsize n = 0;

      if (is_abandoned (self))
        return FALSE;
      n = read_at (self, bytes, length, self->hashed);
      if (n == 0)
        {
          fail (self, EIO, "Cannot read back a temporary file in"); /* not the first failure, or it was cut */
          return FALSE;
        }
      bgc_checksum_update (self->checksum, bytes, n);
      self->hashed += n;
    }
  return TRUE;
}

static void
begin_writeback (BgcFileWriter *self)
{
  if (self->written - self->flushed < WRITEBACK_BYTES)
    return;
  (void) sync_file_range (self->fd, (off_t) self->flushed, (off_t) (self->written - self->flushed),
                          SYNC_FILE_RANGE_WRITE);
  self->flushed = self->written;
}

static void
do_write (BgcFileWriter *self, const BgcBuffer *buffer)
{
  gsize done = 0;

  if (!ensure_file (self))
    return;
  if (self->checksum != NULL)
    {
      if (!catch_up (self, self->written))
        return;
      bgc_checksum_update (self->checksum, buffer->data, buffer->length);
      self->hashed += buffer->length;
    }
  while (done < buffer->length)
    {
      gssize n = pwrite (self->fd, buffer->data + done, buffer->length - done, (off_t) (self->written + done));

      if (n < 0 && errno != EINTR)
        {
          fail (self, errno, "Cannot write to a temporary file in");
          break;
        }
      done += n > 0 ? (gsize) n : 0;
    }
  self->written += done;
  begin_writeback (self);
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

static void deliver (BgcFileWriter *self);

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
      fail (self, sync->error, "Cannot make a temporary file durable in");
    }
  if (sync->generation == self->generation && !self->sync_broken)
    {
      self->durable = MAX (self->durable, sync->offset);
      self->durable_device = sync->device;
      self->durable_inode = sync->inode;
      g_mutex_lock (&self->lock);
      self->named = TRUE;
      g_mutex_unlock (&self->lock);
    }
  tell (self, BGC_FILE_WRITER_SYNCED);
  deliver (self);
  sync_free (sync);
}

/* In order with the writes; the waiting for the disk is done by another piece of work. */
static void
do_sync (BgcFileWriter *self, guint generation)
{
  Sync *sync = g_new0 (Sync, 1);

  sync->writer = writer_ref (self);
  sync->offset = self->written;
  sync->device = self->device;
  sync->inode = self->inode;
  sync->generation = generation;
  g_mutex_lock (&self->lock);
  if (!self->named && self->directory != NULL)
    sync->directory = bgc_local_file_directory_ref (self->directory);
  g_mutex_unlock (&self->lock);
  self->flushed = self->written;
  sync->fd = self->fd >= 0 ? fcntl (self->fd, F_DUPFD_CLOEXEC, 0) : -1;
  if (sync->fd < 0)
    sync->error = self->fd >= 0 ? errno : EBADF;
  bgc_io_pool_push (self->host.io, sync_work, sync_done, sync);
}

static gboolean
verify (BgcFileWriter *self)
{
  BgcFailure *failure;

  if (self->checksum == NULL)
    return TRUE;
  if (!catch_up (self, self->written))
    return FALSE;
  if (bgc_checksum_verify (self->checksum))
    return TRUE;
  failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_CHECKSUM_MISMATCH, FALSE,
                             "The file is not the one of the checksum given");
  set_failure (self, failure);
  return FALSE;
}

static void
do_finish (BgcFileWriter *self, gint64 modified, gboolean small)
{
  if (!ensure_file (self) || !verify (self))
    return;
  if (modified > 0)
    {
      struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = modified } };

      /* Some file systems cannot, and the file is right all the same. */
      (void) futimens (self->fd, times);
    }
  if (small && bgc_local_file_directory_has_group_sync (self->directory))
    {
      close (self->fd);
      self->fd = -1;
    }
  tell (self, BGC_FILE_WRITER_STORED);
}

static void
run_op (BgcFileWriter *self, Op *op)
{
  switch (op->kind)
    {
    case OP_OPEN:
      do_open (self);
      break;
    case OP_RESTART:
      do_restart (self);
      break;
    case OP_RESERVE:
      do_reserve (self, op->number);
      break;
    case OP_READ:
      do_read (self, op->number, op->length);
      break;
    case OP_WRITE:
      do_write (self, op->buffer);
      break;
    case OP_SYNC:
      do_sync (self, (guint) op->number);
      break;
    case OP_FINISH:
      do_finish (self, op->modified, op->small);
      break;
    }
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
      gboolean drop = self->abandoned || (self->failure != NULL && op->kind != OP_SYNC);

      g_mutex_unlock (&self->lock);
      if (!drop)
        run_op (self, op);
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
      self->function ((BgcFileWriterEvent) event, self->data);
}

static void
work_done (gpointer data)
{
  BgcFileWriter *self = data;

  g_mutex_lock (&self->lock);
  if (self->abandoned)
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
  if (start)
    bgc_io_pool_push (self->host.io, work, work_done, writer_ref (self));
}

BgcFileWriter *
bgc_file_writer_new (const BgcFileWriterHost *host, const BgcFile *file, BgcFileWriterFunc function, gpointer data)
{
  BgcFileWriter *self = g_new0 (BgcFileWriter, 1);

  g_atomic_ref_count_init (&self->references);
  self->host = *host;
  self->function = function;
  self->data = data;
  self->directory_path = bgc_path_directory (file->local);
  self->name = g_strdup (file->temporary);
  self->stored_device = file->device;
  self->stored_inode = file->inode;
  self->stored_bytes = file->bytes_transferred;
  self->fd = -1;
  if (file->checksum != NULL)
    self->checksum = bgc_checksum_new (file->checksum);
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
  self->durable = self->stored_bytes;
  self->durable_device = self->stored_device;
  self->durable_inode = self->stored_inode;
  push_op (self, (Op){ .kind = OP_OPEN });
}

guint64
bgc_file_writer_held (BgcFileWriter *self)
{
  return self->held;
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
  *device = self->device;
  *inode = self->inode;
}

void
bgc_file_writer_finish (BgcFileWriter *self, gint64 modified, gboolean small)
{
  push_op (self, (Op){ .kind = OP_FINISH, .modified = modified, .small = small });
}

int
bgc_file_writer_take_fd (BgcFileWriter *self)
{
  int fd = self->fd;

  self->fd = -1;
  return fd;
}

BgcLocalFileDirectory *
bgc_file_writer_directory (BgcFileWriter *self)
{
  return self->directory;
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

  self->abandoned = TRUE;
  return self->state != RUNNING;
}
