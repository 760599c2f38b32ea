/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-bits-ack.h"

#include <string.h>

#include "protocol/bgc-bits-request.h"
#include "protocol/bgc-host-id.h"
#include "protocol/bgc-hresult.h"
#include "protocol/bgc-session-id.h"

static gboolean
equals (const char *value, const char *wanted)
{
  return value != NULL && g_ascii_strcasecmp (value, wanted) == 0;
}

static void
parse_received (const BgcHeaderReader *headers, BgcBitsAck *out)
{
  out->has_received = bgc_header_get_number (headers, "BITS-Received-Content-Range", &out->received)
                      /* One server in the wild spells it so. */
                      || bgc_header_get_number (headers, "BITS-Recieved-Content-Range", &out->received);
}

static void
parse_host_id (const BgcHeaderReader *headers, BgcBitsAck *out)
{
  const char *host = bgc_header_get (headers, "BITS-Host-Id");
  guint64 timeout;

  out->host_id_timeout = BGC_BITS_NEVER_FALL_BACK;
  if (!bgc_host_id_is_valid (host))
    return;
  out->host_id = g_strdup (host);
  if (bgc_header_get_number (headers, "BITS-Host-Id-Fallback-Timeout", &timeout))
    out->host_id_timeout = (guint32) MIN (timeout, G_MAXUINT32);
}

static void
parse_error (const BgcHeaderReader *headers, BgcBitsAck *out)
{
  out->has_error = bgc_hresult_parse (bgc_header_get (headers, "BITS-Error"), &out->error_value)
                   || bgc_hresult_parse (bgc_header_get (headers, "BITS-Error-Code"), &out->error_value);
  if (!bgc_hresult_parse_context (bgc_header_get (headers, "BITS-Error-Context"), &out->context))
    out->context = BGC_CONTEXT_REMOTE_FILE;
}

void
bgc_bits_ack_parse (const BgcHeaderReader *headers, guint status, BgcBitsAck *out)
{
  const char *session = bgc_header_get (headers, "BITS-Session-Id");
  const char *reply = bgc_header_get (headers, "BITS-Reply-URL");

  *out = (BgcBitsAck) { .context = BGC_CONTEXT_REMOTE_FILE };
  out->is_ack = equals (bgc_header_get (headers, "BITS-Packet-Type"), "Ack");
  out->has_protocol = equals (bgc_header_get (headers, "BITS-Protocol"), BGC_BITS_PROTOCOL);
  if (bgc_session_id_is_acceptable (session))
    out->session_id = g_strdup (session);
  if (reply != NULL && *reply != '\0' && strlen (reply) <= BGC_BITS_REPLY_URL_MAX)
    out->reply_url = g_strdup (reply);
  parse_received (headers, out);
  parse_host_id (headers, out);
  if (status < 200 || status > 299)
    parse_error (headers, out);
}

static void
write_error (const BgcBitsAck *self, const BgcHeaderWriter *headers)
{
  g_autofree char *value = bgc_hresult_format (self->error_value);
  g_autofree char *context = bgc_hresult_format_context (self->context);

  /* Two names for one thing; clients read one or the other. */
  bgc_header_set (headers, "BITS-Error", value);
  bgc_header_set (headers, "BITS-Error-Code", value);
  bgc_header_set (headers, "BITS-Error-Context", context);
}

void
bgc_bits_ack_write (const BgcBitsAck *self, const BgcHeaderWriter *headers)
{
  bgc_header_set (headers, "BITS-Packet-Type", "Ack");
  bgc_header_set (headers, "Content-Length", "0");
  bgc_header_set (headers, "Pragma", "no-cache");
  if (self->has_protocol)
    {
      bgc_header_set (headers, "BITS-Protocol", BGC_BITS_PROTOCOL);
      bgc_header_set (headers, "Accept-Encoding", "identity");
    }
  if (self->session_id != NULL)
    bgc_header_set (headers, "BITS-Session-Id", self->session_id);
  if (self->has_received)
    bgc_header_set_number (headers, "BITS-Received-Content-Range", self->received);
  if (self->reply_url != NULL)
    bgc_header_set (headers, "BITS-Reply-URL", self->reply_url);
  if (self->host_id != NULL)
    bgc_header_set (headers, "BITS-Host-Id", self->host_id);
  if (self->host_id != NULL && self->host_id_timeout != BGC_BITS_NEVER_FALL_BACK)
    bgc_header_set_number (headers, "BITS-Host-Id-Fallback-Timeout", self->host_id_timeout);
  if (self->has_error)
    write_error (self, headers);
}

void
bgc_bits_ack_clear (BgcBitsAck *self)
{
  g_clear_pointer (&self->session_id, g_free);
  g_clear_pointer (&self->reply_url, g_free);
  g_clear_pointer (&self->host_id, g_free);
}
