/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-download.h"

#include <string.h>

#include "model/bgc-url.h"
#include "transfer/bgc-http-outcome.h"
#include "transfer/bgc-http-resume.h"
#include "transfer/bgc-local-file-error.h"

/* Requests of one run that may bring nothing new: as many as the ladder has rungs. */
#define REQUESTS_MAX 4u
/* Up to this size a file is small: written in one go, its space not reserved, synced with others. */
#define SMALL_BYTES (1024u * 1024u)
/* Bytes read before other connections have their turn. */
#define TURN_BYTES (1024u * 1024u)

typedef enum {
  STATE_NEW = 0,
  STATE_OPENING, /* the temporary file as it was stored */
  STATE_ASKING,
  STATE_OVERLAP, /* reads back what the body will be compared with */
  STATE_BODY,
  STATE_STORING, /* all bytes came and are being written and checked */
  STATE_SYNCING, /* and made durable */
  STATE_CLOSING, /* failed or stopped: what came is made durable */
  STATE_ENDED
} State;

struct _BgcDownload {
  const BgcDownloadHost *host;
  BgcFile *file;             /* (owned) as the daemon knows it, then as reported */
  BgcFileWriter *writer;     /* (owned) */
  State state;
  gboolean asking;           /* the session will still call back */
  gboolean discard;
  gboolean let_go;           /* connection_free was called */
  gboolean told_total;
  gboolean closing_synced;   /* the last sync of STATE_CLOSING was asked for */
  guint requests;            /* without something new */
  guint attempts;            /* requests of this run */
  BgcHttpAsk ask;
  GCancellable *cancellable; /* (owned) (nullable) of the request */
  BgcHttpReply *reply;       /* (owned) (nullable) whose body is read */
  BgcBuffer *buffer;         /* (owned) (nullable) being filled */
  guint64 offset;            /* bytes of the file here: written, queued or in buffer */
  guint64 total;             /* as the server says, or BGC_SIZE_UNKNOWN */
  guint64 body_begin;        /* offset at which the body of reply began */
  guint64 body_end;          /* and will end, or BGC_SIZE_UNKNOWN */
  GBytes *overlap;           /* (owned) (nullable) to be found at the front of the body */
  gsize compared;            /* bytes of it that were */
  guint64 checkpoint_offset; /* of the last checkpoint, */
  gint64 checkpoint_time;    /* and when, monotonic microseconds */
  BgcFailure *failure;       /* (owned) (nullable) what STATE_CLOSING ends with */
};

static void pump (BgcDownload *self);

/* ---- telling ------------------------------------------------------------------------------------ */

static void
report (BgcDownload *self, BgcFileEvent event)
{
  BgcFileReport report = { .index = self->file->index, .event = event };

  report.durable = bgc_file_writer_durable (self->writer);
  bgc_file_writer_identity (self->writer, &report.device, &report.inode);
  report.total = self->total;
  report.etag = self->file->etag;
  report.last_modified = self->file->last_modified;
  report.server_date = self->file->server_date;
  report.attempts = self->attempts;
  if (event == BGC_FILE_EVENT_WHOLE)
    {
      report.durable = self->total;
      bgc_file_writer_stored_identity (self->writer, &report.device, &report.inode);
    }
  if (event == BGC_FILE_EVENT_FAILED)
    report.failure = self->failure;
  self->host->report (&report, self->host->data);
}

static void
let_go (BgcDownload *self)
{
  if (self->let_go)
    return;
  self->let_go = TRUE;
  self->host->connection_free (self->host->data);
}

static void
end (BgcDownload *self)
{
  if (self->asking)
    return;
  self->state = STATE_ENDED;
  let_go (self);
  self->host->ended (self, self->host->data);
}

static void
complete_failure (BgcDownload *self)
{
  BgcFailure *failure = self->failure;

  failure->file = self->file->index;
  failure->time = g_get_real_time ();
  if (failure->url == NULL)
    failure->url = bgc_url_for_display (self->file->remote);
  if (failure->protocol == NULL)
    failure->protocol = g_ascii_strdown (self->file->remote, (gssize) strcspn (self->file->remote, ":"));
}

