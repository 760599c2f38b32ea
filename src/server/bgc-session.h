/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One upload session as a locked set of files, usable by one holder of the lock at a time whichever
 * process or machine it runs on:
 *   ID.session  the record and the locks (byte 0: the holder; 1 and 2: those who wait, see below)
 *   ID.data     the bytes so far; moves to its destination when all are here
 *   ID.reply    the back end's reply
 * Locks are those of open file descriptions: they end with the process, and hold on network file
 * systems. Everything here may block; call it from an I/O thread, one call at a time. */

#pragma once

#include "server/bgc-server-config.h"
#include "server/bgc-session-record.h"
#include "server/bgc-upload-target.h"

/* Who waits for the holder. A fragment that arrives while another is still being read means that its client
 * has given the older connection up; a cancel or close also ends a notification. */
typedef enum {
  BGC_SESSION_WANTED_BY_FRAGMENT = 1,
  BGC_SESSION_WANTED_BY_END = 2
} BgcSessionWanted;

typedef struct
{
  const BgcServerDirectory *directory; /* (borrowed) */
  int root;                /* (borrowed) descriptor of the upload directory */
  int folder;              /* (owned) descriptor of the owner's session directory */
  int file;                /* (owned) ID.session */
  int data;                /* (owned) ID.data, -1 until it is needed */
  char *id;                /* (owned) 32 lower-case digits */
  char *owner;             /* (owned) name of the owner's session directory */
  gboolean locked;         /* this holds the lock; @record is valid */
  BgcSessionRecord record;
  BgcUploadTarget target;  /* of record.url; valid with the lock */
  guint64 written;         /* bytes in the data file that count, durable or not; at least record.received */
  guint64 handed;          /* bytes that the disk was told to begin with */
  guint64 unsynced;        /* bytes written since the last checkpoint */
} BgcSession;

/* @folder, @file: taken over. */
BgcSession *
bgc_session_new (const BgcServerDirectory *directory, int root, int folder, int file, const char *owner,
                 const char *id);
/* Releases the lock. */
void bgc_session_free (BgcSession *self);

/* TRUE: locked, record read and what a crash left undone put right. FALSE without an error: another holds it.
 * Errors: SessionNotFound where it has ended meanwhile. */
gboolean bgc_session_try_lock (BgcSession *self, GError **error);
/* Tells the holder that somebody waits; ends with bgc_session_free() or once locked. */
void bgc_session_announce (BgcSession *self, BgcSessionWanted kind);
gboolean bgc_session_is_wanted (const BgcSession *self, BgcSessionWanted kind);

/* The file's size is known now. Errors: InvalidArgument if another was named before, TooLarge. */
gboolean bgc_session_set_total (BgcSession *self, guint64 total, GError **error);
/* Writes what of @length bytes at @offset is not held yet. Errors: NoSpace, file errors. */
gboolean
bgc_session_write (BgcSession *self, guint64 offset, const guint8 *bytes, gsize length, GError **error);
/* Makes durable what was written and then the offset that claims it. */
gboolean bgc_session_checkpoint (BgcSession *self, GError **error);
/* Stores the record, with the time of its last success. */
gboolean bgc_session_save (BgcSession *self, GError **error);
/* Moves the data to its destination, whole and once, and waits for the client to close. Errors: FileExists,
 * NotFound, AccessDenied, InvalidPath. */
gboolean bgc_session_publish (BgcSession *self, GError **error);
/* The same without a destination: the data goes. */
gboolean bgc_session_keep_nothing (BgcSession *self, GError **error);
/* Ends the session; what it held goes, what was published stays. */
void bgc_session_drop (BgcSession *self);

/* Absolute paths that a back end is told. Owned by the caller. */
char *bgc_session_data_path (const BgcSession *self);
char *bgc_session_reply_path (const BgcSession *self);
/* "ID.reply" in @folder. Owned by the caller. */
char *bgc_session_reply_name (const BgcSession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSession, bgc_session_free)
