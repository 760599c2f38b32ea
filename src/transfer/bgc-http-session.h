/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Requests of one running job: connections, proxy, redirects. One session for each job, so
 * that what belongs to one never travels with another's request. Main thread only. */

#pragma once

#include "model/bgc-failure.h"
#include "transfer/bgc-courtesy.h"
#include "transfer/bgc-http-line.h"
#include "transfer/bgc-http-login.h"
#include "transfer/bgc-http-reply.h"

typedef struct _BgcHttpSession BgcHttpSession;

/* @reply, an answer that is none of the redirects followed, transfer full, or NULL with @failure
 * transfer full, or both NULL: cancelled. */
typedef void (*BgcHttpFunc) (BgcHttpReply *reply, BgcFailure *failure, gpointer data);

/* @connections: at once. Nothing times out here: whoever asks cancels. */
BgcHttpSession *bgc_http_session_new (guint connections, const char *user_agent);
void bgc_http_session_free (BgcHttpSession *self);
/* What its requests show. @login (nullable) is shared. Before all else. */
void bgc_http_session_set_login (BgcHttpSession *self, BgcHttpLogin *login);
/* What it connects from now on stays behind others, as bgc_courtesy_watch() says. */
void bgc_http_session_keep_behind (BgcHttpSession *self, BgcCourtesy *courtesy, BgcPriority priority);
/* GET from byte @first on, with If-Range if @condition is not NULL; always calls back, later. */
void bgc_http_session_get (BgcHttpSession *self, const char *url, guint64 first, const char *condition,
                           gboolean ranged, GCancellable *cancellable, BgcHttpFunc function, gpointer data);
/* Goes on with what a line got for the whole of a file, as if it had been asked for here. @sent, which has
 * a message, transfer full. Always calls back, later. */
void bgc_http_session_go_on (BgcHttpSession *self, BgcHttpSent *sent, GCancellable *cancellable,
                             BgcHttpFunc function, gpointer data);
