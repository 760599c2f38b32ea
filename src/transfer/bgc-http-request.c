/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-request.h"

#include "transfer/bgc-http-outcome.h"

/* Requests that may lead nowhere: as many as the ladder has rungs. */
#define REQUESTS_MAX 4u

struct _BgcHttpRequest
{
  BgcHttpSession *session;                  /* (borrowed) */
  char *url;                                /* (owned) */
  const BgcHttpRequestFunctions *functions; /* (borrowed) */
  gpointer data;                            /* (borrowed) */
  GCancellable *cancellable;                /* (owned) (nullable) of the request that is out */
  BgcHttpAsk ask;                           /* what it asked */
  gboolean cancelled;
  guint requests; /* since the last that led somewhere */
  guint attempts; /* in all */
};

BgcHttpRequest *
bgc_http_request_new (BgcHttpSession *session, const char *url, const BgcHttpRequestFunctions *functions,
                      gpointer data)
{
  BgcHttpRequest *self = g_new0 (BgcHttpRequest, 1);

  self->session = session;
  self->url = g_strdup (url);
  self->functions = functions;
  self->data = data;
  return self;
}

void
bgc_http_request_free (BgcHttpRequest *self)
{
  if (self == NULL)
    return;
  g_warn_if_fail (self->cancellable == NULL);
  g_free (self->url);
  g_free (self);
}

static gboolean
is_an_answer (BgcHttpRequest *self, guint status)
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
judge (BgcHttpRequest *self, const BgcHttpReply *reply)
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
use_answer (BgcHttpRequest *self, BgcHttpReply *reply)
{
  BgcHttpVerdict verdict = judge (self, reply);

  switch (verdict.step)
    {
    case BGC_HTTP_STEP_ASK:
      bgc_http_reply_free (reply);
      bgc_http_request_ask (self, verdict.ask);
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
  BgcHttpRequest *self = data;

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
bgc_http_request_ask (BgcHttpRequest *self, BgcHttpAsk what)
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
bgc_http_request_go_on (BgcHttpRequest *self, BgcHttpSent *sent)
{
  g_return_if_fail (self->cancellable == NULL);

  self->requests++;
  self->attempts++;
  self->ask = BGC_HTTP_ASK_WHOLE_FILE;
  self->cancellable = g_cancellable_new ();
  bgc_http_session_go_on (self->session, sent, self->cancellable, on_reply, self);
}

void
bgc_http_request_begin (BgcHttpRequest *self)
{
  BgcHttpHeld held = self->functions->held (self->data);

  bgc_http_request_ask (self, bgc_http_resume_first (&held));
}

void
bgc_http_request_forgive (BgcHttpRequest *self)
{
  self->requests = 0;
}

gboolean
bgc_http_request_cancel (BgcHttpRequest *self)
{
  if (self->cancellable == NULL)
    return FALSE;
  self->cancelled = TRUE;
  g_cancellable_cancel (self->cancellable);
  return TRUE;
}

gboolean
bgc_http_request_is_out (BgcHttpRequest *self)
{
  return self->cancellable != NULL;
}

guint
bgc_http_request_attempts (BgcHttpRequest *self)
{
  return self->attempts;
}
