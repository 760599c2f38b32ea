/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Asks a server for the rest of a file, up and down the ladder of bgc-http-resume.h, until an answer
 * can be used. Main thread only. */

#pragma once

#include "model/bgc-failure.h"
#include "transfer/bgc-http-resume.h"
#include "transfer/bgc-http-session.h"

typedef struct _BgcFileRequest BgcFileRequest;

/* Called from the main loop, never from within a call of the owner's, but for bgc_file_request_ask(),
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
  /* Nothing is out any more, after bgc_file_request_cancel(). */
  void (*cancelled) (gpointer data);
} BgcFileRequestFunctions;

/* @functions and @data borrowed. @session outlives it. */
BgcFileRequest *bgc_file_request_new (BgcHttpSession *session, const char *url,
                                      const BgcFileRequestFunctions *functions, gpointer data);
/* Only when nothing is out. */
void bgc_file_request_free (BgcFileRequest *self);
/* What the ladder begins with. */
void bgc_file_request_begin (BgcFileRequest *self);
void bgc_file_request_ask (BgcFileRequest *self, BgcHttpAsk what);
/* Goes on with what a line got, which asked for the whole file. @sent transfer full, with a message. */
void bgc_file_request_go_on (BgcFileRequest *self, BgcHttpSent *sent);
/* The requests made until now have led somewhere: the next ones count anew. */
void bgc_file_request_forgive (BgcFileRequest *self);
/* FALSE: nothing is out and nothing will be called. */
gboolean bgc_file_request_cancel (BgcFileRequest *self);
gboolean bgc_file_request_is_out (BgcFileRequest *self);
guint bgc_file_request_attempts (BgcFileRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFileRequest, bgc_file_request_free)
