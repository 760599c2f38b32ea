/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The key under which the queue keeps what its owners trusted it with: one that the service manager gives,
 * or a file of the daemon's own beside the queue, made when it is first needed. */

#pragma once

#include <glib.h>

#include "base/bgc-error.h"

#define BGC_SECRETS_KEY_BYTES 32u /* AES-256 */

typedef struct _BgcSecretsKey BgcSecretsKey;

/* @given (nullable): the file to take the key from, whoever put it there. Else it is "secrets.key" in
 * @directory, which has to be this user's and closed to all others. A file that is anything else than such
 * a key is refused and left alone: another key would make all that is stored unreadable. Errors:
 * StoreFailed. */
BgcSecretsKey *bgc_secrets_key_open (const char *directory, const char *given, GError **error);
/* Overwrites it. NULL is fine. */
void bgc_secrets_key_free (BgcSecretsKey *self);
/* NULL: there is none yet, so nothing was ever stored under it. Borrowed. */
const guint8 *bgc_secrets_key_peek (const BgcSecretsKey *self);
/* The same, made and durable where there was none. NULL with StoreFailed or NoSpace. */
const guint8 *bgc_secrets_key_ensure (BgcSecretsKey *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcSecretsKey, bgc_secrets_key_free)
