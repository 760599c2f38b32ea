/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-resumable.h"

#include <string.h>

#include "protocol/bgc-structured-field.h"

#define LOCATION_MAX 8192u /* bytes; as long as any URL of ours */

static BgcResumableCompletion
parse_completion (const char *text)
{
  gboolean complete;

  if (!bgc_structured_field_parse_boolean (text, &complete))
    return BGC_RESUMABLE_UNTOLD;

  return complete ? BGC_RESUMABLE_COMPLETE : BGC_RESUMABLE_INCOMPLETE;
}

static guint64
limit (const char *dictionary, const char *key, guint64 fallback)
{
  guint64 value = fallback;

  bgc_structured_field_lookup_integer (dictionary, key, &value);

  return value;
}

static void
parse_limits (const char *text, BgcResumableAnswer *out)
{
  out->has_limits = bgc_structured_field_is_dictionary (text);
  out->limits = (BgcResumableLimits) { G_MAXUINT64, 0, G_MAXUINT64, 0, G_MAXUINT64 };
  if (!out->has_limits)
    return;
  out->limits.max_size = limit (text, "max-size", G_MAXUINT64);
  out->limits.min_size = limit (text, "min-size", 0);
  out->limits.max_append_size = limit (text, "max-append-size", G_MAXUINT64);
  out->limits.min_append_size = limit (text, "min-append-size", 0);
  out->limits.max_age = limit (text, "max-age", G_MAXUINT64);
}

void
bgc_resumable_answer_parse (const BgcHeaderReader *headers, BgcResumableAnswer *out)
{
  const char *location = bgc_header_get (headers, "Location");

  *out = (BgcResumableAnswer) { .completion = BGC_RESUMABLE_UNTOLD };
  out->completion = parse_completion (bgc_header_get (headers, "Upload-Complete"));
  out->has_offset
    = bgc_structured_field_parse_integer (bgc_header_get (headers, "Upload-Offset"), &out->offset);
  out->has_length
    = bgc_structured_field_parse_integer (bgc_header_get (headers, "Upload-Length"), &out->length);
  /* An offset behind the end is as good as none. */
  if (out->has_offset && out->has_length && out->offset > out->length)
    out->has_offset = FALSE;
  parse_limits (bgc_header_get (headers, "Upload-Limit"), out);
  if (bgc_header_is_plain (location, LOCATION_MAX) && strchr (location, ' ') == NULL)
    out->location = g_strdup (location);
}

void
bgc_resumable_answer_clear (BgcResumableAnswer *self)
{
  g_clear_pointer (&self->location, g_free);
}

void
bgc_resumable_write_plain (const BgcHeaderWriter *headers)
{
  bgc_header_set_number (headers, "Upload-Draft-Interop-Version", BGC_RESUMABLE_INTEROP_VERSION);
}

void
bgc_resumable_write_creation (const BgcHeaderWriter *headers, guint64 length)
{
  bgc_resumable_write_plain (headers);
  bgc_header_set (headers, "Upload-Complete", length == 0 ? "?1" : "?0");
  bgc_header_set_number (headers, "Upload-Length", length);
  bgc_header_set (headers, "Content-Length", "0");
}

void
bgc_resumable_write_append (const BgcHeaderWriter *headers, guint64 offset, guint64 n_bytes, gboolean is_last)
{
  bgc_resumable_write_plain (headers);
  bgc_header_set (headers, "Upload-Complete", is_last ? "?1" : "?0");
  bgc_header_set_number (headers, "Upload-Offset", offset);
  bgc_header_set_number (headers, "Content-Length", n_bytes);
  bgc_header_set (headers, "Content-Type", BGC_RESUMABLE_CONTENT_TYPE);
}
