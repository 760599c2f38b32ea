/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The body of an answer, read without waiting, its end never taken on trust: a body that is cut short
 * is an error, whatever libsoup makes of it, and so are bytes behind the announced end. */

#pragma once

#include <libsoup/soup.h>

typedef struct _BgcHttpBody BgcHttpBody;
typedef gboolean (*BgcHttpBodyFunc) (gpointer data);

/* Takes both. */
BgcHttpBody *bgc_http_body_new (SoupMessage *message, GInputStream *stream);
/* A connection whose body was not read to its end is closed. */
void bgc_http_body_free (BgcHttpBody *self);
/* Reads what little there may be, so that the connection can be used again, and frees. */
void bgc_http_body_drop (BgcHttpBody *self);
/* Its end can be told from a broken connection: it has a length or is chunked. */
gboolean bgc_http_body_is_framed (BgcHttpBody *self);
/* Its last byte was read, and the next read tells so without waiting for the server. */
gboolean bgc_http_body_is_at_end (BgcHttpBody *self);
/* Bytes read; 0 = the body is complete; -1 = error, G_IO_ERROR_WOULD_BLOCK: watch. */
gssize bgc_http_body_read (BgcHttpBody *self, guint8 *bytes, gsize length, GError **error);
/* Puts back @bytes, copied, which were the only ones read, and @error (transfer full) which the read
 * behind them gave, or NULL: the next reads begin with them. */
void bgc_http_body_unread (BgcHttpBody *self, const guint8 *bytes, gsize length, GError *error);
/* Waits for something to read until @deadline, monotonic microseconds; FALSE: nothing came. Blocks, in
 * @context, which is the calling thread's alone. */
gboolean bgc_http_body_wait (BgcHttpBody *self, GMainContext *context, gint64 deadline);
/* Calls @function whenever there may be something to read, until it returns FALSE or is unwatched.
 * Only after a read that would have blocked. */
void bgc_http_body_watch (BgcHttpBody *self, BgcHttpBodyFunc function, gpointer data);
void bgc_http_body_unwatch (BgcHttpBody *self);
gboolean bgc_http_body_is_watched (BgcHttpBody *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpBody, bgc_http_body_free)
