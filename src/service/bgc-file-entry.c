/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-file-entry.h"

#include <string.h>

#include "service/bgc-job-properties.h"

/* What an entry costs besides its long strings, bytes, generously. */
#define ENTRY_BYTES 1024u

static void
add_text (GVariantDict *dict, const char *key, const char *text)
{
  if (text != NULL)
    g_variant_dict_insert (dict, key, "s", text);
}

static void
add_temporary (GVariantDict *dict, const BgcFile *file)
{
  g_autofree char *directory = g_path_get_dirname (file->identity != NULL ? file->identity : file->local);
  g_autofree char *path = g_build_filename (directory, file->temporary, NULL);

  g_variant_dict_insert (dict, "temporary", "s", path);
}

/* Of an upload: the server has it. */
static gboolean
is_completed (const BgcFile *file)
{
  return file->state == BGC_FILE_COMPLETED || (bgc_file_is_source (file) && file->state == BGC_FILE_WHOLE);
}

GVariant *
bgc_file_entry_new (const BgcFile *file)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "index", "u", file->index);
  add_text (&dict, "remote", file->remote);
  add_text (&dict, "local", file->local);
  if (bgc_file_has_temporary (file) && (file->device != 0 || file->inode != 0))
    add_temporary (&dict, file);
  if (file->bytes_total != BGC_SIZE_UNKNOWN)
    g_variant_dict_insert (&dict, "bytes-total", "t", file->bytes_total);
  g_variant_dict_insert (&dict, "bytes-transferred", "t", file->bytes_transferred);
  g_variant_dict_insert (&dict, "completed", "b", is_completed (file));
  if (file->failure != NULL)
    g_variant_dict_insert_value (&dict, "error", bgc_job_properties_failure (file->failure));
  add_text (&dict, "checksum", file->checksum);
  g_variant_dict_insert (&dict, "validated", "b", file->validated);
  add_text (&dict, "etag", file->etag);
  add_text (&dict, "last-modified", file->last_modified);
  g_variant_dict_insert (&dict, "attempts", "u", file->attempts);
  return g_variant_dict_end (&dict);
}

static gsize
length_of (const char *text)
{
  return text != NULL ? strlen (text) : 0;
}

static gsize
cost_of (const BgcFile *file)
{
  gsize cost = ENTRY_BYTES + length_of (file->remote) + 2 * length_of (file->local)
               + length_of (file->identity) + length_of (file->etag) + length_of (file->last_modified);

  if (file->failure != NULL)
    cost += length_of (file->failure->url) + length_of (file->failure->message);
  return cost;
}

/* Behind the source of an upload stands only its reply, which is shown by the job's own properties. */
static guint
shown (const BgcFileList *files)
{
  guint length = bgc_file_list_length (files);

  return length > 0 && bgc_file_is_source (bgc_file_list_at (files, 0)) ? 1 : length;
}

GVariant *
bgc_file_entry_page (const BgcFileList *files, guint32 first, guint32 limit)
{
  guint position = bgc_file_list_position (files, first);
  guint n_files = shown (files);
  GVariantBuilder page;
  gsize cost = 0;

  if (limit == 0 || limit > BGC_PAGE_SIZE)
    limit = BGC_PAGE_SIZE;
  g_variant_builder_init (&page, G_VARIANT_TYPE ("aa{sv}"));
  for (guint taken = 0; taken < limit && position < n_files; taken++, position++)
    {
      const BgcFile *file = bgc_file_list_at (files, position);

      cost += cost_of (file);
      if (taken > 0 && cost > BGC_FILE_ENTRY_PAGE_BYTES)
        break;
      g_variant_builder_add_value (&page, bgc_file_entry_new (file));
    }
  return g_variant_builder_end (&page);
}
