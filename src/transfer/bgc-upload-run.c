/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-run.h"

#include "model/bgc-path.h"
#include "transfer/bgc-file-check.h"
#include "transfer/bgc-piece-size.h"
#include "transfer/bgc-source-stream.h"
#include "transfer/bgc-upload-detection.h"
#include "transfer/bgc-upload-outcome.h"
#include "transfer/bgc-upload-protocols.h"

/* How often a session may be lost, or fall back, or an answer lead nowhere, with no byte more than ever
 * before: then the attempt is given up. */
#define SETBACKS_MAX 3u
/* A file that goes in one request: how often it is told how far that is. Bytes; microseconds. */
#define TELL_BYTES (G_GUINT64_CONSTANT (64) << 20)
#define TELL_INTERVAL (5 * G_USEC_PER_SEC)

/* A step under way. */
typedef struct
{
  BgcUploadRun *run; /* (borrowed) */
  BgcUploadTalk talk;
  const BgcUploadProtocolFunctions *protocol;
  BgcLocalFileSource source;
  BgcPieceSize piece;
  guint falls;        /* of the offset, since the memory's best rose */
  guint idle;         /* answers in a row after which the offset was no higher */
  guint64 sent_begin; /* what the channel had sent when a whole file was begun */
  gint64 told_time;   /* when one last told how far that is, monotonic */
} Step;

/* ---- telling ------------------------------------------------------------------------------------ */

static void
tell_all (Step *step, BgcFileEvent event, BgcFailure *failure, gboolean last)
{
  BgcUploadRun *run = step->run;
  BgcFileReport report = { .index = run->file->index, .event = event, .failure = failure };

  report.durable = run->told;
  report.total = step->source.fd >= 0 ? step->source.size : run->file->bytes_total;
  report.attempts = bgc_upload_channel_requests (run->channel);
  if (step->protocol != NULL && !step->protocol->is_whole_file)
    run->session->fragment = step->piece.bytes;
  run->tell (&report, run->session, last, run->data);
}

static void
tell (Step *step, BgcFileEvent event)
{
  tell_all (step, event, NULL, FALSE);
}

static void
end (Step *step, BgcFileEvent event)
{
  tell_all (step, event, NULL, TRUE);
}

/* A broken request leaves nothing of a whole file; nor does a session that is over, but that is an end and
 * told with it. */
static void
take_back (Step *step)
{
  gboolean told = step->run->told > 0;

  if (step->run->session->stage != BGC_UPLOAD_STAGE_NONE)
    return;
  step->run->told = 0;
  step->talk.offset = 0;
  if (told && step->protocol != NULL && step->protocol->is_whole_file)
    tell (step, BGC_FILE_EVENT_RESTARTED);
}

/* @failure transfer full; NULL: stopped. */
static void
end_badly (Step *step, BgcFailure *failure)
{
  g_autoptr (BgcFailure) mine = failure;

  take_back (step);
  if (mine == NULL)
    {
      tell (step, BGC_FILE_EVENT_PROGRESS);
      return;
    }
  bgc_file_check_name (step->run->file, mine, g_get_real_time ());
  *step->run->memory = BGC_UPLOAD_MEMORY_NONE;
  tell_all (step, BGC_FILE_EVENT_FAILED, mine, TRUE);
}

/* ---- the source --------------------------------------------------------------------------------- */

static gboolean
is_source_known (const BgcUpload *session)
{
  return session->source_inode != 0 || session->source_size != 0 || session->source_mtime != 0;
}

static gboolean
is_source_the_same (const BgcUpload *session, const BgcLocalFileSource *source)
{
  return session->source_inode == source->inode && session->source_device == source->device
         && session->source_size == source->size && session->source_mtime == source->mtime;
}

static void
note_source (Step *step)
{
  BgcUpload *session = step->run->session;

  session->source_size = step->source.size;
  session->source_device = step->source.device;
  session->source_inode = step->source.inode;
  session->source_mtime = step->source.mtime;
}

/* The server is told to drop what it has; then Resume begins with the file as it is now. If that fails the
 * session is kept, for Cancel to remove. */