/* ---- ending before the file is whole ------------------------------------------------------------- */

static void
drop_request (BgcDownload *self)
{
  bgc_buffer_pool_forget (self->host->files.buffers, self);
  g_clear_pointer (&self->reply, bgc_http_reply_free);
  g_clear_pointer (&self->overlap, g_bytes_unref);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

static void
submit (BgcDownload *self)
{
  if (self->buffer == NULL)
    return;
  if (self->buffer->length > 0 && !self->discard)
    bgc_file_writer_write (self->writer, self->buffer);
  else
    bgc_buffer_pool_give (self->host->files.buffers, self->buffer);
  self->buffer = NULL;
}

/* Bytes that no resume could use need not be made durable. */
static gboolean
is_worth_keeping (BgcDownload *self)
{
  return self->total != BGC_SIZE_UNKNOWN && self->offset > bgc_file_writer_durable (self->writer);
}

static void
close_further (BgcDownload *self)
{
  if (self->state != STATE_CLOSING || (!self->discard && bgc_file_writer_is_syncing (self->writer)))
    return;
  if (!self->discard && !self->closing_synced && is_worth_keeping (self))
    {
      self->closing_synced = TRUE;
      bgc_file_writer_sync (self->writer);
      return;
    }
  if (self->failure != NULL)
    {
      complete_failure (self);
      report (self, BGC_FILE_EVENT_FAILED);
      g_clear_pointer (&self->failure, bgc_failure_free);
    }
  if (bgc_file_writer_abandon (self->writer))
    end (self);
}

static void
close_download (BgcDownload *self)
{
  self->state = STATE_CLOSING;
  drop_request (self);
  submit (self);
  let_go (self);
  close_further (self);
}

/* @failure transfer full. */
static void
fail (BgcDownload *self, BgcFailure *failure)
{
  if (self->state >= STATE_CLOSING)
    {
      bgc_failure_free (failure);
      return;
    }
  self->failure = failure;
  close_download (self);
}

/* ---- beginning again from 0 --------------------------------------------------------------------- */

static void
forget_held (BgcDownload *self)
{
  bgc_file_restart (self->file);
  if (self->buffer != NULL)
    self->buffer->length = 0;
  self->offset = 0;
  self->checkpoint_offset = 0;
  self->told_total = FALSE;
}

static void
restart (BgcDownload *self)
{
  forget_held (self);
  bgc_file_writer_restart (self->writer);
  report (self, BGC_FILE_EVENT_RESTARTED);
}

/* All came, and it is not what the caller described. @failure transfer full. */
static void
reject_bytes (BgcDownload *self, BgcFailure *failure)
{
  if (self->state >= STATE_CLOSING)
    {
      bgc_failure_free (failure);
      return;
    }
  restart (self);
  fail (self, failure);
}

/* ---- the whole file ----------------------------------------------------------------------------- */

static void
on_synced (int error, gpointer data)
{
  BgcDownload *self = data;

  if (error != 0)
    {
      g_autofree char *path = bgc_url_for_display (self->file->remote);

      self->offset = bgc_file_writer_durable (self->writer);
      fail (self, bgc_local_file_error_failure (error, "Cannot make durable the file of", path));
      return;
    }
  self->file->state = BGC_FILE_WHOLE;
  report (self, BGC_FILE_EVENT_WHOLE);
  end (self);
}

static void
on_stored (BgcDownload *self)
{
  self->state = STATE_SYNCING;
  bgc_sync_group_add (self->host->sync, bgc_file_writer_directory (self->writer), self->file->temporary,
                      bgc_file_writer_take_fd (self->writer), on_synced, self);
}

static gint64
modified_time (BgcDownload *self)
{
  g_autoptr (GDateTime) date = NULL;

  if (self->file->last_modified != NULL)
    date = soup_date_time_new_from_http_string (self->file->last_modified);
  return date != NULL ? g_date_time_to_unix (date) : 0;
}

static BgcFailure *
wrong_size (BgcDownload *self)
{
  return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_VALIDATION_FAILED, FALSE,
                          "The file has %" G_GUINT64_FORMAT " bytes, not the %" G_GUINT64_FORMAT " expected",
                          self->total, self->file->expected_size);
}

