/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-file-request.h"

#include "transfer/bgc-http-outcome.h"

/* Requests that may lead nowhere: as many as the ladder has rungs. */
#define REQUESTS_MAX 4u

struct _BgcFileRequest
{
  BgcHttpSession *session;                  /* (borrowed) */
  char *url;                                /* (owned) */
  const BgcFileRequestFunctions *functions; /* (borrowed) */
  gpointer data;                            /* (borrowed) */
  GCancellable *cancellable;                /* (owned) (nullable) of the request that is out */
  BgcHttpAsk ask;                           /* what it asked */
  gboolean cancelled;
  guint requests; /* since the last that led somewhere */
  guint attempts; /* in all */
};

BgcFileRequest *
bgc_file_request_new (BgcHttpSession *session, const char *url, const BgcFileRequestFunctions *functions,
                      gpointer data)
{
  BgcFileRequest *self = g_new0 (BgcFileRequest, 1);

  self->session = session;
  self->url = g_strdup (url);
  self->functions = functions;
  self->data = data;
  return self;
}

void
bgc_file_request_free (BgcFileRequest *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->cancellable == NULL);
  g_free (self->url);
  g_free (self);
}

static gboolean
is_an_answer (BgcFileRequest *self, guint status)
{
  switch (status)
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

static BgcHttpVerdict
judge (BgcFileRequest *self, const BgcHttpReply *reply)
{
  BgcHttpHeld held = self->functions->held (self->data);
  BgcHttpAnswer answer = { .status = reply->status,
                           .length = reply->length,
                           .has_range = reply->has_range,
                           .range = reply->range,
                           .etag = reply->etag,
                           .last_modified = reply->last_modified };

  return bgc_http_resume_judge (&held, self->ask, &answer);
}

/* @reply transfer full. */
static void
use_answer (BgcFileRequest *self, BgcHttpReply *reply)
{
  BgcHttpVerdict verdict = judge (self, reply);

  switch (verdict.step)
    {
    case BGC_HTTP_STEP_ASK:
      bgc_http_reply_free (reply);
      bgc_file_request_ask (self, verdict.ask);
      break;
    case BGC_HTTP_STEP_REFUSE:
      bgc_http_reply_free (reply);
      self->functions->failed (
        bgc_http_outcome_of_nonsense ("The server sent a part of the file where all was asked for"),
        self->data);
      break;
    default:
      self->functions->granted (verdict.step, reply, verdict.changed, self->data);
      break;
    }
}

static void
on_reply (BgcHttpReply *reply, BgcFailure *failure, gpointer data)
{
  BgcFileRequest *self = data;

  g_clear_object (&self->cancellable);
  if (self->cancelled)
    {
      bgc_http_reply_free (reply);
      bgc_failure_free (failure);
      self->functions->cancelled (self->data);
      return;
    }
  if (reply == NULL)
    {
      self->functions->failed (failure, self->data);
      return;
    }
  self->functions->answered (self->data);
  if (reply->is_impossible)
    {
      bgc_http_reply_free (reply);
      self->functions->failed (
        bgc_http_outcome_of_nonsense ("The server announced a length that no file can have"), self->data);
      return;
    }
  if (is_an_answer (self, reply->status))
    {
      use_answer (self, reply);
      return;
    }
  failure
    = bgc_http_outcome_of_status (reply->status, reply->retry_after, g_get_real_time () / G_USEC_PER_SEC);
  bgc_http_reply_free (reply);
  self->functions->failed (failure, self->data);
}

void
bgc_file_request_ask (BgcFileRequest *self, BgcHttpAsk what)
{
  BgcHttpHeld held = self->functions->held (self->data);

  g_return_if_fail (self->cancellable == NULL);

  if (self->requests >= REQUESTS_MAX)
    {
      self->functions->failed (bgc_http_outcome_of_nonsense ("The server's answers contradict one another"),
                               self->data);
      return;
    }
  self->requests++;
  self->attempts++;
  self->ask = what;
  self->cancellable = g_cancellable_new ();
  bgc_http_session_get (self->session, self->url, bgc_http_resume_offset (&held, what),
                        bgc_http_resume_condition (&held, what), what != BGC_HTTP_ASK_WHOLE_FILE,
                        self->cancellable, on_reply, self);
}

void
bgc_file_request_go_on (BgcFileRequest *self, BgcHttpSent *sent)
{
  g_return_if_fail (self->cancellable == NULL);

  self->requests++;
  self->attempts++;
  self->ask = BGC_HTTP_ASK_WHOLE_FILE;
  self->cancellable = g_cancellable_new ();
  bgc_http_session_go_on (self->session, sent, self->cancellable, on_reply, self);
}

void
bgc_file_request_begin (BgcFileRequest *self)
{
  BgcHttpHeld held = self->functions->held (self->data);

  bgc_file_request_ask (self, bgc_http_resume_first (&held));
}

void
bgc_file_request_forgive (BgcFileRequest *self)
{
  self->requests = 0;
}

gboolean
bgc_file_request_cancel (BgcFileRequest *self)
{
  if (self->cancellable == NULL)
    return FALSE;
  self->cancelled = TRUE;
  g_cancellable_cancel (self->cancellable);
  return TRUE;
}

gboolean
bgc_file_request_is_out (BgcFileRequest *self)
{
  return self->cancellable != NULL;
}

guint
bgc_file_request_attempts (BgcFileRequest *self)
{
  return self->attempts;
}
