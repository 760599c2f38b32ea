/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every request needs of the server around it. */

#pragma once

#include <libsoup/soup.h>

#include "server/bgc-connection.h"
#include "server/bgc-io-pool.h"
#include "server/bgc-listener.h"
#include "server/bgc-password-file.h"
#include "server/bgc-session-store.h"

typedef struct
{
  BgcServerConfig *config; /* (owned) */
  BgcIoPool *disk;         /* (owned) files and password hashes */
  BgcIoPool *backs;        /* (owned) calls of back ends, which may take minutes */
  GHashTable *stores;      /* (owned) BgcServerDirectory → BgcSessionStore */
  GHashTable *passwords;   /* (owned) BgcServerDirectory → BgcPasswordFile, where it has one */
  BgcListener *listener;   /* (owned) (nullable) NULL at the end */
  GHashTable *exchanges;   /* (owned) set of BgcExchange, borrowed; in progress */
} BgcServerParts;
