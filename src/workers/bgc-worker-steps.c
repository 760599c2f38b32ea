/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-steps.h"

#include "model/bgc-record.h"
#include "workers/bgc-worker-codec.h"

struct _BgcWorkerSteps
{
  const BgcJob *job;    /* borrowed */
  BgcWorkerStep step;   /* the last begun */
  gboolean under_way;   /* and not ended */
  BgcUploadStage stage; /* last heard, or as given */
  guint64 durable;      /* bytes of the file of this step, last heard */
  guint64 expected;     /* bytes it has, the owner's word, or BGC_SIZE_UNKNOWN */
  guint64 received;     /* bytes, last heard */
};

BgcWorkerSteps *
bgc_worker_steps_new (const BgcJob *job)
{
  BgcWorkerSteps *self = g_new0 (BgcWorkerSteps, 1);

  self->job = job;
  self->step = BGC_WORKER_STEP_NONE;
  return self;
}

void
bgc_worker_steps_free (BgcWorkerSteps *self)
{
  g_free (self);
}

static const BgcFile *
find_file (const BgcWorkerSteps *self, guint32 index)
{
  return bgc_file_list_find (self->job->files, index);
}

/* A file by PUT goes in one request and has none. */
static gboolean
is_session_due (const BgcJob *job)
{
  BgcUploadProtocol known = job->upload->protocol;
  BgcUploadProtocol protocol = known != BGC_UPLOAD_PROTOCOL_AUTO ? known : job->upload_protocol;

  return protocol != BGC_UPLOAD_PROTOCOL_PUT && !bgc_upload_is_open (job->upload);
}

static BgcWorkerStep
next_step (const BgcWorkerSteps *self)
{
  const BgcFile *source = find_file (self, BGC_UPLOAD_FILE);
  const BgcFile *reply = find_file (self, BGC_UPLOAD_REPLY);

  if (source != NULL && source->state == BGC_FILE_PENDING)
    return is_session_due (self->job) ? BGC_WORKER_STEP_BEGIN : BGC_WORKER_STEP_SEND;
  if (reply != NULL && reply->state == BGC_FILE_PENDING && *reply->remote != '\0')
    return BGC_WORKER_STEP_REPLY;
  if (source != NULL && self->job->upload->stage != BGC_UPLOAD_STAGE_CLOSED)
    return BGC_WORKER_STEP_CLOSE;
  return BGC_WORKER_STEP_NONE;
}

/* The file a step is about: closing speaks of the source, if of any. */
static guint32
index_of (BgcWorkerStep step)
{
  return step == BGC_WORKER_STEP_REPLY ? BGC_UPLOAD_REPLY : BGC_UPLOAD_FILE;
}

gboolean
bgc_worker_steps_begin (BgcWorkerSteps *self)
{
  const BgcFile *file;

  if (self->under_way)
    return FALSE;
  self->step = next_step (self);
  self->under_way = self->step != BGC_WORKER_STEP_NONE;
  self->stage = self->job->upload->stage;
  file = find_file (self, index_of (self->step));
  self->durable = file == NULL ? 0 : file->bytes_transferred;
  self->expected = file == NULL ? BGC_SIZE_UNKNOWN : file->expected_size;
  return TRUE;
}

void
bgc_worker_steps_arguments (BgcWorkerSteps *self, guint32 *step, GVariant **files, GVariant **session)
{
  GByteArray *records = g_byte_array_new ();

  for (guint32 index = BGC_UPLOAD_FILE; index <= BGC_UPLOAD_REPLY; index++)
    {
      const BgcFile *file = find_file (self, index);

      if (file != NULL)
        bgc_worker_codec_add_file (records, file);
    }
  *step = self->step;
  *files = bgc_record_end (records);
  *session = bgc_worker_codec_session (self->job);
}

