/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-options.h"

#include "base/bgc-text.h"

/* How much of a key from outside an error message repeats, bytes: enough for any real name. */
#define KEY_SHOWN_BYTES 64

static gboolean
refuse (BgcErrorCode code, const char *format, const char *key, GError **error)
{
  g_autofree char *shown = bgc_text_escape (key, KEY_SHOWN_BYTES);

  g_set_error (error, BGC_ERROR, code, "%s: %s", shown, format);
  return FALSE;
}

static gboolean
take (const BgcOptionSpec *specs, guint n_specs, const char *key, GVariant *value, GVariant **values,
      GError **error)
{
  for (guint i = 0; i < n_specs; i++)
    {
      if (!g_str_equal (specs[i].name, key))
        continue;
      if (specs[i].later)
        return refuse (BGC_ERROR_NOT_SUPPORTED, "not yet served", key, error);
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE (specs[i].signature)))
        return refuse (BGC_ERROR_INVALID_ARGUMENT, "value of another type than documented", key, error);
      if (values[i] != NULL)
        return refuse (BGC_ERROR_INVALID_ARGUMENT, "given twice", key, error);
      values[i] = g_variant_ref (value);
      return TRUE;
    }
  return refuse (BGC_ERROR_INVALID_ARGUMENT, "unknown", key, error);
}

gboolean
bgc_options_read (GVariant *options, const BgcOptionSpec *specs, guint n_specs, GVariant **values,
                  GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  for (guint i = 0; i < n_specs; i++)
    values[i] = NULL;
  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      gboolean taken = take (specs, n_specs, key, value, values, error);

      g_variant_unref (value);
      if (!taken)
        {
          bgc_options_clear (values, n_specs);
          return FALSE;
        }
    }
  return TRUE;
}

void
bgc_options_clear (GVariant **values, guint n_values)
{
  for (guint i = 0; i < n_values; i++)
    g_clear_pointer (&values[i], g_variant_unref);
}