static BgcUploadResult
give_up_source (Step *step)
{
  gboolean settled = !bgc_upload_is_open (step->run->session) || step->protocol == NULL
                     || step->protocol->cancel (&step->talk) == BGC_UPLOAD_RESULT_DONE;

  if (settled)
    bgc_upload_restart (step->run->session);
  return bgc_upload_talk_fail (&step->talk, bgc_source_stream_changed (&step->source));
}

/* ---- sessions ----------------------------------------------------------------------------------- */

static BgcUploadResult
give_up_progress (Step *step, const char *message)
{
  return bgc_upload_talk_fail (
    &step->talk, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_NO_PROGRESS, TRUE, "%s", message));
}

static gboolean
is_finished (Step *step)
{
  return step->run->session->stage == BGC_UPLOAD_STAGE_SENT
         || step->run->session->stage == BGC_UPLOAD_STAGE_CLOSED;
}

static BgcUploadResult
begin_session (Step *step)
{
  BgcUpload *session = step->run->session;
  BgcUploadResult result;

  step->run->told = 0;
  note_source (step);
  result = step->protocol->begin (&step->talk);
  if (session->stage == BGC_UPLOAD_STAGE_NONE)
    bgc_upload_restart (session);
  step->run->memory->fresh = result == BGC_UPLOAD_RESULT_DONE && session->stage == BGC_UPLOAD_STAGE_OPEN;
  return result;
}

static BgcUploadResult
begin_whole_file (Step *step)
{
  BgcUpload *session = step->run->session;

  /* Of an upload that came to its end before. */
  if (session->stage != BGC_UPLOAD_STAGE_NONE)
    bgc_upload_restart (session);
  take_back (step);
  note_source (step);
  tell (step, BGC_FILE_EVENT_PROGRESS);
  return step->protocol->begin (&step->talk);
}

static BgcUploadResult
open_session (Step *step)
{
  BgcUpload *session = step->run->session;
  gboolean fresh = step->run->memory->fresh;

  step->run->memory->fresh = FALSE;
  if (step->protocol->is_whole_file)
    return begin_whole_file (step);
  if (!bgc_upload_is_open (session))
    return BGC_UPLOAD_RESULT_LOST;
  return fresh || is_finished (step) ? BGC_UPLOAD_RESULT_DONE : step->protocol->resume (&step->talk);
}

/* Ends the step: the upload begins again from 0, and the new session is stored before it gets a byte.
 *
 * After a crash it may be that every byte was sent before, and that the server published the file and
 * forgot the session since. Servers that keep a session until it is closed (BITS), or for some time
 * (tus, resumable), tell then that they have all; of one that does not, no request of these protocols finds
 * out, and the stored offset is all that is known. To send the file once more is what does no harm: a server
 * publishes the same bytes again, or refuses them and the job's owner hears of it. To take it for
 * published would be to lose it where the session had only expired. */
static void
lose_session (Step *step)
{
  bgc_upload_restart (step->run->session);
  take_back (step);
  if (++step->run->memory->losses > SETBACKS_MAX)
    {
      give_up_progress (step, "The server loses every session before it has the whole file");
      end_badly (step, g_steal_pointer (&step->talk.failure));
      return;
    }
  g_info ("The server has lost the session of an upload, which begins again from 0");
  end (step, BGC_FILE_EVENT_RESTARTED);
}

static BgcUploadResult
ask_again (Step *step)
{
  if (++step->idle >= SETBACKS_MAX)
    return give_up_progress (step, "The server does not take the part of the file that it asked for");
  return step->protocol->resume (&step->talk);
}

/* ---- pieces ------------------------------------------------------------------------------------- */

static guint64
next_length (Step *step)
{
  guint64 left = step->source.size - step->talk.offset;

  if (step->protocol->is_whole_file)
    return step->source.size;
  bgc_piece_size_limit (&step->piece, step->talk.piece_max);
  return MIN (left, MAX (step->piece.bytes, MIN (step->talk.piece_min, step->talk.piece_max)));
}

