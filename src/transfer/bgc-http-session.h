/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Requests of one running job: connections, proxy, redirects, time-outs. One session for each job, so
 * that what belongs to one never travels with another's request. Main thread only. */

#pragma once

#include "model/bgc-failure.h"
#include "transfer/bgc-http-body.h"
#include "transfer/bgc-http-resume.h"

typedef struct _BgcHttpSession BgcHttpSession;

/* An answer that is none of the redirects followed. */
typedef struct {
  guint status;
  guint64 length;         /* of the body, or BGC_SIZE_UNKNOWN */
  gboolean has_range;
  BgcHttpRange range;
  char *etag;             /* (owned) (nullable) also NULL where it is not fit to be kept */
  char *last_modified;    /* (owned) (nullable) likewise */
  gint64 modified;        /* last_modified in seconds, 0 = none */
  gint64 date;            /* seconds, 0 = none */
  char *retry_after;      /* (owned) (nullable) */
  char *url;              /* (owned) where the answer came from */
  BgcHttpBody *body;      /* (owned) (nullable) */
} BgcHttpReply;

/* @reply transfer full, or NULL with @failure transfer full, or both NULL: cancelled. */
typedef void (*BgcHttpFunc) (BgcHttpReply *reply, BgcFailure *failure, gpointer data);

void bgc_http_reply_free (BgcHttpReply *self);

/* @connections: to one host. @stall_seconds: how long nothing may come, also while connecting. */
BgcHttpSession *bgc_http_session_new (guint connections, guint stall_seconds, const char *user_agent);
void bgc_http_session_free (BgcHttpSession *self);
/* GET from byte @first on, with If-Range if @condition is not NULL; always calls back, later. */
void bgc_http_session_get (BgcHttpSession *self, const char *url, guint64 first, const char *condition,
                           gboolean ranged, GCancellable *cancellable, BgcHttpFunc function, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpReply, bgc_http_reply_free)
