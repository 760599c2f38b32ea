/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One file of a job: a remote name, a local name, and how far it has come. Plain data. */

#pragma once

#include "base/bgc-limits.h"
#include "model/bgc-failure.h"

typedef enum {
  BGC_FILE_PENDING = 0,   /* bytes are missing */
  BGC_FILE_WHOLE = 1,     /* every byte is durable in the temporary file and checked */
  BGC_FILE_COMPLETED = 2, /* it stands under its local name */
  BGC_FILE_FAILED = 3,    /* fatal error; Resume makes it pending again */
} BgcFileState;

typedef struct {
  guint32 index;          /* never reused within the job */
  BgcFileState state;
  gboolean overwrite;     /* an existing local file may be replaced; default TRUE */
  gboolean validated;
  char *remote;           /* (owned) */
  char *local;            /* (owned) as the caller gave it */
  /* (owned) (nullable) local with its directory's links resolved, where that differs */
  char *identity;
  /* (owned) name in the directory of local; chosen when the file is added. "" in the source of an upload,
   * which is only read: nothing of it is ever renamed or deleted */
  char *temporary;
  guint64 device;         /* of the temporary file once created; 0 and 0 = not created yet */
  guint64 inode;
  guint64 expected_size;  /* the caller's size option, or BGC_SIZE_UNKNOWN */
  guint64 bytes_total;    /* as the server says, else expected_size, else BGC_SIZE_UNKNOWN */
  guint64 bytes_transferred; /* durable: fdatasync first, stored second */
  char *checksum;         /* (owned) (nullable) "sha256:<hex>" or "sha512:<hex>", lower case */
  char *etag;             /* (owned) (nullable) as the server sent it, of the bytes held */
  char *last_modified;    /* (owned) (nullable) likewise */
  /* seconds, the Date of the answer those came with, 0 = none: how old last_modified safely is */
  gint64 server_date;
  guint32 attempts;       /* requests begun for it */
  guint32 restarts;       /* times it began again from 0 because the server's file changed */
  BgcFailure *failure;    /* (owned) (nullable) its last error */
} BgcFile;

BgcFile *bgc_file_new (guint32 index, const char *remote, const char *local, const char *temporary);
BgcFile *bgc_file_copy (const BgcFile *self);
void bgc_file_free (BgcFile *self);
/* It is what an upload sends. */
gboolean bgc_file_is_source (const BgcFile *self);
/* It may have left a temporary file behind: reported or attempted, and not yet renamed. */
gboolean bgc_file_has_temporary (const BgcFile *self);
/* Forgets the bytes held and what they were of: the file begins again from 0. Keeps the temporary
 * name, and the device and inode that find the file to delete; counts a restart. */
void bgc_file_restart (BgcFile *self);
/* The same under another temporary name: something that is not ours stands at the old one. */
void bgc_file_renew (BgcFile *self, guint32 tag, GRand *random);
/* Bytes of text it costs its owner's quota: of what the owner gave, so that no server changes it. */
gsize bgc_file_stored_bytes (const BgcFile *self);
/* "sha256:<64 hex>" or "sha512:<128 hex>", any case. Error: InvalidArgument. */
gboolean bgc_file_checksum_check (const char *checksum, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFile, bgc_file_free)