static BgcUploadResult
shrink (Step *step)
{
  guint64 length = next_length (step);

  /* A server that wants at least as much has contradicted itself. */
  if (length > step->talk.piece_min && bgc_piece_size_refuse (&step->piece, length))
    return BGC_UPLOAD_RESULT_DONE;
  return bgc_upload_talk_fail (&step->talk, bgc_upload_outcome_of_size (413));
}

/* A server that wants the same bytes again and again must not be fed for ever. */
static BgcUploadResult
judge_progress (Step *step, guint64 before)
{
  guint64 now = step->talk.offset;

  step->idle = now > before ? 0 : step->idle + 1;
  step->falls += now < before ? 1 : 0;
  if (now > step->run->memory->best)
    {
      step->run->memory->best = now;
      step->falls = step->run->memory->losses = 0;
    }
  if (is_finished (step))
    return BGC_UPLOAD_RESULT_DONE;
  if (now > step->run->told)
    {
      step->run->told = now;
      tell (step, BGC_FILE_EVENT_PROGRESS);
    }
  if (step->idle >= SETBACKS_MAX || step->falls > SETBACKS_MAX)
    return give_up_progress (step, "The server asks for the same part of the file again and again");
  return BGC_UPLOAD_RESULT_DONE;
}

static BgcUploadResult
send_piece (Step *step)
{
  guint64 before = step->talk.offset;
  guint64 length = next_length (step);
  gint64 begin = g_get_monotonic_time ();
  BgcUploadResult result;

  if (!bgc_local_file_source_is_unchanged (&step->source))
    return give_up_source (step);
  step->sent_begin = bgc_upload_channel_sent (step->run->channel);
  step->told_time = begin;
  result = step->protocol->append (&step->talk, &step->source, length);
  if (result == BGC_UPLOAD_RESULT_DONE)
    {
      bgc_piece_size_grow (&step->piece, length, g_get_monotonic_time () - begin);
      return judge_progress (step, before);
    }
  if (result == BGC_UPLOAD_RESULT_FAILED && step->talk.failure != NULL)
    {
      if (step->talk.failure->code == BGC_ERROR_LOCAL_FILE_CHANGED)
        return give_up_source (step);
      if (step->talk.failure->context == BGC_CONTEXT_TRANSPORT)
        bgc_piece_size_lose (&step->piece);
    }
  return result;
}

/* ---- beginning and sending ---------------------------------------------------------------------- */

/* In the midst of a call: how far a whole file is, of which the server tells nothing before its end. */
static void
on_moved (gpointer data)
{
  Step *step = data;
  BgcUploadRun *run = step->run;
  guint64 sent = bgc_upload_channel_sent (run->channel) - step->sent_begin;
  gint64 now = g_get_monotonic_time ();

  run->moved (run->data);
  if (step->protocol == NULL || !step->protocol->is_whole_file || sent >= step->source.size
      || sent <= run->told)
    return;
  if (sent - run->told < TELL_BYTES && now - step->told_time < TELL_INTERVAL)
    return;
  step->told_time = now;
  run->told = sent;
  tell (step, BGC_FILE_EVENT_PROGRESS);
}

static BgcUploadResult
prepare (Step *step)
{
  BgcUpload *session = step->run->session;
  BgcFailure *failure = bgc_local_file_source_open (&step->source, step->run->file->local);

  if (failure != NULL)
    return bgc_upload_talk_fail (&step->talk, failure);
  step->talk.size = step->source.size;
  step->talk.offset = MIN (step->run->told, step->source.size);
  step->run->memory->best = MAX (step->run->memory->best, step->talk.offset);
  step->protocol = bgc_upload_protocols_find (session->protocol);
  if (is_source_known (session) && !is_source_the_same (session, &step->source))
    return give_up_source (step);
  if (step->protocol == NULL && bgc_upload_detection_run (&step->talk) != BGC_UPLOAD_RESULT_DONE)
    return BGC_UPLOAD_RESULT_FAILED;
  step->protocol = bgc_upload_protocols_find (session->protocol);
  g_debug ("Uploading with %s", step->protocol->name);
  return BGC_UPLOAD_RESULT_DONE;
}

