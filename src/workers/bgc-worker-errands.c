/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-errands.h"

#include "model/bgc-job-secrets-variant.h"
#include "model/bgc-path.h"
#include "model/bgc-record.h"
#include "workers/bgc-worker-codec.h"
#include "workers/bgc-workers.h"

/* A file system that does not answer: as long as Cancel waits for it. */
#define FILE_TIME (10 * G_USEC_PER_SEC)
/* A server that does not: what the worker itself gives it, and some. */
#define SERVER_TIME (90 * G_USEC_PER_SEC)
/* An alarm later than this came out of suspend: the worker slept too, and is given its time again. */
#define LATE (2 * G_USEC_PER_SEC)
/* All directories ever used, on file systems of all kinds. */
#define SEARCH_TIME (60 * G_USEC_PER_SEC)
/* Files in one answer. */
#define MAX_FOUND 100
/* Bytes of a reply in one answer: a quarter of a frame. */
#define PORTION (256 * 1024)

typedef struct _Errand Errand;

/* What is particular to each kind. */
typedef struct
{
  const char *method;
  const char *type;                        /* of its answer */
  gint64 time;                             /* microseconds for the answer */
  gboolean (*ask) (Errand *errand);        /* TRUE if a call was made; else it has ended */
  /* Takes an answer of that type: FALSE with @error for a breach. Sets result or failed where that is
   * the end; else there is more to ask. */
  gboolean (*take) (Errand *errand, GVariant *answer, GError **error);
  GDestroyNotify free_result;
} Kind;

struct _Errand
{
  BgcWorkerErrands *errands; /* borrowed */
  guint64 number;
  const Kind *kind;          /* static */
  GTask *task;               /* (owned) */
  GVariant *arguments;       /* (owned) of the call; of a reply, all but the offset */
  guint64 size;              /* bytes of a reply */
  GByteArray *bytes;         /* (owned) (nullable) of a reply so far */
  gpointer result;           /* (owned) (nullable) by free_result */
  GError *failed;            /* (owned) (nullable) */
  gboolean out;              /* a call is */
  guint64 alarm;             /* for its answer */
  gint64 due;                /* boot microseconds: when it goes off */
};

struct _BgcWorkerErrands
{
  BgcClock *clock; /* (owned) */
  void (*changed) (gpointer data);
  gpointer data;       /* borrowed */
  BgcWorkerLink *link; /* borrowed (nullable) */
  GQueue errands;      /* (owned) element-type Errand, oldest first; few */
  guint64 numbers;     /* given so far */
};

/* What an answer needs to find its errand, if somebody still waits for it. */
typedef struct
{
  BgcWorkerErrands *errands; /* borrowed: answers come only while the link is open */
  guint64 number;
} Ticket;

void
bgc_worker_errands_cancelled_free (BgcWorkerErrandsCancelled *cancelled)
{
  if (cancelled == NULL)
    return;
  bgc_failure_free (cancelled->failure);
  g_free (cancelled);
}

static void
errand_free (Errand *errand)
{
  bgc_clock_clear_alarm (errand->errands->clock, &errand->alarm);
  g_clear_object (&errand->task);
  g_clear_pointer (&errand->arguments, g_variant_unref);
  g_clear_pointer (&errand->bytes, g_byte_array_unref);
  g_clear_pointer (&errand->result, errand->kind->free_result);
  g_clear_error (&errand->failed);
  g_free (errand);
}

BgcWorkerErrands *
bgc_worker_errands_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data)
{
  BgcWorkerErrands *self = g_new0 (BgcWorkerErrands, 1);

  self->clock = g_object_ref (clock);
  self->changed = changed;
  self->data = data;
  g_queue_init (&self->errands);
  return self;
}

void
bgc_worker_errands_free (BgcWorkerErrands *self)
{
  g_queue_clear_full (&self->errands, (GDestroyNotify)errand_free);
  g_clear_object (&self->clock);
  g_free (self);
}

