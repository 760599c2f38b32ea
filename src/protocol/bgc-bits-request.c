/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-bits-request.h"

#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-session-id.h"

#define PROTOCOLS_MAX 100u    /* entries of a protocol list that are looked at, as Windows does */
#define CONTENT_NAME_MAX 260u /* bytes, as documented */

static const char *const type_words[] = {
  [BGC_BITS_PING] = "Ping",
  [BGC_BITS_CREATE_SESSION] = "Create-Session",
  [BGC_BITS_FRAGMENT] = "Fragment",
  [BGC_BITS_CLOSE_SESSION] = "Close-Session",
  [BGC_BITS_CANCEL_SESSION] = "Cancel-Session",
};
G_STATIC_ASSERT (G_N_ELEMENTS (type_words) == BGC_N_BITS_REQUESTS);

/* Every header of these packets whose value is bounded. */
static const char *const bounded_headers[] = {
  "BITS-Packet-Type", "BITS-Session-Id", "BITS-Supported-Protocols", "Content-Name", "Content-Range",
  "Content-Encoding", "Content-Length",
};

const char *
bgc_bits_request_type_to_string (BgcBitsRequestType type)
{
  return (guint) type < BGC_N_BITS_REQUESTS ? type_words[type] : "unknown";
}

gboolean
bgc_bits_request_type_from_string (const char *text, BgcBitsRequestType *out)
{
  for (guint i = 0; text != NULL && i < BGC_N_BITS_REQUESTS; i++)
    {
      if (g_ascii_strcasecmp (text, type_words[i]) == 0)
        {
          *out = (BgcBitsRequestType) i;
          return TRUE;
        }
    }

  return FALSE;
}

gboolean
bgc_bits_request_offers_protocol (const char *list)
{
  const gsize wanted = strlen (BGC_BITS_PROTOCOL);
  guint n_entries = 0;

  while (list != NULL && n_entries < PROTOCOLS_MAX)
    {
      gsize length;

      list += strspn (list, " \t,");
      length = strcspn (list, " \t,");
      if (length == 0)
        break;
      if (length == wanted && g_ascii_strncasecmp (list, BGC_BITS_PROTOCOL, wanted) == 0)
        return TRUE;
      list += length;
      n_entries++;
    }

  return FALSE;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, why);
  return FALSE;
}

static gboolean
are_bounded (const BgcHeaderReader *headers)
{
  for (guint i = 0; i < G_N_ELEMENTS (bounded_headers); i++)
    {
      const char *value = bgc_header_get (headers, bounded_headers[i]);

      if (value != NULL && strlen (value) > BGC_BITS_HEADER_MAX)
        return FALSE;
    }

  return TRUE;
}

static gboolean
needs_session (BgcBitsRequestType type)
{
  return type != BGC_BITS_PING && type != BGC_BITS_CREATE_SESSION;
}

gboolean
bgc_bits_request_parse (const BgcHeaderReader *headers, BgcBitsRequest *out, GError **error)
{
  const char *session = bgc_header_get (headers, "BITS-Session-Id");

  *out = (BgcBitsRequest) { .type = BGC_BITS_PING };
  if (!are_bounded (headers))
    return refuse (error, "A header is too long");
  if (!bgc_bits_request_type_from_string (bgc_header_get (headers, "BITS-Packet-Type"), &out->type))
    return refuse (error, "BITS-Packet-Type is missing or unknown");
  if (needs_session (out->type) && (session == NULL || *session == '\0'))
    return refuse (error, "BITS-Session-Id is missing");
  if (out->type == BGC_BITS_CREATE_SESSION
      && !bgc_bits_request_offers_protocol (bgc_header_get (headers, "BITS-Supported-Protocols")))
    return refuse (error, "No upload protocol in common");
  if (out->type == BGC_BITS_FRAGMENT
      && !bgc_content_range_parse (bgc_header_get (headers, "Content-Range"), &out->range, error))
    return FALSE;

  if (needs_session (out->type))
    out->session_id = g_strdup (session);
  out->content_name = g_strdup (bgc_header_get (headers, "Content-Name"));

  return TRUE;
}

gboolean
bgc_bits_request_check_length (const BgcBitsRequest *self, gboolean has_length, guint64 length,
                               GError **error)
{
  if (self->type == BGC_BITS_FRAGMENT && !has_length)
    return refuse (error, "Content-Length is missing");
  if (self->type == BGC_BITS_FRAGMENT && length != self->range.length)
    return refuse (error, "Content-Length and Content-Range disagree");
  if (self->type != BGC_BITS_FRAGMENT && has_length && length != 0)
    return refuse (error, "This packet has no body");

  return TRUE;
}

/* A name that a header can carry and that every server takes; else it is left out. */
static gboolean
is_content_name (const char *name)
{
  return bgc_header_is_plain (name, CONTENT_NAME_MAX) && strpbrk (name, "\\/:*?\"<>|") == NULL;
}

void
bgc_bits_request_write (const BgcBitsRequest *self, const BgcHeaderWriter *headers)
{
  bgc_header_set (headers, "BITS-Packet-Type", bgc_bits_request_type_to_string (self->type));
  bgc_header_set_number (headers, "Content-Length", self->type == BGC_BITS_FRAGMENT ? self->range.length : 0);
  if (self->type == BGC_BITS_CREATE_SESSION)
    bgc_header_set (headers, "BITS-Supported-Protocols", BGC_BITS_PROTOCOL);
  if (needs_session (self->type) && bgc_session_id_is_acceptable (self->session_id))
    bgc_header_set (headers, "BITS-Session-Id", self->session_id);
  if (self->type == BGC_BITS_FRAGMENT)
    {
      g_autofree char *range = bgc_content_range_format (&self->range);

      bgc_header_set (headers, "Content-Range", range);
      if (is_content_name (self->content_name))
        bgc_header_set (headers, "Content-Name", self->content_name);
    }
}

void
bgc_bits_request_clear (BgcBitsRequest *self)
{
  g_clear_pointer (&self->session_id, g_free);
  g_clear_pointer (&self->content_name, g_free);
}