static void
end_whole (Step *step)
{
  step->run->told = step->source.size;
  end (step, BGC_FILE_EVENT_WHOLE);
}

static void
begin_all (Step *step)
{
  BgcUploadResult result = prepare (step);

  if (result == BGC_UPLOAD_RESULT_DONE && !step->protocol->is_whole_file
      && !bgc_upload_is_open (step->run->session))
    result = begin_session (step);
  if (result != BGC_UPLOAD_RESULT_DONE)
    end_badly (step, g_steal_pointer (&step->talk.failure));
  else if (is_finished (step))
    end_whole (step);
  else
    end (step, BGC_FILE_EVENT_PROGRESS);
}

static void
send_all (Step *step)
{
  BgcUploadResult result = prepare (step);

  if (result == BGC_UPLOAD_RESULT_DONE)
    result = open_session (step);
  while (result != BGC_UPLOAD_RESULT_FAILED && result != BGC_UPLOAD_RESULT_LOST && !is_finished (step))
    {
      if (result == BGC_UPLOAD_RESULT_OUT_OF_STEP)
        result = ask_again (step);
      else if (result == BGC_UPLOAD_RESULT_SMALLER)
        result = shrink (step);
      else
        result = send_piece (step);
    }
  if (result == BGC_UPLOAD_RESULT_FAILED)
    end_badly (step, g_steal_pointer (&step->talk.failure));
  else if (result == BGC_UPLOAD_RESULT_LOST)
    lose_session (step);
  else
    end_whole (step);
}

static void
step_begin (Step *step, BgcUploadRun *run)
{
  *step = (Step){ .run = run, .source = BGC_LOCAL_FILE_SOURCE_NONE };
  bgc_upload_channel_set_moved (run->channel, on_moved, step);
  bgc_upload_talk_init (&step->talk, run->channel, run->file->remote, run->session);
  step->talk.name = bgc_path_base (run->file->local);
  step->talk.wants_reply = run->wants_reply;
  step->talk.was_odd = run->memory->was_odd;
  step->talk.piece_min = run->memory->piece_min;
  step->talk.piece_max = run->memory->piece_max;
  bgc_piece_size_init (&step->piece, run->session->fragment);
}

static void
step_end (Step *step)
{
  step->run->memory->was_odd = step->talk.was_odd;
  step->run->memory->piece_min = step->talk.piece_min;
  step->run->memory->piece_max = step->talk.piece_max;
  bgc_upload_channel_set_moved (step->run->channel, NULL, NULL);
  bgc_upload_talk_clear (&step->talk);
  bgc_local_file_source_clear (&step->source);
}

void
bgc_upload_run_begin (BgcUploadRun *self)
{
  Step step;

  step_begin (&step, self);
  begin_all (&step);
  step_end (&step);
}

void
bgc_upload_run_send (BgcUploadRun *self)
{
  Step step;

  step_begin (&step, self);
  send_all (&step);
  step_end (&step);
}

/* ---- closing ------------------------------------------------------------------------------------ */

static void
close_session (Step *step)
{
  BgcUpload *session = step->run->session;
  const BgcUploadProtocolFunctions *protocol = bgc_upload_protocols_find (session->protocol);

  step->talk.size = step->talk.offset = step->run->told;
  if (session->stage == BGC_UPLOAD_STAGE_SENT && bgc_upload_is_open (session) && protocol != NULL
      && protocol->close != NULL && protocol->close (&step->talk) != BGC_UPLOAD_RESULT_DONE)
    {
      if (step->talk.failure != NULL)
        end_badly (step, g_steal_pointer (&step->talk.failure));
      return;
    }
  session->stage = BGC_UPLOAD_STAGE_CLOSED;
  step->run->tell (NULL, session, TRUE, step->run->data);
}

void
bgc_upload_run_close (BgcUploadRun *self)
{
  Step step;

  step_begin (&step, self);
  close_session (&step);
  step_end (&step);
}