static gboolean
has_wrong_size (BgcDownload *self)
{
  return self->file->expected_size != BGC_SIZE_UNKNOWN && self->total != BGC_SIZE_UNKNOWN
         && self->total != self->file->expected_size;
}

static void
finish (BgcDownload *self)
{
  drop_request (self);
  submit (self);
  if (self->total == BGC_SIZE_UNKNOWN)
    self->total = self->offset;
  if (has_wrong_size (self))
    {
      reject_bytes (self, wrong_size (self));
      return;
    }
  self->state = STATE_STORING;
  bgc_file_writer_finish (self->writer, modified_time (self), self->total <= SMALL_BYTES);
  let_go (self);
}

/* ---- asking and judging ------------------------------------------------------------------------- */

static BgcHttpHeld
held_of (BgcDownload *self)
{
  return (BgcHttpHeld){ .bytes = self->offset,
                        .total = self->total,
                        .etag = self->file->etag,
                        .last_modified = self->file->last_modified,
                        .server_date = self->file->server_date };
}

static void on_reply (BgcHttpReply *reply, BgcFailure *failure, gpointer data);

static void
ask (BgcDownload *self, BgcHttpAsk what)
{
  BgcHttpHeld held = held_of (self);

  drop_request (self);
  if (self->requests >= REQUESTS_MAX)
    {
      fail (self, bgc_http_outcome_of_nonsense ("The server's answers contradict one another"));
      return;
    }
  self->requests++;
  self->attempts++;
  self->ask = what;
  self->state = STATE_ASKING;
  self->asking = TRUE;
  self->cancellable = g_cancellable_new ();
  bgc_http_session_get (self->host->session, self->file->remote, bgc_http_resume_offset (&held, what),
                        bgc_http_resume_condition (&held, what), what != BGC_HTTP_ASK_WHOLE_FILE, self->cancellable,
                        on_reply, self);
}

static void
begin (BgcDownload *self)
{
  BgcHttpHeld held = held_of (self);

  if (held.bytes > 0 && held.bytes == held.total)
    finish (self);
  else
    ask (self, bgc_http_resume_first (&held));
}

static void
begin_body (BgcDownload *self)
{
  self->state = STATE_BODY;
  self->body_begin = self->offset;
  self->checkpoint_time = g_get_monotonic_time ();
  if (!self->told_total && (self->total == BGC_SIZE_UNKNOWN || self->total > SMALL_BYTES))
    {
      self->told_total = TRUE;
      report (self, BGC_FILE_EVENT_PROGRESS);
    }
  pump (self);
}

static void
take_validators (BgcDownload *self, BgcHttpReply *reply)
{
  g_free (self->file->etag);
  g_free (self->file->last_modified);
  self->file->etag = g_strdup (reply->etag);
  self->file->last_modified = g_strdup (reply->last_modified);
  self->file->server_date = reply->date;
}

/* Without length, chunks, size or checksum a connection that breaks looks like the end of the file. */
static gboolean
has_an_end (BgcDownload *self)
{
  return bgc_http_body_is_framed (self->reply->body) || self->file->expected_size != BGC_SIZE_UNKNOWN
         || self->file->checksum != NULL;
}

static void
take_whole (BgcDownload *self)
{
  if (self->offset > 0)
    restart (self);
  take_validators (self, self->reply);
  self->total = self->reply->length;
  self->body_end = self->total;
  if (!has_an_end (self))
    {
      fail (self, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_MISSING_FILE_SIZE, FALSE,
                                   "The server does not say where the file ends; give its size or checksum"));
      return;
    }
  if (has_wrong_size (self))
    {
      fail (self, wrong_size (self));
      return;
    }
  if (self->total != BGC_SIZE_UNKNOWN && self->total > SMALL_BYTES)
    bgc_file_writer_reserve (self->writer, self->total);
  begin_body (self);
}

