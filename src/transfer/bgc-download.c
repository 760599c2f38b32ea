/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-download.h"

#include "model/bgc-url.h"
#include "transfer/bgc-body-reader.h"
#include "transfer/bgc-file-check.h"
#include "transfer/bgc-http-outcome.h"
#include "transfer/bgc-http-request.h"
#include "transfer/bgc-local-file-error.h"

/* Up to this size a file is small: written in one go, its space not reserved, synced with others. */
#define SMALL_BYTES (1024u * 1024u)

typedef enum
{
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

struct _BgcDownload
{
  const BgcDownloadHost *host;
  BgcFile *file;         /* (owned) as the daemon knows it, then as reported */
  BgcFileWriter *writer; /* (owned) */
  State state;
  gboolean discard;
  gboolean let_go; /* connection_free was called */
  gboolean told_total;
  gboolean closing_synced;   /* the last sync of STATE_CLOSING was asked for */
  BgcHttpRequest *request;   /* (owned) */
  BgcHttpReply *reply;       /* (owned) (nullable) whose body is read */
  BgcBodyReader *reader;     /* (owned) */
  guint64 offset;            /* bytes of the file here: written, queued or with the reader */
  guint64 total;             /* as the server says, or BGC_SIZE_UNKNOWN */
  guint64 body_begin;        /* offset at which the body of reply began */
  guint64 body_end;          /* and will end, or BGC_SIZE_UNKNOWN: no more than the caller expects */
  gint64 heard_time;         /* when something last came or was asked for, monotonic microseconds */
  guint64 checkpoint_offset; /* of the last checkpoint, */
  gint64 checkpoint_time;    /* and when, monotonic microseconds */
  BgcFailure *failure;       /* (owned) (nullable) what STATE_CLOSING ends with */
};

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
  report.attempts = bgc_http_request_attempts (self->request);
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
  if (!self->let_go)
    self->host->connection_free (self->host->data);
  self->let_go = TRUE;
}

static void
end (BgcDownload *self)
{
  if (bgc_http_request_is_out (self->request))
    return;
  self->state = STATE_ENDED;
  let_go (self);
  self->host->ended (self, self->host->data);
}

/* ---- ending before the file is whole ------------------------------------------------------------- */

static void
drop_request (BgcDownload *self)
{
  bgc_body_reader_stop (self->reader);
  g_clear_pointer (&self->reply, bgc_http_reply_free);
  bgc_http_request_cancel (self->request);
}

/* Bytes that no resume could use need not be made durable. */
static gboolean
is_worth_keeping (BgcDownload *self)
{
  return self->total != BGC_SIZE_UNKNOWN && self->offset > bgc_file_writer_durable (self->writer);
}

static void
close_further (gpointer data)
{
  BgcDownload *self = data;

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
      bgc_file_check_name (self->file, self->failure, g_get_real_time ());
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
  bgc_body_reader_flush (self->reader);
  let_go (self);
  close_further (self);
}

/* @failure transfer full, or NULL: nothing failed. TRUE if something did. */
static gboolean
fail (BgcDownload *self, BgcFailure *failure)
{
  if (failure == NULL)
    return FALSE;
  if (self->state >= STATE_CLOSING)
    {
      bgc_failure_free (failure);
      return TRUE;
    }
  self->failure = failure;
  close_download (self);
  return TRUE;
}

/* ---- beginning again from 0 --------------------------------------------------------------------- */

static void
restart (BgcDownload *self)
{
  bgc_file_restart (self->file);
  bgc_body_reader_forget (self->reader);
  self->offset = 0;
  self->checkpoint_offset = 0;
  self->told_total = FALSE;
  bgc_file_writer_restart (self->writer);
  report (self, BGC_FILE_EVENT_RESTARTED);
}

