/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-checks.h"

#include <string.h>

#include "model/bgc-placement.h"
#include "workers/bgc-worker-codec.h"

/* Paths of one call, and bytes of them. */
#define MAX_PATHS 1000
#define MAX_BYTES (256 * 1024)
/* A directory whose file system does not answer: as long as Cancel waits for it. */
#define ANSWER_TIME (10 * G_USEC_PER_SEC)

/* Somebody's question. */
typedef struct
{
  GTask *task;  /* (owned) */
  char **paths; /* (owned) */
  guint count;
  guint out;           /* of the paths not yet answered, how many the call that is out has */
  GPtrArray *verdicts; /* (owned) element-type BgcPathVerdict, so far */
} Question;

struct _BgcWorkerChecks
{
  BgcClock *clock; /* (owned) */
  void (*changed) (gpointer data);
  gpointer data;       /* borrowed */
  BgcWorkerLink *link; /* borrowed (nullable) */
  GQueue questions;    /* (owned) element-type Question, oldest first */
  guint64 call;        /* number of the call that is out, 0 = none */
  guint64 calls;       /* made so far */
  guint64 alarm;       /* for its answer */
};

/* What an answer needs to find its way: a late one finds that its call is not out any more. */
typedef struct
{
  BgcWorkerChecks *checks; /* borrowed: answers come only while the link is open */
  guint64 call;
} Ticket;

static void
ask (BgcWorkerChecks *self);

static void
question_free (Question *question)
{
  g_clear_object (&question->task);
  g_strfreev (question->paths);
  g_clear_pointer (&question->verdicts, g_ptr_array_unref);
  g_free (question);
}

BgcWorkerChecks *
bgc_worker_checks_new (BgcClock *clock, void (*changed) (gpointer data), gpointer data)
{
  BgcWorkerChecks *self = g_new0 (BgcWorkerChecks, 1);

  self->clock = g_object_ref (clock);
  self->changed = changed;
  self->data = data;
  g_queue_init (&self->questions);
  return self;
}

void
bgc_worker_checks_free (BgcWorkerChecks *self)
{
  bgc_clock_clear_alarm (self->clock, &self->alarm);
  g_queue_clear_full (&self->questions, (GDestroyNotify)question_free);
  g_clear_object (&self->clock);
  g_free (self);
}

static void
return_verdicts (Question *question)
{
  g_task_return_pointer (question->task, g_steal_pointer (&question->verdicts),
                         (GDestroyNotify)g_ptr_array_unref);
  question_free (question);
}

/* Ends the call that is out. */
static void
call_ended (BgcWorkerChecks *self)
{
  self->call = 0;
  bgc_clock_clear_alarm (self->clock, &self->alarm);
}

/* Returns @done (element-type Question) after everything else is in order: whoever is called back may
 * ask again. */
static void
settle (BgcWorkerChecks *self, GQueue *done, gboolean timed_out)
{
  Question *question;

  ask (self);
  while ((question = g_queue_pop_head (done)) != NULL)
    {
      if (!timed_out)
        {
          return_verdicts (question);
          continue;
        }
      g_task_return_new_error (question->task, BGC_ERROR, BGC_ERROR_TIMEOUT,
                               "The file system does not answer");
      question_free (question);
    }
  if (!bgc_worker_checks_is_busy (self))
    self->changed (self->data);
}

static void
on_late (gpointer data)
{
  BgcWorkerChecks *self = data;
  GQueue late = G_QUEUE_INIT;

  self->alarm = 0;
  call_ended (self);
  while (self->questions.head != NULL && ((Question *)self->questions.head->data)->out > 0)
    g_queue_push_tail (&late, g_queue_pop_head (&self->questions));
  settle (self, &late, TRUE);
}

/* The verdict about the path at @position: allowed and nothing more where @others (element-type (u(bsss)))
 * do not tell of it. @next: how many of them have been used. */
static BgcPathVerdict *
take_verdict (GVariant *others, gsize *next, guint32 position, GError **error)
{
  g_autoptr (GVariant) item = NULL;
  guint32 told = G_MAXUINT32;

  if (*next < g_variant_n_children (others))
    {
      g_autoptr (GVariant) other = g_variant_get_child_value (others, *next);

      g_variant_get (other, "(u@(bsss))", &told, &item);
    }
  if (told != position)
    return bgc_path_verdict_new (TRUE, BGC_N_ERRORS, NULL, NULL);
  *next += 1;
  return bgc_worker_codec_read_verdict (item, error);
}