/* Takes @errand out and returns its task; whoever is called back may come again. */
static void
finish (Errand *errand)
{
  BgcWorkerErrands *self = errand->errands;

  g_queue_remove (&self->errands, errand);
  if (errand->failed != NULL)
    g_task_return_error (errand->task, g_steal_pointer (&errand->failed));
  else
    g_task_return_pointer (errand->task, g_steal_pointer (&errand->result), errand->kind->free_result);
  errand_free (errand);
  if (!bgc_worker_errands_is_busy (self))
    self->changed (self->data);
}

static void
set_alarm (Errand *errand);

static void
on_late (gpointer data)
{
  Errand *errand = data;
  BgcWorkerErrands *self = errand->errands;

  errand->alarm = 0;
  if (bgc_clock_boot (self->clock) > errand->due + LATE)
    {
      set_alarm (errand);
      return;
    }
  /* A server's slowness is the worker's to bound, a file system's is nobody's. */
  if (errand->kind->time == SERVER_TIME)
    {
      bgc_worker_link_refuse (self->link, "it did not give a server up in time");
      return;
    }
  g_set_error_literal (&errand->failed, BGC_ERROR, BGC_ERROR_TIMEOUT, "The file system does not answer");
  finish (errand);
}

static void
set_alarm (Errand *errand)
{
  BgcClock *clock = errand->errands->clock;

  errand->due = bgc_clock_boot (clock) + errand->kind->time;
  errand->alarm = bgc_clock_set_alarm (clock, errand->due, errand->kind->method, on_late, errand);
}

static Errand *
find (BgcWorkerErrands *self, guint64 number)
{
  for (GList *l = self->errands.head; l != NULL; l = l->next)
    if (((Errand *)l->data)->number == number)
      return l->data;
  return NULL;
}

static void
send_errand (Errand *errand);

static void
on_answer (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  BgcWorkerErrands *self = ticket->errands;
  Errand *errand = find (self, ticket->number);
  g_autoptr (GError) error = NULL;

  if (errand == NULL)
    return;
  errand->out = FALSE;
  bgc_clock_clear_alarm (self->clock, &errand->alarm);
  if (!errand->kind->take (errand, answer, &error))
    bgc_worker_link_refuse (self->link, error->message);
  else if (errand->result != NULL || errand->failed != NULL)
    finish (errand);
  else
    send_errand (errand);
}

static void
call (Errand *errand, GVariant *arguments)
{
  Ticket *ticket = g_new0 (Ticket, 1);

  ticket->errands = errand->errands;
  ticket->number = errand->number;
  errand->out = TRUE;
  set_alarm (errand);
  bgc_worker_link_call (errand->errands->link, errand->kind->method, arguments, errand->kind->type, on_answer,
                        ticket, g_free);
}

static void
send_errand (Errand *errand)
{
  if (errand->errands->link != NULL && !errand->out && !errand->kind->ask (errand))
    finish (errand);
}

static void
add (BgcWorkerErrands *self, const Kind *kind, GTask *task, GVariant *arguments, guint64 size)
{
  Errand *errand = g_new0 (Errand, 1);

  errand->errands = self;
  errand->number = ++self->numbers;
  errand->kind = kind;
  errand->task = task;
  errand->arguments = g_variant_ref_sink (arguments);
  errand->size = size;
  g_queue_push_tail (&self->errands, errand);
  send_errand (errand);
}

static gboolean
breach (GError **error, const char *what)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker broke the rules: %s", what);
  return FALSE;
}

/* @message (nullable). */
static void
set_failed (Errand *errand, BgcErrorCode code, const char *message)
{
  errand->failed
    = g_error_new_literal (BGC_ERROR, code, message == NULL ? "The file cannot be read" : message);
}

static gboolean
ask_once (Errand *errand)
{
  call (errand, errand->arguments);
  return TRUE;
}

