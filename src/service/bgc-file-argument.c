/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-file-argument.h"

#include "service/bgc-options.h"

enum { OPTION_CHECKSUM, OPTION_MIRRORS, OPTION_OVERWRITE, OPTION_RANGES, OPTION_SIZE, N_OPTIONS };

static const BgcOptionSpec file_options[] = {
  [OPTION_CHECKSUM] = { "checksum", "s", FALSE },
  [OPTION_MIRRORS] = { "mirrors", "as", TRUE },
  [OPTION_OVERWRITE] = { "overwrite", "b", FALSE },
  [OPTION_RANGES] = { "ranges", "a(tt)", TRUE },
  [OPTION_SIZE] = { "size", "t", FALSE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (file_options) == N_OPTIONS);

static gboolean
set_options (BgcFileRequest *request, GVariant *const *values, GError **error)
{
  if (values[OPTION_CHECKSUM] != NULL)
    {
      const char *checksum = g_variant_get_string (values[OPTION_CHECKSUM], NULL);

      if (!bgc_file_checksum_check (checksum, error))
        return FALSE;
      request->checksum = g_strdup (checksum);
    }
  if (values[OPTION_OVERWRITE] != NULL)
    request->overwrite = g_variant_get_boolean (values[OPTION_OVERWRITE]);
  if (values[OPTION_SIZE] != NULL)
    request->size = g_variant_get_uint64 (values[OPTION_SIZE]);
  if (request->size > G_MAXINT64 && request->size != BGC_SIZE_UNKNOWN)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                           "size: no file has 2^63 bytes or more");
      return FALSE;
    }
  return TRUE;
}

BgcFileRequest *
bgc_file_argument_parse (const char *remote, const char *local, GVariant *options, GError **error)
{
  GVariant *values[N_OPTIONS];
  BgcFileRequest *request;

  if (!bgc_options_read (options, file_options, N_OPTIONS, values, error))
    return NULL;
  request = bgc_file_request_new (remote, local);
  if (!set_options (request, values, error))
    g_clear_pointer (&request, bgc_file_request_free);
  bgc_options_clear (values, N_OPTIONS);
  return request;
}

GPtrArray *
bgc_file_argument_parse_all (GVariant *files, GError **error)
{
  gsize n_files = g_variant_n_children (files);
  g_autoptr (GPtrArray) requests = NULL;

  if (n_files == 0)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_EMPTY, "No files are given");
      return NULL;
    }
  if (n_files > BGC_FILES_PER_CALL)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES, "At most %u files in one call",
                   BGC_FILES_PER_CALL);
      return NULL;
    }
  requests = g_ptr_array_new_full ((guint) n_files, (GDestroyNotify) bgc_file_request_free);
  for (gsize i = 0; i < n_files; i++)
    {
      g_autoptr (GVariant) options = NULL;
      const char *remote, *local;
      BgcFileRequest *request;

      g_variant_get_child (files, i, "(&s&s@a{sv})", &remote, &local, &options);
      request = bgc_file_argument_parse (remote, local, options, error);
      if (request == NULL)
        {
          g_prefix_error (error, "File %" G_GSIZE_FORMAT ": ", i);
          return NULL;
        }
      g_ptr_array_add (requests, request);
    }
  return g_steal_pointer (&requests);
}