/* Hands @answer to the questions in order; FALSE with @error for a breach. */
static gboolean
take_verdicts (BgcWorkerChecks *self, GVariant *answer, GError **error)
{
  g_autoptr (GVariant) others = NULL;
  guint32 used = 0, count = 0;
  gsize next = 0;

  g_variant_get (answer, "(u@a(u(bsss)))", &count, &others);
  for (GList *l = self->questions.head; l != NULL && used < count; l = l->next)
    {
      Question *question = l->data;

      for (; question->out > 0 && used < count; question->out--)
        {
          BgcPathVerdict *verdict = take_verdict (others, &next, used++, error);

          if (verdict == NULL)
            return FALSE;
          g_ptr_array_add (question->verdicts, verdict);
        }
    }
  if (used == count && count > 0 && next == g_variant_n_children (others))
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "It answers %s paths than it was asked",
               count == 0 ? "fewer" : "more");
  return FALSE;
}

static void
on_answer (GVariant *answer, gpointer data)
{
  const Ticket *ticket = data;
  BgcWorkerChecks *self = ticket->checks;
  GQueue done = G_QUEUE_INIT;
  g_autoptr (GError) error = NULL;

  if (ticket->call != self->call)
    return;
  call_ended (self);
  if (!take_verdicts (self, answer, &error))
    {
      bgc_worker_link_refuse (self->link, error->message);
      return;
    }
  for (GList *l = self->questions.head; l != NULL; l = l->next)
    ((Question *)l->data)->out = 0;
  while (self->questions.head != NULL)
    {
      Question *question = self->questions.head->data;

      if (question->verdicts->len < question->count)
        break;
      g_queue_push_tail (&done, g_queue_pop_head (&self->questions));
    }
  settle (self, &done, FALSE);
}

/* Puts as many paths of @question into the call as still fit. */
static void
gather (Question *question, GVariantBuilder *builder, guint *count, gsize *bytes)
{
  question->out = 0;
  for (guint i = question->verdicts->len; i < question->count && *count < MAX_PATHS && *bytes < MAX_BYTES;
       i++)
    {
      g_variant_builder_add (builder, "s", question->paths[i]);
      *bytes += strlen (question->paths[i]);
      *count += 1;
      question->out++;
    }
}

static void
ask (BgcWorkerChecks *self)
{
  GVariantBuilder builder;
  Ticket *ticket;
  guint count = 0;
  gsize bytes = 0;

  if (self->link == NULL || self->call != 0 || self->questions.head == NULL)
    return;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("as"));
  for (GList *l = self->questions.head; l != NULL && count < MAX_PATHS && bytes < MAX_BYTES; l = l->next)
    gather (l->data, &builder, &count, &bytes);
  self->call = ++self->calls;
  self->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + ANSWER_TIME, "path check",
                                     on_late, self);
  ticket = g_new0 (Ticket, 1);
  ticket->checks = self;
  ticket->call = self->call;
  bgc_worker_link_call (self->link, "Check", g_variant_new ("(as)", &builder),
                        "(" BGC_WORKER_CODEC_VERDICTS ")", on_answer, ticket, g_free);
}

void
bgc_worker_checks_add (BgcWorkerChecks *self, GTask *task, const char *const *paths)
{
  Question *question = g_new0 (Question, 1);

  question->task = task;
  question->paths = g_strdupv ((char **)paths);
  question->count = g_strv_length (question->paths);
  question->verdicts = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_path_verdict_free);
  if (question->count == 0)
    {
      return_verdicts (question);
      return;
    }
  g_queue_push_tail (&self->questions, question);
  ask (self);
}

gboolean
bgc_worker_checks_is_busy (BgcWorkerChecks *self)
{
  return self->questions.head != NULL;
}

void
bgc_worker_checks_open (BgcWorkerChecks *self, BgcWorkerLink *link)
{
  self->link = link;
  ask (self);
}

void
bgc_worker_checks_close (BgcWorkerChecks *self, GPtrArray *tasks)
{
  Question *question;

  self->link = NULL;
  call_ended (self);
  while ((question = g_queue_pop_head (&self->questions)) != NULL)
    {
      g_ptr_array_add (tasks, g_steal_pointer (&question->task));
      question_free (question);
    }
}
