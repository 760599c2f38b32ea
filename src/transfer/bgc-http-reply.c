/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-reply.h"

#include <string.h>

/* Bytes of a header's value that are kept. Real validators have below 100. */
#define VALUE_MAX_BYTES 1024u
/* Times that a length may be repeated. */
#define LENGTHS_MAX 8

char *
bgc_http_reply_keep (const char *value)
{
  if (value == NULL || *value == '\0' || strlen (value) > VALUE_MAX_BYTES
      || !g_utf8_validate (value, -1, NULL))
    return NULL;
  for (const char *at = value; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return NULL;
  return g_strdup (value);
}

static char *
take_header (SoupMessageHeaders *headers, const char *name)
{
  return bgc_http_reply_keep (soup_message_headers_get_one (headers, name));
}

/* One number of digits, however often it is said, that a file's offset can hold: libsoup reads "-5" as
 * 2^64 - 5, and "12abc" as 12. */
static gboolean
take_length (SoupMessageHeaders *headers, guint64 *length)
{
  g_auto (GStrv) values
    = g_strsplit (soup_message_headers_get_list (headers, "Content-Length"), ",", LENGTHS_MAX);
  guint64 first = 0;
  guint64 next = 0;

  for (guint i = 0; values[i] != NULL; i++)
    {
      if (!g_ascii_string_to_unsigned (g_strstrip (values[i]), 10, 0, G_MAXINT64, &next, NULL)
          || (i > 0 && next != first))
        return FALSE;
      first = next;
    }
  *length = first;
  return values[0] != NULL;
}

static gint64
take_date (SoupMessageHeaders *headers)
{
  const char *value = soup_message_headers_get_one (headers, "Date");
  g_autoptr (GDateTime) date = value != NULL ? soup_date_time_new_from_http_string (value) : NULL;

  return date != NULL ? g_date_time_to_unix (date) : 0;
}

BgcHttpReply *
bgc_http_reply_new (SoupMessage *message, GInputStream *stream)
{
  BgcHttpReply *self = g_new0 (BgcHttpReply, 1);
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  self->status = soup_message_get_status (message);
  self->length = BGC_SIZE_UNKNOWN;
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH)
    self->is_impossible = !take_length (headers, &self->length);
  self->has_range
    = bgc_http_range_parse (soup_message_headers_get_one (headers, "Content-Range"), &self->range);
  self->etag = take_header (headers, "ETag");
  self->last_modified = take_header (headers, "Last-Modified");
  self->date = take_date (headers);
  self->retry_after = take_header (headers, "Retry-After");
  self->body = bgc_http_body_new (g_object_ref (message), stream);
  return self;
}

void
bgc_http_reply_free (BgcHttpReply *self)
{
  if (self == NULL)
    return;
  bgc_http_body_drop (self->body);
  g_free (self->etag);
  g_free (self->last_modified);
  g_free (self->retry_after);
  g_free (self);
}
