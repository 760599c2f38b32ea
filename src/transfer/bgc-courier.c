/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courier.h"

#include <unistd.h>

#include "transfer/bgc-file-check.h"
#include "transfer/bgc-temporary-file.h"

/* Milliseconds that it waits for the rest of a body whose head came: what takes longer is handed over, so
 * that it is seen to move. Servers that write head and body apart hold the body back for 40. */
#define BODY_WAIT 200u

struct _BgcCourier
{
  const BgcCourierHost *host; /* (borrowed) */
  BgcHttpLine *line;          /* (owned) of the thread that works, as the next two */
  GMainContext *context;      /* (owned) for waiting in */
  guint8 *bytes;              /* (owned) (nullable) BGC_COURIER_BYTES and one, while it is out */
  gint stopping;              /* atomic */

  GMutex lock;               /* over the following */
  GCancellable *cancellable; /* (owned) of all it waits for; a new one each time it is sent */
  gint64 asked;              /* when a server was that has not answered, monotonic microseconds; 0 = none */
  gboolean silent;           /* it was cancelled for that */
};

/* On its way to the main thread. */
typedef struct
{
  BgcCourier *courier; /* (borrowed) */
  BgcErrand *errand;   /* (owned) */
  BgcHttpSent *sent;   /* (owned) (nullable) NULL = stored */
} Parcel;

void
bgc_courier_drop (BgcErrand *errand)
{
  if (errand == NULL)
    return;
  if (errand->fd >= 0)
    close (errand->fd);
  bgc_local_file_directory_unref (errand->directory);
  bgc_file_free (errand->file);
  g_free (errand);
}

/* ---- on its thread ------------------------------------------------------------------------------ */

static gboolean
is_stopping (BgcCourier *self)
{
  return g_atomic_int_get (&self->stopping) != 0;
}

static void
note_asked (BgcCourier *self, gint64 time)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->asked = time;
}

static gboolean
was_silent (BgcCourier *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->silent;
}

static BgcHttpSent *
ask (BgcCourier *self, const BgcFile *file)
{
  BgcHttpSent *sent;

  note_asked (self, g_get_monotonic_time ());
  sent = bgc_http_line_get (self->line, file->remote, self->cancellable);
  note_asked (self, 0);
  if (sent->error != NULL && was_silent (self))
    {
      g_clear_error (&sent->error);
      sent->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Nothing came from it");
    }
  return sent;
}

/* An answer about which there is nothing to think. */
static gboolean
is_plain (const BgcFile *file, const BgcHttpReply *reply)
{
  g_autoptr (BgcFailure) failure = NULL;

  if (reply->status != SOUP_STATUS_OK || reply->is_impossible || reply->length > BGC_COURIER_BYTES)
    return FALSE;
  failure = bgc_file_check_size (file, reply->length);
  return failure == NULL;
}

/* As bgc_http_body_read(). Where the job has moved as much as it may, whoever takes over waits. */
static gssize
read_some (BgcCourier *self, BgcHttpBody *body, gsize length, GError **error)
{
  gboolean charged = !bgc_http_body_is_at_end (body);
  gsize wanted = BGC_COURIER_BYTES + 1 - length;
  gssize n;

  if (charged)
    wanted = bgc_throttle_take (self->host->throttle, wanted);
  if (wanted == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "");
      return -1;
    }
  n = bgc_http_body_read (body, self->bytes + length, wanted, error);
  if (charged)
    bgc_throttle_give_back (self->host->throttle, wanted - (gsize)MAX (n, 0));
  return n;
}

/* FALSE: it has not come to its end, with @error if it never will. */
static gboolean
read_body (BgcCourier *self, BgcHttpBody *body, gsize *length, GError **error)
{
  gint64 deadline = 0;

  while (TRUE)
    {
      g_autoptr (GError) reason = NULL;
      gssize n = read_some (self, body, *length, &reason);

      if (n == 0)
        return TRUE;
      if (n > 0)
        {
          *length += (gsize)n;
          continue;
        }
      if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_BUSY))
        return FALSE;
      if (!g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_propagate_error (error, g_steal_pointer (&reason));
          return FALSE;
        }
      if (deadline == 0)
        deadline = g_get_monotonic_time () + BODY_WAIT * G_TIME_SPAN_MILLISECOND;
      if (is_stopping (self) || !bgc_http_body_wait (body, self->context, deadline))
        return FALSE;
    }
}

static void
take_validators (BgcFile *file, const BgcHttpReply *reply)
{
  g_free (file->etag);
  g_free (file->last_modified);
  file->etag = g_strdup (reply->etag);
  file->last_modified = g_strdup (reply->last_modified);
  file->server_date = reply->date;
}