static gboolean
take_source (Errand *errand, GVariant *answer, GError **error)
{
  g_autoptr (BgcPathVerdict) verdict = NULL;
  g_autoptr (GVariant) item = NULL;
  guint64 size;

  g_variant_get (answer, "(@(bsss)t)", &item, &size);
  verdict = bgc_worker_codec_read_verdict (item, error);
  if (verdict == NULL)
    return FALSE;
  if (size > G_MAXINT64)
    return breach (error, "a size is impossible");
  if (verdict->allowed)
    errand->result = g_memdup2 (&size, sizeof size);
  else
    set_failed (errand, verdict->code, verdict->message);
  return TRUE;
}

static const Kind source_kind = { "CheckSource", "((bsss)t)", FILE_TIME, ask_once, take_source, g_free };

void
bgc_worker_errands_check_source (BgcWorkerErrands *self, GTask *task, const char *path)
{
  add (self, &source_kind, task, g_variant_new ("(s)", path), 0);
}

static const Kind trust_kind = { "CheckTrusted", "((bsss)t)", FILE_TIME, ask_once, take_source, g_free };

void
bgc_worker_errands_check_trusted (BgcWorkerErrands *self, GTask *task, const char *const *paths)
{
  add (self, &trust_kind, task, g_variant_new ("(^as)", paths), 0);
}

static const Kind room_kind = { "CheckRoom", "((bsss)t)", FILE_TIME, ask_once, take_source, g_free };

void
bgc_worker_errands_check_room (BgcWorkerErrands *self, GTask *task, const BgcFile *file, guint64 reserve)
{
  GByteArray *bytes = g_byte_array_new ();

  bgc_worker_codec_add_file (bytes, file);
  add (self, &room_kind, task, g_variant_new ("(@ayt)", bgc_record_end (bytes), reserve), 0);
}

static gboolean
take_cancelled (Errand *errand, GVariant *answer, GError **error)
{
  BgcWorkerErrandsCancelled *cancelled = g_new0 (BgcWorkerErrandsCancelled, 1);
  g_autoptr (GVariant) dict = NULL;

  g_variant_get (answer, "(b@a{sv})", &cancelled->settled, &dict);
  errand->result = cancelled;
  if (!bgc_worker_codec_read_failure (dict, BGC_UPLOAD_FILE, bgc_clock_wall (errand->errands->clock),
                                      &cancelled->failure, error))
    return FALSE;
  return cancelled->settled || cancelled->failure != NULL
         || breach (error, "a session neither cancelled nor not");
}

static const Kind cancel_kind = { "CancelSession", "(ba{sv})",
                                  SERVER_TIME,     ask_once,
                                  take_cancelled,  (GDestroyNotify)bgc_worker_errands_cancelled_free };

void
bgc_worker_errands_cancel_session (BgcWorkerErrands *self, GTask *task, const BgcJob *job)
{
  const BgcFile *source = bgc_file_list_find (job->files, BGC_UPLOAD_FILE);
  const char *remote = source == NULL || !bgc_worker_codec_is_text (source->remote) ? "" : source->remote;
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];

  bgc_job_id_to_hex (&job->id, hex);
  add (self, &cancel_kind, task,
       g_variant_new ("(ss@a{sv}@a{sv})", hex, remote, bgc_worker_codec_session (job),
                      bgc_job_secrets_variant_new (job->secrets)),
       0);
}

/* FALSE once the whole reply is there. */
static gboolean
ask_portion (Errand *errand)
{
  const char *directory, *temporary;
  guint64 device, inode;

  if (errand->bytes == NULL)
    errand->bytes = g_byte_array_new ();
  if (errand->bytes->len == errand->size)
    {
      errand->result = g_byte_array_free_to_bytes (g_steal_pointer (&errand->bytes));
      return FALSE;
    }
  g_variant_get (errand->arguments, "(&s&stt)", &directory, &temporary, &device, &inode);
  call (errand, g_variant_new ("(sstttt)", directory, temporary, device, inode, errand->size,
                               (guint64)errand->bytes->len));
  return TRUE;
}

