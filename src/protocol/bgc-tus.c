/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-tus.h"

#include <string.h>

#define LIST_MAX 4096u     /* bytes of a version or extension list */
#define LOCATION_MAX 8192u /* bytes; as long as any URL of ours */
#define NAME_MAX_BYTES 255u /* bytes of a file's name */

static const struct
{
  const char *word;
  BgcTusExtensions extension;
} extensions[] = {
  { "creation", BGC_TUS_CREATION },
  { "creation-with-upload", BGC_TUS_CREATION_WITH_UPLOAD },
  { "creation-defer-length", BGC_TUS_CREATION_DEFER_LENGTH },
  { "termination", BGC_TUS_TERMINATION },
  { "expiration", BGC_TUS_EXPIRATION },
  { "checksum", BGC_TUS_CHECKSUM },
  { "concatenation", BGC_TUS_CONCATENATION },
};

/* The words of a comma-separated list, stripped. NULL for no list. Owned by the caller. */
static char **
split_list (const char *list)
{
  char **words;

  if (list == NULL || strlen (list) > LIST_MAX)
    return NULL;

  words = g_strsplit (list, ",", -1);
  for (guint i = 0; words[i] != NULL; i++)
    g_strstrip (words[i]);

  return words;
}

static gboolean
names_version (const char *list)
{
  g_auto (GStrv) words = split_list (list);

  return words != NULL && g_strv_contains ((const char *const *) words, BGC_TUS_VERSION);
}

static guint
parse_extensions (const char *list)
{
  g_auto (GStrv) words = split_list (list);
  guint found = 0;

  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (extensions); j++)
        {
          if (g_ascii_strcasecmp (words[i], extensions[j].word) == 0)
            found |= extensions[j].extension;
        }
    }

  return found;
}

void
bgc_tus_answer_parse (const BgcHeaderReader *headers, BgcTusAnswer *out)
{
  const char *location = bgc_header_get (headers, "Location");

  *out = (BgcTusAnswer) { .speaks_tus = FALSE };
  out->speaks_tus = names_version (bgc_header_get (headers, "Tus-Resumable"))
                    || names_version (bgc_header_get (headers, "Tus-Version"));
  out->extensions = parse_extensions (bgc_header_get (headers, "Tus-Extension"));
  out->has_max_size = bgc_header_get_number (headers, "Tus-Max-Size", &out->max_size);
  out->has_offset = bgc_header_get_number (headers, "Upload-Offset", &out->offset);
  out->has_length = bgc_header_get_number (headers, "Upload-Length", &out->length);
  /* An offset behind the end is as good as none. */
  if (out->has_offset && out->has_length && out->offset > out->length)
    out->has_offset = FALSE;
  if (bgc_header_is_plain (location, LOCATION_MAX) && strchr (location, ' ') == NULL)
    out->location = g_strdup (location);
}

void
bgc_tus_answer_clear (BgcTusAnswer *self)
{
  g_clear_pointer (&self->location, g_free);
}

void
bgc_tus_write_plain (const BgcHeaderWriter *headers)
{
  bgc_header_set (headers, "Tus-Resumable", BGC_TUS_VERSION);
}

/* A file's name as an entry of Upload-Metadata. */
static char *
format_name (const char *name)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) name, strlen (name));

  return g_strconcat ("filename ", encoded, NULL);
}

void
bgc_tus_write_creation (const BgcHeaderWriter *headers, guint64 length, const char *file_name)
{
  bgc_tus_write_plain (headers);
  bgc_header_set_number (headers, "Upload-Length", length);
  bgc_header_set (headers, "Content-Length", "0");
  if (file_name != NULL && *file_name != '\0' && strlen (file_name) <= NAME_MAX_BYTES)
    {
      g_autofree char *metadata = format_name (file_name);

      bgc_header_set (headers, "Upload-Metadata", metadata);
    }
}

void
bgc_tus_write_append (const BgcHeaderWriter *headers, guint64 offset, guint64 n_bytes)
{
  bgc_tus_write_plain (headers);
  bgc_header_set_number (headers, "Upload-Offset", offset);
  bgc_header_set_number (headers, "Content-Length", n_bytes);
  bgc_header_set (headers, "Content-Type", BGC_TUS_CONTENT_TYPE);
}