static void
take_part (BgcDownload *self, gboolean compare)
{
  guint64 first = self->reply->range.first;

  self->total = self->reply->range.total;
  self->body_end = self->reply->range.last + 1;
  if (has_wrong_size (self))
    {
      fail (self, wrong_size (self));
      return;
    }
  if (!compare)
    {
      begin_body (self);
      return;
    }
  submit (self);
  self->state = STATE_OVERLAP;
  self->compared = 0;
  bgc_file_writer_read (self->writer, first, (gsize) (self->offset - first));
}

static void
note_change (BgcDownload *self)
{
  g_autofree char *url = bgc_url_for_display (self->file->remote);

  g_info ("%s: the server's file has changed, begins again from 0", url);
}

static void
judge (BgcDownload *self)
{
  BgcHttpReply *reply = self->reply;
  BgcHttpHeld held = held_of (self);
  BgcHttpAnswer answer = { .status = reply->status,
                           .length = reply->length,
                           .has_range = reply->has_range,
                           .range = reply->range,
                           .etag = reply->etag,
                           .last_modified = reply->last_modified };
  BgcHttpVerdict verdict = bgc_http_resume_judge (&held, self->ask, &answer);

  if (verdict.changed)
    note_change (self);
  switch (verdict.step)
    {
    case BGC_HTTP_STEP_TAKE:
      take_whole (self);
      break;
    case BGC_HTTP_STEP_APPEND:
      take_part (self, FALSE);
      break;
    case BGC_HTTP_STEP_COMPARE:
      take_part (self, TRUE);
      break;
    case BGC_HTTP_STEP_COMPLETE:
      finish (self);
      break;
    case BGC_HTTP_STEP_ASK:
      ask (self, verdict.ask);
      break;
    case BGC_HTTP_STEP_REFUSE:
      fail (self, bgc_http_outcome_of_nonsense ("The server answered a request for the file with a part of it"));
      break;
    }
}

static gboolean
is_an_answer (BgcDownload *self)
{
  switch (self->reply->status)
    {
    case SOUP_STATUS_OK:
    case SOUP_STATUS_NON_AUTHORITATIVE:
    case SOUP_STATUS_PARTIAL_CONTENT:
      return TRUE;
    case SOUP_STATUS_PRECONDITION_FAILED:
    case SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE:
      return self->ask != BGC_HTTP_ASK_WHOLE_FILE;
    default:
      return FALSE;
    }
}

static void
on_reply (BgcHttpReply *reply, BgcFailure *failure, gpointer data)
{
  BgcDownload *self = data;

  self->asking = FALSE;
  if (self->state == STATE_CLOSING || self->state == STATE_ENDED)
    {
      bgc_http_reply_free (reply);
      bgc_failure_free (failure);
      close_further (self);
      return;
    }
  g_clear_object (&self->cancellable);
  if (reply == NULL)
    {
      if (failure == NULL)
        failure = bgc_http_outcome_of_nonsense ("The request was cancelled");
      fail (self, failure);
      return;
    }
  self->host->answered (self->host->data);
  self->reply = reply;
  if (is_an_answer (self))
    judge (self);
  else
    fail (self, bgc_http_outcome_of_status (reply->status, reply->retry_after, g_get_real_time () / G_USEC_PER_SEC));
}

/* ---- the body ----------------------------------------------------------------------------------- */

static void
checkpoint (BgcDownload *self)
{
  gint64 now;

  if (self->offset == self->checkpoint_offset || bgc_file_writer_is_syncing (self->writer))
    return;
  now = g_get_monotonic_time ();
  if (self->offset - self->checkpoint_offset < self->host->checkpoint_bytes
      && (self->host->checkpoint_seconds == 0
          || now - self->checkpoint_time < (gint64) self->host->checkpoint_seconds * G_USEC_PER_SEC))
    return;
  submit (self);
  bgc_file_writer_sync (self->writer);
  self->checkpoint_offset = self->offset;
  self->checkpoint_time = now;
}

