/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A connection for whoever can wait: asks and waits for the answer on the caller's thread. One thread at
 * a time. Whatever comes of a request can be handed to the main thread, which goes on with it
 * (bgc_http_session_go_on()). */

#pragma once

#include "transfer/bgc-courtesy.h"
#include "transfer/bgc-http-login.h"
#include "transfer/bgc-http-reply.h"

typedef struct _BgcHttpLine BgcHttpLine;

/* What came of one request; of one thread after the other. */
typedef struct {
  SoupSession *soup;    /* (owned) (nullable) what it was sent with, once that is of this request alone */
  SoupMessage *message; /* (owned) (nullable) NULL: nothing was asked, since the URL is none */
  GInputStream *stream; /* (owned) (nullable) the answer's body, until reply has it */
  BgcHttpReply *reply;  /* (owned) (nullable) the answer, if somebody looked at it */
  GError *error;        /* (owned) (nullable) why there is none */
} BgcHttpSent;

BgcHttpLine *bgc_http_line_new (const char *user_agent);
void bgc_http_line_free (BgcHttpLine *self);
/* What it connects stays behind others, as bgc_courtesy_watch() says. @courtesy borrowed. Before the first
 * request. */
void bgc_http_line_keep_behind (BgcHttpLine *self, BgcCourtesy *courtesy, BgcPriority priority);
/* What its requests show. @login (nullable) is shared. Before the first request. */
void bgc_http_line_set_login (BgcHttpLine *self, BgcHttpLogin *login);
/* GET, the whole of it, redirects not followed. Blocks; nothing but @cancellable ends it. */
BgcHttpSent *bgc_http_line_get (BgcHttpLine *self, const char *url, GCancellable *cancellable);
/* @sent takes the line's connections with it, to be used by another thread; the next request opens one. */
void bgc_http_line_hand_over (BgcHttpLine *self, BgcHttpSent *sent);
/* The answer's head; NULL if there is no answer, or one that leads elsewhere. Borrowed. */
BgcHttpReply *bgc_http_line_reply (BgcHttpSent *self);
/* A connection whose body was not read to its end is closed. */
void bgc_http_line_drop (BgcHttpSent *self);

/* ---- for a session too; any thread ---- */

/* Owned by the caller. */
SoupSession *bgc_http_line_soup (guint connections, const char *user_agent);
/* A request for the whole of a file. Owned by the caller. */
SoupMessage *bgc_http_line_message (GUri *uri);
/* The answer is a redirect. */
gboolean bgc_http_line_leads_elsewhere (SoupMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpSent, bgc_http_line_drop)
