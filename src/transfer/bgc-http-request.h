/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Asks a server for the rest of a file, up and down the ladder of bgc-http-resume.h, until an answer
 * can be used. Main thread only. */

#pragma once

#include "model/bgc-failure.h"
#include "transfer/bgc-http-resume.h"
#include "transfer/bgc-http-session.h"

typedef struct _BgcHttpRequest BgcHttpRequest;

/* Called from the main loop, never from within a call of the owner's, but for bgc_http_request_ask(),
 * which may fail at once. */
typedef struct {
  /* What is held at this moment; borrowed. */
  BgcHttpHeld (*held) (gpointer data);
  /* A server has answered, whatever. */
  void (*answered) (gpointer data);
  /* @step: TAKE, APPEND, COMPARE or COMPLETE. @reply transfer full. @changed: the server has another
   * version than the one held. */
  void (*granted) (BgcHttpStep step, BgcHttpReply *reply, gboolean changed, gpointer data);
  /* @failure transfer full. */
  void (*failed) (BgcFailure *failure, gpointer data);
  /* Nothing is out any more, after bgc_http_request_cancel(). */
  void (*cancelled) (gpointer data);
} BgcHttpRequestFunctions;

/* @functions and @data borrowed. @session outlives it. */
BgcHttpRequest *bgc_http_request_new (BgcHttpSession *session, const char *url,
                                      const BgcHttpRequestFunctions *functions, gpointer data);
/* Only when nothing is out. */
void bgc_http_request_free (BgcHttpRequest *self);
/* What the ladder begins with. */
void bgc_http_request_begin (BgcHttpRequest *self);
void bgc_http_request_ask (BgcHttpRequest *self, BgcHttpAsk what);
/* Goes on with what a line got, which asked for the whole file. @sent transfer full, with a message. */
void bgc_http_request_go_on (BgcHttpRequest *self, BgcHttpSent *sent);
/* The requests made until now have led somewhere: the next ones count anew. */
void bgc_http_request_forgive (BgcHttpRequest *self);
/* FALSE: nothing is out and nothing will be called. */
gboolean bgc_http_request_cancel (BgcHttpRequest *self);
gboolean bgc_http_request_is_out (BgcHttpRequest *self);
guint bgc_http_request_attempts (BgcHttpRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpRequest, bgc_http_request_free)
