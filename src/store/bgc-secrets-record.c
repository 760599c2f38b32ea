/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-secrets-record.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "model/bgc-custom-header.h"
#include "store/bgc-secrets-key.h"

/* A record: the version, the nonce, what is sealed, the tag. */
#define RECORD_VERSION 1u
#define NONCE_BYTES  12u
#define TAG_BYTES    16u
#define HEAD_BYTES   (1u + NONCE_BYTES)
/* Longer than the longest: a password of four bytes a character. */
#define PLAIN_MAX    (512u * 1024u)

/* What is sealed: strings, each with its NUL, then NULs up to a whole block. */
typedef struct {
  guint8 *bytes; /* (owned) overwritten in the end */
  gsize length;
} Plain;

static void
plain_clear (Plain *self)
{
  if (self->bytes != NULL)
    explicit_bzero (self->bytes, self->length);
  g_clear_pointer (&self->bytes, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plain, plain_clear)

/* ---- secrets as bytes -------------------------------------------------------------------------- */

static BgcLoginTarget
target_of (guint field)
{
  return (BgcLoginTarget) (field / BGC_N_LOGIN_SCHEMES);
}

static BgcLoginScheme
scheme_of (guint field)
{
  return (BgcLoginScheme) (field % BGC_N_LOGIN_SCHEMES);
}

gboolean
bgc_secrets_record_has (const BgcJobSecrets *secrets, guint field)
{
  if (secrets == NULL)
    return FALSE;
  if (field == BGC_JOB_SECRET_HEADERS)
    return secrets->headers != NULL;
  if (field == BGC_JOB_SECRET_CERTIFICATE)
    return secrets->certificate != NULL;
  return bgc_job_secrets_get_login (secrets, target_of (field), scheme_of (field)) != NULL;
}

/* The strings of @field. (transfer container) (element-type utf8) borrowed from @secrets. */
static GPtrArray *
gather (const BgcJobSecrets *secrets, guint field)
{
  GPtrArray *texts = g_ptr_array_new ();

  if (field == BGC_JOB_SECRET_HEADERS)
    {
      g_ptr_array_add (texts, (char *) (secrets->write_only ? "write-only" : "shown"));
      for (guint i = 0; secrets->headers[i] != NULL; i++)
        g_ptr_array_add (texts, secrets->headers[i]);
    }
  else if (field == BGC_JOB_SECRET_CERTIFICATE)
    {
      g_ptr_array_add (texts, secrets->certificate);
      g_ptr_array_add (texts, secrets->key != NULL ? secrets->key : (char *) "");
    }
  else
    {
      const BgcLogin *login = bgc_job_secrets_get_login (secrets, target_of (field), scheme_of (field));

      g_ptr_array_add (texts, login->user);
      g_ptr_array_add (texts, login->password);
    }
  return texts;
}

/* In one piece from the beginning: what grows leaves copies behind. */
static void
flatten (GPtrArray *texts, Plain *plain)
{
  gsize at = 0;

  plain->length = 0;
  for (guint i = 0; i < texts->len; i++)
    plain->length += strlen (g_ptr_array_index (texts, i)) + 1;
  plain->length += BGC_SECRETS_RECORD_BLOCK - 1 - (plain->length - 1) % BGC_SECRETS_RECORD_BLOCK;
  plain->bytes = g_malloc0 (plain->length);
  for (guint i = 0; i < texts->len; i++)
    {
      gsize length = strlen (g_ptr_array_index (texts, i)) + 1;

      memcpy (plain->bytes + at, g_ptr_array_index (texts, i), length);
      at += length;
    }
}

/* The next string; NULL at the end, or where it is not UTF-8. Borrowed. */
static const char *
next (const Plain *plain, gsize *at)
{
  const char *text = (const char *) plain->bytes + *at;
  gsize left = plain->length - *at;
  gsize length = strnlen (text, left);

  if (length == left || !g_utf8_validate (text, (gssize) length, NULL))
    return NULL;
  *at += length + 1;
  return text;
}

static gboolean
read_headers (const Plain *plain, BgcJobSecrets *secrets)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new ();
  gsize at = 0;
  const char *shown = next (plain, &at);
  const char *header = NULL;

  while ((header = next (plain, &at)) != NULL && *header != '\0')
    {
      if (!bgc_custom_header_check (header, NULL))
        return FALSE;
      g_ptr_array_add (headers, (char *) header);
    }
  if (shown == NULL || headers->len == 0)
    return FALSE;
  g_ptr_array_add (headers, NULL);
  bgc_job_secrets_set_headers (secrets, (const char *const *) headers->pdata, strcmp (shown, "shown") != 0);
  return TRUE;
}