static gboolean
write_file (BgcCourier *self, BgcTemporaryFile *file, const BgcErrand *errand, gsize length)
{
  g_autoptr (BgcFailure) failure = bgc_temporary_file_append (file, self->bytes, length);

  if (failure == NULL)
    failure = bgc_temporary_file_finish (file, bgc_file_check_modified (errand->file));
  return failure == NULL;
}

/* FALSE: it could not be, and whoever takes over finds out why. */
static gboolean
store (BgcCourier *self, BgcErrand *errand, const BgcHttpReply *reply, gsize length)
{
  BgcTemporaryFile file;
  gboolean written;

  take_validators (errand->file, reply);
  bgc_temporary_file_init (&file, errand->file, self->host->directories, &self->stopping);
  written = write_file (self, &file, errand, length);
  if (file.fd >= 0 && (!written || bgc_local_file_directory_has_group_sync (file.directory)))
    {
      close (file.fd);
      file.fd = -1;
    }
  if (written)
    {
      errand->fd = file.fd;
      errand->directory = g_steal_pointer (&file.directory);
      errand->total = length;
      errand->device = file.device;
      errand->inode = file.inode;
    }
  bgc_temporary_file_clear (&file);
  return written;
}

static gboolean
fetch (BgcCourier *self, BgcErrand *errand, BgcHttpSent *sent)
{
  BgcHttpReply *reply = bgc_http_line_reply (sent);
  GError *error = NULL;
  gsize length = 0;

  if (reply == NULL || !is_plain (errand->file, reply))
    return FALSE;
  if (read_body (self, reply->body, &length, &error) && !is_stopping (self)
      && store (self, errand, reply, length))
    return TRUE;
  /* They are read, and counted, once more. */
  bgc_throttle_give_back (self->host->throttle, length);
  bgc_http_body_unread (reply->body, self->bytes, length, error);
  return FALSE;
}

static void
on_parcel (gpointer data)
{
  g_autofree Parcel *parcel = data;
  const BgcCourierHost *host = parcel->courier->host;

  if (parcel->sent == NULL)
    host->stored (parcel->errand, host->data);
  else
    {
      host->handed (g_steal_pointer (&parcel->errand->file), parcel->sent, host->data);
      bgc_courier_drop (parcel->errand);
    }
}

/* @file transfer full. FALSE if that was the last. */
static gboolean
run_errand (BgcCourier *self, BgcFile *file)
{
  BgcErrand *errand = g_new0 (BgcErrand, 1);
  Parcel *parcel = g_new0 (Parcel, 1);
  BgcHttpSent *sent = ask (self, file);
  gboolean stored;

  errand->file = file;
  errand->fd = -1;
  stored = fetch (self, errand, sent);
  parcel->courier = self;
  parcel->errand = errand;
  if (stored)
    bgc_http_line_drop (sent);
  else
    {
      bgc_http_line_hand_over (self->line, sent);
      parcel->sent = sent;
    }
  bgc_io_pool_tell (self->host->threads, on_parcel, parcel);
  return stored && !was_silent (self);
}

static void
work (gpointer data)
{
  BgcCourier *self = data;
  BgcFile *file;

  self->bytes = g_malloc (BGC_COURIER_BYTES + 1);
  /* Held, or every wait for an answer would make and close a descriptor of its own. */
  (void)g_cancellable_get_fd (self->cancellable);
  while (!is_stopping (self) && (file = self->host->next (self->host->data)) != NULL)
    if (!run_errand (self, file))
      break;
  g_cancellable_release_fd (self->cancellable);
  g_clear_pointer (&self->bytes, g_free);
}

/* ---- on the main thread ------------------------------------------------------------------------- */

static void
on_back (gpointer data)
{
  BgcCourier *self = data;

  self->host->back (self, self->host->data);
}

BgcCourier *
bgc_courier_new (const BgcCourierHost *host, const char *user_agent)
{
  BgcCourier *self = g_new0 (BgcCourier, 1);

  self->host = host;
  self->line = bgc_http_line_new (user_agent);
  bgc_http_line_set_login (self->line, host->login);
  bgc_http_line_keep_behind (self->line, host->courtesy, host->priority);
  self->context = g_main_context_new ();
  g_mutex_init (&self->lock);
  return self;
}

void
bgc_courier_free (BgcCourier *self)
{
  if (self == NULL)
    return;
  bgc_http_line_free (self->line);
  g_main_context_unref (self->context);
  g_clear_object (&self->cancellable);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
bgc_courier_send (BgcCourier *self)
{
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->silent = FALSE;
  bgc_io_pool_push (self->host->threads, work, on_back, self);
}

void
bgc_courier_check_silence (BgcCourier *self, gint64 since)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->asked == 0 || self->asked >= since || self->silent)
    return;
  self->silent = TRUE;
  g_cancellable_cancel (self->cancellable);
}

void
bgc_courier_stop (BgcCourier *self)
{
  g_atomic_int_set (&self->stopping, 1);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
}
