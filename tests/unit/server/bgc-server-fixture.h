/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A whole server in this process, in a temporary directory, and a client that speaks to it byte for
 * byte from a thread of its own. */

#pragma once

#include <gio/gio.h>

#include "server/bgc-server.h"

typedef struct
{
  char *root;         /* (owned) the upload directory, at /drop */
  char *socket_path;  /* (owned) where the server listens */
  BgcServer *server;  /* (owned) */
} BgcServerFixture;

/* @directory_keys, @server_keys: (nullable) further lines of the configuration. */
void bgc_server_fixture_set_up (BgcServerFixture *self, const char *server_keys, const char *directory_keys);
void bgc_server_fixture_tear_down (BgcServerFixture *self);
/* Sends each of @pieces (NULL-terminated) and gives all that comes back until the server closes or an answer
 * is whole: "" if it closes without one. The main loop runs meanwhile. Owned by the caller. */
char *bgc_server_fixture_ask (BgcServerFixture *self, const char *const *pieces);
/* One request of one piece. */
char *bgc_server_fixture_say (BgcServerFixture *self, const char *request);
/* A session for /drop/@name; its id. Owned by the caller. */
char *bgc_server_fixture_session (BgcServerFixture *self, const char *name);
/* A Fragment with all of @content in its place. Owned by the caller. */
char *
bgc_server_fixture_fragment (const char *name, const char *session, guint64 first, const char *content,
                             guint64 total);
/* The content of a published file, NULL if there is none. Owned by the caller. */
char *bgc_server_fixture_published (BgcServerFixture *self, const char *name);
/* The value of a header in an answer, NULL if absent. Owned by the caller. */
char *bgc_server_fixture_header (const char *answer, const char *name);
