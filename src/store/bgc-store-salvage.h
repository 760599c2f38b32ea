/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Reads what can still be read of a corrupt database, row by row around the holes, into a new one. */

#pragma once

#include "store/bgc-secrets-key.h"
#include "store/bgc-store-directory.h"

/* Puts a new database in the place of the corrupt one, which is kept under another name, and logs what
 * came of it. SQLite must have neither open. Errors: NoSpace, StoreFailed; the corrupt one is in its
 * place then. Secrets are taken as they are: @key (borrowed) is not needed for them. */
gboolean bgc_store_salvage_run (BgcStoreDirectory *directory, BgcSecretsKey *key, GError **error);
