/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The sessions of one upload directory, below its .bgcopy-sessions/OWNER/. Nothing is kept in memory:
 * any number of processes, on any number of machines that share the file system, serve one directory.
 * Everything here may block; call it from I/O threads. Safe for several threads. */

#pragma once

#include "server/bgc-session.h"

typedef struct _BgcSessionStore BgcSessionStore;

/* Fills @n_bytes with what nobody can guess. */
typedef gboolean (*BgcRandomSource) (guint8 *bytes, gsize n_bytes);

/* @directory: borrowed, outlives the store. Makes the session directory. */
BgcSessionStore *
bgc_session_store_new (const BgcServerDirectory *directory, BgcRandomSource random, GError **error);
void bgc_session_store_free (BgcSessionStore *self);
const BgcServerDirectory *bgc_session_store_directory (BgcSessionStore *self);

/* A new session for @url (path and query, as sent); gives its id in the form that is sent. @user: NULL for
 * everybody. Errors: those of bgc_upload_target_*, FileExists, LimitsExceeded, NoSpace. */
char *bgc_session_store_create (BgcSessionStore *self, const char *user, const char *url, GError **error);
/* Opens the files of the session that @user knows as @id, not yet locked; whether @url fits is seen in its
 * record then. Errors: SessionNotFound. */
BgcSession *bgc_session_store_open (BgcSessionStore *self, const char *user, const char *id, GError **error);
/* The descriptor of the reply of a live session, -1 with NotFound. @name: 32 lower-case digits. */
int bgc_session_store_open_reply (BgcSessionStore *self, const char *user, const char *name, GError **error);
/* Removes what has timed out, and what crashes left without a record. Gives the number of sessions removed.
 */
guint bgc_session_store_sweep (BgcSessionStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSessionStore, bgc_session_store_free)
