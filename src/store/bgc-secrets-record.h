/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One secret of one job as it is stored: AES-256-GCM with a nonce of its own. The job and which of its
 * secrets it is are authenticated with it, so that no record opens in another's place. Pure but for the
 * nonce. */

#pragma once

#include "model/bgc-job.h"

/* What is inside is padded to a multiple of this, so that its length says little. */
#define BGC_SECRETS_RECORD_BLOCK 64u

/* @field: of BgcJobSecretField, one that @secrets has. @key: BGC_SECRETS_KEY_BYTES. Error: StoreFailed. */
GBytes *bgc_secrets_record_seal (const guint8 *key, const BgcJobId *id, guint field,
                                 const BgcJobSecrets *secrets, GError **error);
/* Puts what is in the record into @secrets. FALSE, with nothing put, for one that was made under another key
 * (or NULL: none), for another job or field, or was changed; or that makes no sense. */
gboolean bgc_secrets_record_open (const guint8 *key, const BgcJobId *id, guint field, const guint8 *record,
                                  gsize length, BgcJobSecrets *secrets);
/* Whether there is such a secret. @secrets NULL is empty. */
gboolean bgc_secrets_record_has (const BgcJobSecrets *secrets, guint field);
