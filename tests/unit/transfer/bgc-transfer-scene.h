/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A faulty server, a directory and one file on its way between them, with the daemon's part played:
 * what is reported is noted in the file as the daemon would. */

#pragma once

#include "transfer/bgc-transfer.h"

typedef struct {
  BgcFile *file;        /* (owned) as the daemon knows it now */
  char *name;           /* (owned) on the server */
  GString *events;      /* (owned) a letter for each report: P R W F */
  BgcFailure *failure;  /* (owned) (nullable) the last */
  guint64 received;     /* body bytes of the last run */
  gboolean connected;
  guint64 most_durable; /* greatest durable offset reported in the last run */
} BgcTransferScene;

/* g_test_run() with that server. */
int bgc_transfer_scene_run_tests (void);
guint bgc_transfer_scene_port (gboolean tls);
/* The body of the server's answer to a request of ours. Owned by the caller. */
char *bgc_transfer_scene_tell_server (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Takes a whole request apart from a browser: an URL of this file with that query. */
char *bgc_transfer_scene_url (BgcTransferScene *self, const char *query);

/* Adds a test twice: once as it is, and once, with "/courier" behind its path, with couriers asked first.
 * @path is a constant. */
void bgc_transfer_scene_add (const char *path, gconstpointer data, GTestDataFunc function);

BgcTransferScene *bgc_transfer_scene_new (const char *query);
void bgc_transfer_scene_free (BgcTransferScene *self);
void bgc_transfer_scene_settings (BgcTransferSettings *settings);
/* Runs until the file is settled. @settings may be NULL. */
void bgc_transfer_scene_run (BgcTransferScene *self, const BgcTransferSettings *settings);
/* Runs until @bytes were received or the file is settled, then stops. */
void bgc_transfer_scene_run_until (BgcTransferScene *self, guint64 bytes, gboolean discard);
/* Owned by the caller. */
char *bgc_transfer_scene_temporary_path (BgcTransferScene *self);
/* The file is whole and has exactly these bytes of that version. */
void bgc_transfer_scene_assert_whole (BgcTransferScene *self, guint version, gsize size);
void bgc_transfer_scene_assert_failed (BgcTransferScene *self, BgcErrorCode code, gboolean transient);
/* Requests since the last time, "Range If-Range status" each, joined by ", ". */
void bgc_transfer_scene_assert_requests (BgcTransferScene *self, const char *expected);
/* The bytes the server makes; owned by the caller. */
guint8 *bgc_transfer_scene_content (guint version, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcTransferScene, bgc_transfer_scene_free)
