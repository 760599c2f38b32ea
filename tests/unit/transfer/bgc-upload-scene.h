/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* An upload to tests/httpd/upload_httpd.py, which is wrong on demand; each scene plays the daemon too: it
 * keeps what is reported and begins with that, as after a restart. */

#pragma once

#include "transfer/bgc-session-cancel.h"
#include "transfer/bgc-upload-transfer.h"

/* The requests of a file of 100000 bytes: 5 KiB, then twice as much each time. */
#define RANGE_1 "0-5119/100000"
#define RANGE_2 "5120-15359/100000"
#define RANGE_3 "15360-35839/100000"
#define RANGE_4 "35840-76799/100000"
#define RANGE_5 "76800-99999/100000"

typedef struct _BgcUploadScene BgcUploadScene;

struct _BgcUploadScene {
  BgcUploadTransferSettings settings;
  BgcFile *file;       /* as the daemon knows it */
  BgcUpload *upload;   /* likewise */
  GString *events;     /* P, R, W, F, C (closed) as they came; equal ones in a row are one */
  BgcFailure *failure; /* of the last F */
  BgcUploadTransfer *transfer; /* of the step under way */
  char *name;          /* on the server */
  guint64 sent;        /* bytes, of the last step */
  gboolean ended;      /* the last step has ended by itself */
  gboolean stopping;
  void (*reported) (BgcUploadScene *self, const BgcFileReport *report); /* (nullable) */
};

typedef struct {
  const char *query;
  BgcErrorCode code; /* of the failure, and likewise the next two */
  guint status;
  gboolean transient;
} BgcUploadRefusal;

/* g_test_run() with that server. */
int bgc_upload_scene_run_tests (void);

/* @protocol: the first part of the path on the server, and what is spoken unless the session says else;
 * @query: for the server; @size: bytes of the source, whose first fragment has 5 KiB. */
BgcUploadScene *bgc_upload_scene_new (const char *protocol, const char *query, gsize size);
void bgc_upload_scene_free (BgcUploadScene *self);
/* One that was sent, and failed as @refusal says: for what else is to hold. */
BgcUploadScene *bgc_upload_scene_new_refused (const char *protocol, const BgcUploadRefusal *refusal,
                                              gsize size);
/* The source until it is sent or fails, with as many steps as that takes; and one more step. Begun afresh. */
void bgc_upload_scene_send (BgcUploadScene *self);
void bgc_upload_scene_close (BgcUploadScene *self);
/* The parts of that, for what happens in between. */
void bgc_upload_scene_begin (BgcUploadScene *self);
void bgc_upload_scene_wait (BgcUploadScene *self);
void bgc_upload_scene_stop (BgcUploadScene *self);
/* Asks for the session to be dropped; TRUE if that is settled. */
gboolean bgc_upload_scene_cancel (BgcUploadScene *self);

/* What the server answers to /WHAT?name=…; owned by the caller. */
char *bgc_upload_scene_ask (BgcUploadScene *self, const char *what);
void bgc_upload_scene_assert_events (BgcUploadScene *self, const char *events);
void bgc_upload_scene_assert_failure (BgcUploadScene *self, BgcErrorCode code, guint status,
                                      gboolean transient);
/* The lines of the server's log are, in this order, these (NULL-terminated), and no others. */
void bgc_upload_scene_assert_log (BgcUploadScene *self, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* The server published the source, whole and once. */
void bgc_upload_scene_assert_published (BgcUploadScene *self);
/* Everything was sent and published, and the session stands at @stage. */
void bgc_upload_scene_assert_done (BgcUploadScene *self, BgcUploadStage stage);
void bgc_upload_scene_assert_open (BgcUploadScene *self, guint sessions);
/* Another content of @size bytes under the same name, written in place. */
void bgc_upload_scene_rewrite (BgcUploadScene *self, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcUploadScene, bgc_upload_scene_free)