/* The server holds nothing of it, and PUT is not why. */
static gboolean
is_nothing (const BgcUpload *session)
{
  return session->stage == BGC_UPLOAD_STAGE_NONE && session->protocol != BGC_UPLOAD_PROTOCOL_PUT;
}

/* Its end that is told by a session alone. */
static gboolean
is_step_ended (BgcWorkerStep step, const BgcUpload *session)
{
  switch (step)
    {
    case BGC_WORKER_STEP_BEGIN:
      return session->stage == BGC_UPLOAD_STAGE_OPEN || session->protocol == BGC_UPLOAD_PROTOCOL_PUT;
    case BGC_WORKER_STEP_SEND:
      return is_nothing (session);
    case BGC_WORKER_STEP_CLOSE:
      return session->stage == BGC_UPLOAD_STAGE_CLOSED;
    case BGC_WORKER_STEP_REPLY:
    case BGC_WORKER_STEP_NONE:
    default:
      return FALSE;
    }
}

static gboolean
is_another (const BgcUpload *one, const BgcUpload *other)
{
  return g_strcmp0 (one->session_id, other->session_id) != 0
         || g_strcmp0 (one->resource, other->resource) != 0;
}

/* Why the session told in a report that begins at @self's stage cannot be true, or NULL. */
static const char *
find_session_lie (const BgcWorkerSteps *self, const BgcUpload *session)
{
  BgcUploadProtocol wanted = self->job->upload_protocol;

  if (self->step == BGC_WORKER_STEP_REPLY)
    return "a session changed while the reply came";
  if (wanted != BGC_UPLOAD_PROTOCOL_AUTO && session->protocol != wanted)
    return "it speaks another protocol than its owner said";
  if (self->step == BGC_WORKER_STEP_BEGIN && session->stage == BGC_UPLOAD_STAGE_OPEN
      && !bgc_upload_is_open (session))
    return "a session was opened that has no name";
  if (self->step == BGC_WORKER_STEP_SEND
      && (session->stage == BGC_UPLOAD_STAGE_OPEN || session->stage == BGC_UPLOAD_STAGE_SENT)
      && is_another (session, self->job->upload))
    return "bytes went into a session that is not stored";
  if (self->step == BGC_WORKER_STEP_CLOSE && session->stage != self->stage
      && session->stage != BGC_UPLOAD_STAGE_CLOSED)
    return "a session that was to be closed became something else";
  return NULL;
}

/* Likewise what it says of the source while a session is opened: all of an empty file may be there then. */
static const char *
find_beginning_lie (const BgcFileReport *file)
{
  if (file->index != BGC_UPLOAD_FILE)
    return "a report of a file that is not being sent";
  if (file->event == BGC_FILE_EVENT_RESTARTED || (file->durable > 0 && file->event != BGC_FILE_EVENT_FAILED))
    return "bytes before their session was stored";
  return NULL;
}

/* Likewise of the source while sending it. */
static const char *
find_sending_lie (const BgcWorkerSteps *self, const BgcReport *report, const BgcFileReport *file)
{
  gboolean fell = file->durable < self->durable || file->event == BGC_FILE_EVENT_RESTARTED;

  if (file->index != BGC_UPLOAD_FILE)
    return "a report of a file that is not being sent";
  if (fell && file->event != BGC_FILE_EVENT_FAILED && report->upload == NULL)
    return "the server's offset fell without a word of the session";
  return NULL;
}

/* Likewise of the reply. */
static const char *
find_reply_lie (const BgcWorkerSteps *self, const BgcFileReport *file)
{
  if (file->index != BGC_UPLOAD_REPLY)
    return "a report of a file that is not being fetched";
  if (file->event != BGC_FILE_EVENT_RESTARTED && file->durable < self->durable)
    return "durable bytes fell";
  return NULL;
}

