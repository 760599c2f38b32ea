/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* sha256 and sha512 of a file while it streams by: the only face of GnuTLS here. Any one thread at a
 * time. */

#pragma once

#include <glib.h>

typedef struct _BgcChecksum BgcChecksum;

/* @expected: "sha256:<hex>" or "sha512:<hex>". NULL if it is neither. */
BgcChecksum *bgc_checksum_new (const char *expected);
void bgc_checksum_free (BgcChecksum *self);
void bgc_checksum_update (BgcChecksum *self, const guint8 *bytes, gsize length);
/* Begins again with no bytes. */
void bgc_checksum_reset (BgcChecksum *self);
/* TRUE if what was seen is what was expected; begins again with no bytes. */
gboolean bgc_checksum_verify (BgcChecksum *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcChecksum, bgc_checksum_free)