static gboolean
scatter (const Plain *plain, guint field, BgcJobSecrets *secrets)
{
  gsize at = 0;
  const char *first = next (plain, &at);
  const char *second = first != NULL ? next (plain, &at) : NULL;

  if (field == BGC_JOB_SECRET_HEADERS)
    return read_headers (plain, secrets);
  if (second == NULL)
    return FALSE;
  if (field == BGC_JOB_SECRET_CERTIFICATE)
    bgc_job_secrets_set_certificate (secrets, first, *second != '\0' ? second : NULL);
  else
    bgc_job_secrets_set_login (secrets, bgc_login_new (target_of (field), scheme_of (field), first, second));
  return TRUE;
}

/* ---- sealing ----------------------------------------------------------------------------------- */

/* What is authenticated with it; owned by the caller. */
static GByteArray *
associated (const BgcJobId *id, guint field)
{
  static const char purpose[] = "bgcopyd secret 1";
  GByteArray *data = g_byte_array_new ();
  const guint8 number = (guint8) field;

  g_byte_array_append (data, (const guint8 *) purpose, sizeof purpose);
  g_byte_array_append (data, id->bytes, sizeof id->bytes);
  g_byte_array_append (data, &number, sizeof number);
  return data;
}

static gnutls_aead_cipher_hd_t
cipher_of (const guint8 *key)
{
  gnutls_datum_t datum = { (guint8 *) key, BGC_SECRETS_KEY_BYTES };
  gnutls_aead_cipher_hd_t cipher = NULL;

  return gnutls_aead_cipher_init (&cipher, GNUTLS_CIPHER_AES_256_GCM, &datum) < 0 ? NULL : cipher;
}

static gboolean
encrypt (const guint8 *key, const GByteArray *with, const Plain *plain, guint8 *record, gsize length)
{
  gnutls_aead_cipher_hd_t cipher = cipher_of (key);
  gsize sealed = length - HEAD_BYTES;
  int result;

  if (cipher == NULL)
    return FALSE;
  result = gnutls_aead_cipher_encrypt (cipher, record + 1, NONCE_BYTES, with->data, with->len, TAG_BYTES,
                                       plain->bytes, plain->length, record + HEAD_BYTES, &sealed);
  gnutls_aead_cipher_deinit (cipher);
  return result == 0 && sealed == length - HEAD_BYTES;
}

GBytes *
bgc_secrets_record_seal (const guint8 *key, const BgcJobId *id, guint field, const BgcJobSecrets *secrets,
                         GError **error)
{
  g_autoptr (GByteArray) with = associated (id, field);
  g_autoptr (GPtrArray) texts = gather (secrets, field);
  g_auto (Plain) plain = { NULL, 0 };
  g_autofree guint8 *record = NULL;
  gsize length;

  flatten (texts, &plain);
  length = HEAD_BYTES + plain.length + TAG_BYTES;
  record = g_malloc0 (length);
  record[0] = RECORD_VERSION;
  if (gnutls_rnd (GNUTLS_RND_RANDOM, record + 1, NONCE_BYTES) < 0
      || !encrypt (key, with, &plain, record, length))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "A secret could not be encrypted");
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&record), length);
}

static gboolean
decrypt (const guint8 *key, const GByteArray *with, const guint8 *record, gsize length, Plain *plain)
{
  gnutls_aead_cipher_hd_t cipher = cipher_of (key);
  gsize opened = plain->length;
  int result;

  if (cipher == NULL)
    return FALSE;
  result = gnutls_aead_cipher_decrypt (cipher, record + 1, NONCE_BYTES, with->data, with->len, TAG_BYTES,
                                       record + HEAD_BYTES, length - HEAD_BYTES, plain->bytes, &opened);
  gnutls_aead_cipher_deinit (cipher);
  return result == 0 && opened == plain->length;
}

gboolean
bgc_secrets_record_open (const guint8 *key, const BgcJobId *id, guint field, const guint8 *record,
                         gsize length, BgcJobSecrets *secrets)
{
  g_autoptr (GByteArray) with = associated (id, field);
  g_auto (Plain) plain = { NULL, 0 };

  if (key == NULL || field >= BGC_N_JOB_SECRETS || length <= HEAD_BYTES + TAG_BYTES
      || length > HEAD_BYTES + PLAIN_MAX + TAG_BYTES || record[0] != RECORD_VERSION)
    return FALSE;
  plain.length = length - HEAD_BYTES - TAG_BYTES;
  plain.bytes = g_malloc0 (plain.length);
  return decrypt (key, with, record, length, &plain) && scatter (&plain, field, secrets);
}