static void
body_ended (BgcDownload *self)
{
  guint64 begin_offset = self->body_begin;

  if (self->overlap != NULL || (self->body_end != BGC_SIZE_UNKNOWN && self->offset != self->body_end))
    {
      fail (self, bgc_http_outcome_of_nonsense ("The server sent less than it announced"));
      return;
    }
  if (self->total == BGC_SIZE_UNKNOWN || self->offset == self->total)
    {
      finish (self);
      return;
    }
  /* A part of what was asked for: go on, as long as it leads somewhere. */
  if (self->offset - begin_offset >= BGC_HTTP_RESUME_OVERLAP)
    self->requests = 0;
  ask (self, BGC_HTTP_ASK_RANGE);
}

/* The front of the body must be what is held already. FALSE: it is not, another request is out. */
static gboolean
compare (BgcDownload *self, gsize length)
{
  gsize size = 0;
  const guint8 *expected = g_bytes_get_data (self->overlap, &size);

  if (memcmp (self->buffer->data, expected + self->compared, length) != 0)
    {
      note_change (self);
      ask (self, BGC_HTTP_ASK_WHOLE_FILE);
      return FALSE;
    }
  self->compared += length;
  if (self->compared == size)
    g_clear_pointer (&self->overlap, g_bytes_unref);
  return TRUE;
}

typedef enum { READ_MORE, READ_LATER, READ_OVER } ReadResult;

static ReadResult
take_bytes (BgcDownload *self, gsize length, gsize wanted)
{
  self->host->received (length, self->host->data);
  if (self->overlap != NULL)
    return compare (self, length) ? READ_MORE : READ_OVER;
  self->buffer->length += length;
  self->offset += length;
  if (self->body_end != BGC_SIZE_UNKNOWN && self->offset > self->body_end)
    {
      self->buffer->length = 0; /* nobody knows which of these bytes belong */
      self->offset = bgc_file_writer_durable (self->writer);
      fail (self, bgc_http_outcome_of_nonsense ("The server sent more than it announced"));
      return READ_OVER;
    }
  if (self->buffer->length == BGC_BUFFER_BYTES)
    submit (self);
  checkpoint (self);
  return READ_MORE;
}

static ReadResult
read_failed (BgcDownload *self, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      fail (self, bgc_http_outcome_of_error (error));
      return READ_OVER;
    }
  /* Many connections share the buffers: a half-full one is kept only while there are enough. */
  if (self->buffer->length > 0 && bgc_buffer_pool_is_low (self->host->files.buffers))
    submit (self);
  return READ_LATER;
}

static void
on_buffer (gpointer data)
{
  pump (data);
}

static ReadResult
read_some (BgcDownload *self, gsize *count)
{
  g_autoptr (GError) error = NULL;
  gsize wanted;
  gssize n;

  if (self->buffer == NULL)
    self->buffer = bgc_buffer_pool_take (self->host->files.buffers);
  if (self->buffer == NULL)
    {
      bgc_http_body_unwatch (self->reply->body);
      bgc_buffer_pool_wait (self->host->files.buffers, on_buffer, self);
      return READ_OVER;
    }
  wanted = BGC_BUFFER_BYTES - self->buffer->length;
  if (self->overlap != NULL)
    wanted = MIN (wanted, g_bytes_get_size (self->overlap) - self->compared);
  n = bgc_http_body_read (self->reply->body, self->buffer->data + self->buffer->length, wanted, &error);
  if (n < 0)
    return read_failed (self, error);
  if (n == 0)
    {
      body_ended (self);
      return READ_OVER;
    }
  *count += (gsize) n;
  return take_bytes (self, (gsize) n, wanted);
}

/* TRUE while the body is to be watched. */
static gboolean
read_turn (gpointer data)
{
  BgcDownload *self = data;
  ReadResult result = READ_MORE;
  gsize count = 0;

  while (result == READ_MORE && count < TURN_BYTES)
    result = read_some (self, &count);
  return result != READ_OVER;
}