static gboolean
take_portion (Errand *errand, GVariant *answer, GError **error)
{
  g_autoptr (GVariant) data = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (BgcFailure) failure = NULL;
  const void *bytes;
  gsize length;

  g_variant_get (answer, "(@ay@a{sv})", &data, &dict);
  bytes = g_variant_get_fixed_array (data, &length, 1);
  if (!bgc_worker_codec_read_failure (dict, BGC_UPLOAD_REPLY, 0, &failure, error))
    return FALSE;
  if (failure != NULL)
    {
      set_failed (errand, failure->code, failure->message);
      return TRUE;
    }
  if (length == 0 || length > PORTION || length > errand->size - errand->bytes->len)
    return breach (error, "a reply in portions of another size");
  g_byte_array_append (errand->bytes, bytes, length);
  return TRUE;
}

static const Kind reply_kind = { "ReadReply", "(aya{sv})",  FILE_TIME,
                                 ask_portion, take_portion, (GDestroyNotify)g_bytes_unref };

void
bgc_worker_errands_read_reply (BgcWorkerErrands *self, GTask *task, const BgcFile *reply)
{
  g_autofree char *directory = g_path_get_dirname (reply->local);
  gboolean sound = bgc_worker_codec_is_text (directory) && bgc_worker_codec_is_text (reply->temporary);

  if (reply->bytes_transferred > BGC_WORKERS_REPLY_MAX || !sound)
    {
      g_task_return_new_error (task, BGC_ERROR, sound ? BGC_ERROR_TOO_LARGE : BGC_ERROR_INVALID_PATH, "%s",
                               sound ? "The reply is too long" : "The reply's name is no text");
      g_object_unref (task);
      return;
    }
  add (self, &reply_kind, task,
       g_variant_new ("(sstt)", directory, reply->temporary, reply->device, reply->inode),
       reply->bytes_transferred);
}

static gboolean
take_found (Errand *errand, GVariant *answer, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GVariantIter) files = NULL;
  const char *directory, *temporary;
  guint64 device, inode;
  guint32 tag;

  g_variant_get_child (errand->arguments, 0, "u", &tag);
  g_variant_get (answer, "(a(sstt))", &files);
  if (g_variant_iter_n_children (files) > MAX_FOUND)
    return breach (error, "more files than fit");
  while (g_variant_iter_next (files, "(&s&stt)", &directory, &temporary, &device, &inode))
    {
      g_autofree char *path = g_build_filename (directory, "file", NULL);

      if (!bgc_path_check (path, NULL) || !bgc_path_has_tag (temporary, tag))
        return breach (error, "a temporary file is none");
      g_ptr_array_add (found,
                       bgc_placement_new (found->len, directory, temporary, NULL, device, inode, FALSE));
    }
  errand->result = g_steal_pointer (&found);
  return TRUE;
}

static const Kind find_kind = { "FindTemporaries", "(a(sstt))", SEARCH_TIME,
                                ask_once,          take_found,  (GDestroyNotify)g_ptr_array_unref };

void
bgc_worker_errands_find_temporaries (BgcWorkerErrands *self, GTask *task, guint32 tag, guint first)
{
  add (self, &find_kind, task, g_variant_new ("(uu)", tag, first), 0);
}

gboolean
bgc_worker_errands_is_busy (BgcWorkerErrands *self)
{
  return self->errands.head != NULL;
}

void
bgc_worker_errands_drop (BgcWorkerErrands *self, GPtrArray *tasks)
{
  Errand *errand;

  while ((errand = g_queue_pop_head (&self->errands)) != NULL)
    {
      g_ptr_array_add (tasks, g_steal_pointer (&errand->task));
      errand_free (errand);
    }
}

static Errand *
next_unsent (BgcWorkerErrands *self)
{
  for (GList *l = self->errands.head; l != NULL; l = l->next)
    if (!((Errand *)l->data)->out)
      return l->data;
  return NULL;
}

void
bgc_worker_errands_open (BgcWorkerErrands *self, BgcWorkerLink *link)
{
  Errand *errand;

  self->link = link;
  while (self->link != NULL && (errand = next_unsent (self)) != NULL)
    send_errand (errand);
}

void
bgc_worker_errands_close (BgcWorkerErrands *self, GPtrArray *tasks)
{
  self->link = NULL;
  bgc_worker_errands_drop (self, tasks);
}