static const char *
find_file_lie (const BgcWorkerSteps *self, const BgcReport *report, const BgcFileReport *file)
{
  const char *lie;

  if (!self->under_way)
    return "a report of a step that has ended";
  if (self->step == BGC_WORKER_STEP_CLOSE)
    lie = file->index == BGC_UPLOAD_FILE && file->event == BGC_FILE_EVENT_FAILED
            ? NULL
            : "closing a session moved a file";
  else if (self->step == BGC_WORKER_STEP_BEGIN)
    lie = find_beginning_lie (file);
  else if (self->step == BGC_WORKER_STEP_SEND)
    lie = find_sending_lie (self, report, file);
  else
    lie = find_reply_lie (self, file);
  if (lie != NULL || file->event != BGC_FILE_EVENT_WHOLE)
    return lie;
  if (file->durable != file->total)
    return "a whole file has bytes missing";
  if (self->expected != BGC_SIZE_UNKNOWN && file->total != self->expected)
    return "a whole file has another size than its owner said";
  return NULL;
}

/* A failure takes nothing away, unless the session went with it. */
static void
keep_durable (const BgcWorkerSteps *self, const BgcReport *report, BgcFileReport *file)
{
  if (self->step == BGC_WORKER_STEP_SEND && report->upload != NULL && is_nothing (report->upload))
    file->durable = 0;
  else
    file->durable = MAX (file->durable, self->durable);
  if (file->total < file->durable)
    file->total = BGC_SIZE_UNKNOWN;
}

static const char *
accept_file (BgcWorkerSteps *self, const BgcReport *report, BgcFileReport *file)
{
  const char *lie;

  if (file->event == BGC_FILE_EVENT_FAILED)
    keep_durable (self, report, file);
  lie = find_file_lie (self, report, file);
  if (lie != NULL)
    return lie;
  self->durable = file->durable;
  if (file->event == BGC_FILE_EVENT_WHOLE || file->event == BGC_FILE_EVENT_FAILED)
    self->under_way = FALSE;
  return NULL;
}

/* Whether the source's bytes, all files of the report heard, and the session agree. */
static const char *
find_disagreement (const BgcWorkerSteps *self, const BgcUpload *session, BgcFileEvent last)
{
  gboolean whole = last == BGC_FILE_EVENT_WHOLE;
  gboolean sent = session != NULL
                  && (session->stage == BGC_UPLOAD_STAGE_SENT || session->stage == BGC_UPLOAD_STAGE_CLOSED);

  /* One that failed says what it knows; the next step sorts that out. */
  if ((self->step != BGC_WORKER_STEP_BEGIN && self->step != BGC_WORKER_STEP_SEND)
      || last == BGC_FILE_EVENT_FAILED)
    return NULL;
  if (whole != sent)
    return whole ? "a whole file without its session" : "a session is done with bytes missing";
  if (session != NULL && is_nothing (session) && self->durable > 0)
    return "bytes without a session";
  return NULL;
}

static BgcFileEvent
last_event (const BgcReport *report)
{
  const BgcFileReport *last;

  if (report->files->len == 0)
    return BGC_FILE_EVENT_PROGRESS;
  last = g_ptr_array_index (report->files, report->files->len - 1);
  return last->event;
}

gboolean
bgc_worker_steps_accept (BgcWorkerSteps *self, BgcReport *report, GError **error)
{
  const char *lie = report->received < self->received ? "received bytes fell" : NULL;

  self->received = report->received;
  if (lie == NULL && report->upload != NULL)
    lie = self->under_way ? find_session_lie (self, report->upload) : "a session changed without a step";
  for (guint i = 0; i < report->files->len && lie == NULL; i++)
    lie = accept_file (self, report, g_ptr_array_index (report->files, i));
  if (lie == NULL)
    lie = find_disagreement (self, report->upload, last_event (report));
  if (lie == NULL && report->upload != NULL)
    {
      self->stage = report->upload->stage;
      if (is_step_ended (self->step, report->upload))
        self->under_way = FALSE;
    }
  if (lie != NULL)
    g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker broke the rules: %s", lie);
  return lie == NULL;
}
