/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-checksum.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define DIGEST_MAX_BYTES 64u /* sha512 */

struct _BgcChecksum
{
  gnutls_hash_hd_t hash; /* (owned) (nullable) NULL until the first byte, and after a failure */
  gnutls_digest_algorithm_t algorithm;
  guint8 expected[DIGEST_MAX_BYTES];
  gsize length;    /* bytes of expected */
  gboolean broken; /* the library failed: nothing verifies any more */
};

static gboolean
parse_hex (const char *hex, guint8 *out, gsize length)
{
  if (strlen (hex) != length * 2)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]);
      int low = g_ascii_xdigit_value (hex[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      out[i] = (guint8)(high << 4 | low);
    }
  return TRUE;
}

BgcChecksum *
bgc_checksum_new (const char *expected)
{
  g_autoptr (BgcChecksum) self = g_new0 (BgcChecksum, 1);

  if (g_str_has_prefix (expected, "sha256:"))
    self->algorithm = GNUTLS_DIG_SHA256;
  else if (g_str_has_prefix (expected, "sha512:"))
    self->algorithm = GNUTLS_DIG_SHA512;
  else
    return NULL;
  self->length = (gsize)gnutls_hash_get_len (self->algorithm);
  if (!parse_hex (expected + strlen ("sha256:"), self->expected, self->length))
    return NULL;
  return g_steal_pointer (&self);
}

void
bgc_checksum_reset (BgcChecksum *self)
{
  if (self->hash != NULL)
    gnutls_hash_deinit (self->hash, NULL);
  self->hash = NULL;
  self->broken = FALSE;
}

void
bgc_checksum_free (BgcChecksum *self)
{
  if (self == NULL)
    return;
  bgc_checksum_reset (self);
  g_free (self);
}

static gboolean
ensure_hash (BgcChecksum *self)
{
  if (self->hash == NULL && !self->broken)
    self->broken = gnutls_hash_init (&self->hash, self->algorithm) < 0;
  return !self->broken;
}

void
bgc_checksum_update (BgcChecksum *self, const guint8 *bytes, gsize length)
{
  if (ensure_hash (self) && length > 0)
    self->broken = gnutls_hash (self->hash, bytes, length) < 0;
}

gboolean
bgc_checksum_verify (BgcChecksum *self)
{
  guint8 digest[DIGEST_MAX_BYTES];
  gboolean same = FALSE;

  if (ensure_hash (self))
    {
      gnutls_hash_output (self->hash, digest);
      same = memcmp (digest, self->expected, self->length) == 0;
    }
  bgc_checksum_reset (self);
  return same;
}