/* All came, and it is not what the caller described. @failure transfer full. */
static void
reject_bytes (BgcDownload *self, BgcFailure *failure)
{
  if (self->state < STATE_CLOSING)
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

static void
finish (BgcDownload *self)
{
  BgcFailure *failure = bgc_file_check_size (self->file, self->offset);

  drop_request (self);
  bgc_body_reader_flush (self->reader);
  self->total = self->offset;
  if (failure != NULL)
    {
      reject_bytes (self, failure);
      return;
    }
  self->state = STATE_STORING;
  bgc_file_writer_finish (self->writer, bgc_file_check_modified (self->file), self->total <= SMALL_BYTES);
  let_go (self);
}

/* ---- asking and judging ------------------------------------------------------------------------- */

static BgcHttpHeld
on_held (gpointer data)
{
  BgcDownload *self = data;

  return (BgcHttpHeld){ .bytes = self->offset,
                        .total = self->total,
                        .etag = self->file->etag,
                        .last_modified = self->file->last_modified,
                        .server_date = self->file->server_date };
}

static void
note_asking (BgcDownload *self)
{
  bgc_body_reader_stop (self->reader);
  g_clear_pointer (&self->reply, bgc_http_reply_free);
  self->state = STATE_ASKING;
  self->heard_time = g_get_monotonic_time ();
}

static void
ask (BgcDownload *self, BgcHttpAsk what)
{
  note_asking (self);
  bgc_http_request_ask (self->request, what);
}

static void
begin (BgcDownload *self)
{
  note_asking (self);
  if (self->offset > 0 && self->offset == self->total)
    finish (self);
  else
    bgc_http_request_begin (self->request);
}

static void
begin_body (BgcDownload *self, GBytes *front)
{
  guint64 end = self->body_end != BGC_SIZE_UNKNOWN ? self->body_end : self->file->expected_size;

  self->state = STATE_BODY;
  self->body_begin = self->offset;
  self->checkpoint_time = self->heard_time = g_get_monotonic_time ();
  if (self->total != BGC_SIZE_UNKNOWN && self->total > SMALL_BYTES)
    bgc_file_writer_reserve (self->writer, self->total);
  if (!self->told_total && (self->total == BGC_SIZE_UNKNOWN || self->total > SMALL_BYTES))
    {
      self->told_total = TRUE;
      report (self, BGC_FILE_EVENT_PROGRESS);
    }
  bgc_body_reader_start (self->reader, self->reply->body, front,
                         end != BGC_SIZE_UNKNOWN ? end - self->offset : BGC_SIZE_UNKNOWN);
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

static void
take_whole (BgcDownload *self)
{
  if (self->offset > 0)
    restart (self);
  take_validators (self, self->reply);
  self->total = self->reply->length;
  self->body_end = self->total;
  self->host->announced (self->total, self->host->data);
  /* A connection that closes with less than the caller said is one that broke. */
  if (!bgc_http_body_is_framed (self->reply->body))
    self->body_end = self->file->expected_size;
  if (fail (self, bgc_file_check_end (self->file, bgc_http_body_is_framed (self->reply->body)))
      || fail (self, bgc_file_check_size (self->file, self->total)))
    return;
  if (self->total <= SMALL_BYTES)
    bgc_file_writer_be_small (self->writer);
  begin_body (self, NULL);
}

static void
take_part (BgcDownload *self, gboolean compare)
{
  guint64 first = self->reply->range.first;

  self->total = self->reply->range.total;
  self->body_end = self->reply->range.last + 1;
  if (fail (self, bgc_file_check_size (self->file, self->total)))
    return;
  if (!compare)
    {
      begin_body (self, NULL);
      return;
    }
  bgc_body_reader_flush (self->reader);
  self->state = STATE_OVERLAP;
  bgc_file_writer_read (self->writer, first, (gsize)(self->offset - first));
}

static void
on_answered (gpointer data)
{
  BgcDownload *self = data;

  self->heard_time = g_get_monotonic_time ();
  self->host->answered (self->host->data);
}

static void
on_granted (BgcHttpStep step, BgcHttpReply *reply, gboolean changed, gpointer data)
{
  BgcDownload *self = data;

  self->reply = reply;
  if (changed)
    bgc_file_check_note_change (self->file);
  if (step == BGC_HTTP_STEP_TAKE)
    take_whole (self);
  else if (step == BGC_HTTP_STEP_COMPLETE)
    finish (self);
  else
    take_part (self, step == BGC_HTTP_STEP_COMPARE);
}

static void
on_request_failed (BgcFailure *failure, gpointer data)
{
  fail (data, failure);
}

static const BgcHttpRequestFunctions request_functions = {
  .held = on_held,
  .answered = on_answered,
  .granted = on_granted,
  .failed = on_request_failed,
  .cancelled = close_further,
};

/* ---- the body ----------------------------------------------------------------------------------- */

static void
checkpoint (BgcDownload *self)
{
  gint64 now = self->heard_time;

  if (bgc_file_writer_is_syncing (self->writer))
    return;
  if (self->offset - self->checkpoint_offset < self->host->checkpoint_bytes
      && (self->host->checkpoint_seconds == 0
          || now - self->checkpoint_time < (gint64)self->host->checkpoint_seconds * G_USEC_PER_SEC))
    return;
  bgc_body_reader_flush (self->reader);
  bgc_file_writer_sync (self->writer);
  self->checkpoint_offset = self->offset;
  self->checkpoint_time = now;
}

static void
body_complete (BgcDownload *self)
{
  if (self->total == BGC_SIZE_UNKNOWN || self->offset == self->total)
    {
      finish (self);
      return;
    }
  /* A part of what was asked for. */
  if (self->offset - self->body_begin >= BGC_HTTP_RESUME_OVERLAP)
    bgc_http_request_forgive (self->request);
  ask (self, BGC_HTTP_ASK_RANGE);
}

static void
on_body_ended (BgcBodyEnd how, const GError *error, gpointer data)
{
  BgcDownload *self = data;

  if (how == BGC_BODY_END_COMPLETE || (how == BGC_BODY_END_SHORT && self->body_end == BGC_SIZE_UNKNOWN))
    body_complete (self);
  else if (how == BGC_BODY_END_DIFFERENT)
    {
      bgc_file_check_note_change (self->file);
      ask (self, BGC_HTTP_ASK_WHOLE_FILE);
    }
  else if (how == BGC_BODY_END_SHORT)
    fail (self, bgc_file_check_short ());
  else if (how == BGC_BODY_END_LONG)
    fail (self, bgc_file_check_long (self->file, self->body_end != BGC_SIZE_UNKNOWN));
  else
    fail (self, bgc_http_outcome_of_error (error));
}

static void
on_body_received (gsize bytes, gsize fresh, gpointer data)
{
  BgcDownload *self = data;

  self->heard_time = g_get_monotonic_time ();
  self->host->received (bytes, self->host->data);
  self->offset += fresh;
  checkpoint (self);
}

static void
on_body_filled (BgcBuffer *buffer, gpointer data)
{
  BgcDownload *self = data;

  if (self->discard)
    bgc_buffer_pool_give (self->host->files.buffers, buffer);
  else
    bgc_file_writer_write (self->writer, buffer);
}

static const BgcBodyReaderFunctions reader_functions = {
  .filled = on_body_filled,
  .received = on_body_received,
  .ended = on_body_ended,
};

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
  g_autoptr (GBytes) held = bgc_file_writer_take_read (self->writer);

  if (held == NULL || g_bytes_get_size (held) != length)
    ask (self, BGC_HTTP_ASK_WHOLE_FILE);
  else
    begin_body (self, g_steal_pointer (&held));
}

static void
on_checkpoint (BgcDownload *self)
{
  if (self->state >= STATE_BODY && self->state <= STATE_CLOSING && !self->discard)
    report (self, BGC_FILE_EVENT_PROGRESS);
  close_further (self);
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

  if (event == BGC_FILE_WRITER_OPENED && self->state == STATE_OPENING)
    on_opened (self);
  else if (event == BGC_FILE_WRITER_READ && self->state == STATE_OVERLAP)
    on_overlap (self);
  else if (event == BGC_FILE_WRITER_SYNCED)
    on_checkpoint (self);
  else if (event == BGC_FILE_WRITER_STORED && self->state == STATE_STORING)
    on_stored (self);
  else if (event == BGC_FILE_WRITER_FAILED)
    on_writer_failed (self);
  else if (event == BGC_FILE_WRITER_QUIET && self->state == STATE_CLOSING)
    end (self);
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
  self->request = bgc_http_request_new (host->session, file->remote, &request_functions, self);
  self->reader = bgc_body_reader_new (host->files.buffers, host->throttle, &reader_functions, self);
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
    begin (self);
}

void
bgc_download_go_on (BgcDownload *self, BgcHttpSent *sent)
{
  note_asking (self);
  bgc_http_request_go_on (self->request, sent);
}

void
bgc_download_check_silence (BgcDownload *self, gint64 since)
{
  if ((self->state != STATE_ASKING && self->state != STATE_BODY) || self->heard_time >= since)
    return;
  /* Reading that waits for the disk, or its turn, hears nothing either. */
  if (self->state == STATE_BODY && !bgc_body_reader_is_waiting_for_server (self->reader))
    self->heard_time = g_get_monotonic_time ();
  else
    fail (self, bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE,
                                 "Nothing came from the server in time"));
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
      close_download (self);
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
  bgc_body_reader_free (self->reader);
  bgc_http_reply_free (self->reply);
  bgc_http_request_free (self->request);
  bgc_file_writer_free (self->writer);
  bgc_failure_free (self->failure);
  bgc_file_free (self->file);
  g_free (self);
}