static void
pump (BgcDownload *self)
{
  if (read_turn (self))
    bgc_http_body_watch (self->reply->body, read_turn, self);
}

/* ---- what the writer tells ---------------------------------------------------------------------- */

static void
on_opened (BgcDownload *self)
{
  self->offset = bgc_file_writer_held (self->writer);
  self->checkpoint_offset = self->offset;
  /* The temporary file is not the one that was stored, or was never used. */
  if (self->offset == 0 && self->file->bytes_transferred > 0)
    restart (self);
  else if (self->offset == 0)
    bgc_file_writer_restart (self->writer);
  begin (self);
}

static void
on_overlap (BgcDownload *self)
{
  guint64 length = self->offset - self->reply->range.first;

  self->overlap = bgc_file_writer_take_read (self->writer);
  if (self->overlap == NULL || g_bytes_get_size (self->overlap) != length)
    ask (self, BGC_HTTP_ASK_WHOLE_FILE);
  else
    begin_body (self);
}

static void
on_writer_failed (BgcDownload *self)
{
  BgcFailure *failure = bgc_file_writer_take_failure (self->writer);

  if (failure != NULL && failure->code == BGC_ERROR_CHECKSUM_MISMATCH)
    reject_bytes (self, failure);
  else if (failure != NULL)
    fail (self, failure);
}

static void
on_writer (BgcFileWriterEvent event, gpointer data)
{
  BgcDownload *self = data;

  switch (event)
    {
    case BGC_FILE_WRITER_OPENED:
      if (self->state == STATE_OPENING)
        on_opened (self);
      break;
    case BGC_FILE_WRITER_READ:
      if (self->state == STATE_OVERLAP)
        on_overlap (self);
      break;
    case BGC_FILE_WRITER_SYNCED:
      if (self->state == STATE_BODY || (self->state == STATE_CLOSING && !self->discard))
        report (self, BGC_FILE_EVENT_PROGRESS);
      close_further (self);
      break;
    case BGC_FILE_WRITER_STORED:
      if (self->state == STATE_STORING)
        on_stored (self);
      break;
    case BGC_FILE_WRITER_FAILED:
      on_writer_failed (self);
      break;
    case BGC_FILE_WRITER_QUIET:
      if (self->state == STATE_CLOSING)
        end (self);
      break;
    }
}

/* ---- from outside ------------------------------------------------------------------------------- */

BgcDownload *
bgc_download_new (const BgcDownloadHost *host, BgcFile *file)
{
  BgcDownload *self = g_new0 (BgcDownload, 1);

  self->host = host;
  self->file = file;
  self->total = file->bytes_total;
  self->body_end = BGC_SIZE_UNKNOWN;
  self->writer = bgc_file_writer_new (&host->files, file, on_writer, self);
  return self;
}

void
bgc_download_start (BgcDownload *self)
{
  if (self->file->device != 0 || self->file->inode != 0)
    {
      self->state = STATE_OPENING;
      bgc_file_writer_open (self->writer);
    }
  else
    ask (self, BGC_HTTP_ASK_WHOLE_FILE);
}

void
bgc_download_stop (BgcDownload *self, gboolean discard)
{
  if (self->state == STATE_ENDED)
    return;
  if (discard)
    {
      self->discard = TRUE;
      g_clear_pointer (&self->failure, bgc_failure_free);
      bgc_sync_group_forget (self->host->sync, self);
      self->state = STATE_CLOSING;
      drop_request (self);
      submit (self);
      let_go (self);
      if (bgc_file_writer_abandon (self->writer))
        end (self);
    }
  else if (self->state < STATE_STORING)
    close_download (self);
}

void
bgc_download_free (BgcDownload *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->state == STATE_ENDED || self->state == STATE_NEW);
  bgc_file_writer_free (self->writer);
  bgc_failure_free (self->failure);
  bgc_file_free (self->file);
  g_free (self);
}
