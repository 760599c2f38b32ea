/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-job-id.h"

#include <string.h>

#define UUID_LENGTH 36u /* 32 digits and 4 dashes */

void
bgc_job_id_to_hex (const BgcJobId *self, char out[BGC_JOB_ID_HEX_LENGTH + 1])
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < sizeof self->bytes; i++)
    {
      out[2 * i] = digits[self->bytes[i] >> 4];
      out[2 * i + 1] = digits[self->bytes[i] & 0xf];
    }
  out[BGC_JOB_ID_HEX_LENGTH] = '\0';
}

static gboolean
is_dash_place (gsize position)
{
  return position == 8 || position == 13 || position == 18 || position == 23;
}

gboolean
bgc_job_id_parse (const char *text, BgcJobId *out)
{
  gsize length = text != NULL ? strlen (text) : 0;
  gsize n_digits = 0;
  BgcJobId id = { { 0 } };

  if (length != BGC_JOB_ID_HEX_LENGTH && length != UUID_LENGTH)
    return FALSE;

  for (gsize i = 0; i < length; i++)
    {
      int value;

      if (length == UUID_LENGTH && is_dash_place (i))
        {
          if (text[i] != '-')
            return FALSE;
          continue;
        }

      value = g_ascii_xdigit_value (text[i]);
      if (value < 0)
        return FALSE;
      id.bytes[n_digits / 2] = (guint8) (id.bytes[n_digits / 2] << 4 | value);
      n_digits++;
    }

  *out = id;
  return TRUE;
}

gboolean
bgc_job_id_is_canonical (const char *text)
{
  return text != NULL && strspn (text, "0123456789abcdef") == BGC_JOB_ID_HEX_LENGTH
         && text[BGC_JOB_ID_HEX_LENGTH] == '\0';
}

void
bgc_job_id_random (BgcJobId *out, GRand *random)
{
  for (gsize i = 0; i < sizeof out->bytes; i += sizeof (guint32))
    {
      guint32 word = g_rand_int (random);

      memcpy (out->bytes + i, &word, sizeof word);
    }
}

guint
bgc_job_id_hash (gconstpointer id)
{
  const BgcJobId *self = id;
  guint hash;

  /* The bytes are random: any of them will do. */
  memcpy (&hash, self->bytes, sizeof hash);

  return hash;
}

gboolean
bgc_job_id_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (BgcJobId)) == 0;
}
