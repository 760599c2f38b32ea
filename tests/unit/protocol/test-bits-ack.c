/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-bits-ack.h"

#include <string.h>

#include "protocol/bgc-bits-request.h"
#include "protocol/bgc-header-table.h"
#include "protocol/bgc-hresult.h"

static void
parse (const char *text, guint status, BgcBitsAck *out)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text (text, strlen (text));
  BgcHeaderReader reader = bgc_header_table_reader (table);

  bgc_bits_ack_parse (&reader, status, out);
}

static void
test_round_trip (void)
{
  const BgcBitsAck ack
    = { TRUE,  TRUE, (char *)"{ID}",         TRUE, 213, (char *)"r/x", (char *)"node7.example", 110,
        FALSE, 0,    BGC_CONTEXT_REMOTE_FILE };
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  BgcHeaderReader reader = bgc_header_table_reader (table);
  BgcHeaderWriter writer = bgc_header_table_writer (table);
  g_auto (BgcBitsAck) parsed = { FALSE };

  bgc_bits_ack_write (&ack, &writer);
  g_assert_cmpstr (bgc_header_table_get (table, "Content-Length"), ==, "0");
  g_assert_cmpstr (bgc_header_table_get (table, "BITS-Protocol"), ==, BGC_BITS_PROTOCOL);
  g_assert_cmpstr (bgc_header_table_get (table, "Accept-Encoding"), ==, "identity");
  g_assert_null (bgc_header_table_get (table, "BITS-Error"));
  bgc_bits_ack_parse (&reader, 200, &parsed);
  g_assert_true (parsed.is_ack);
  g_assert_true (parsed.has_protocol);
  g_assert_cmpstr (parsed.session_id, ==, "{ID}");
  g_assert_true (parsed.has_received);
  g_assert_cmpuint (parsed.received, ==, 213);
  g_assert_cmpstr (parsed.reply_url, ==, "r/x");
  g_assert_cmpstr (parsed.host_id, ==, "node7.example");
  g_assert_cmpuint (parsed.host_id_timeout, ==, 110);
  g_assert_false (parsed.has_error);
}

static void
test_error_round_trip (void)
{
  const BgcBitsAck ack = { .has_error = TRUE, .error_value = BGC_HRESULT_SESSION_NOT_FOUND,
                           .context = BGC_CONTEXT_REMOTE_APPLICATION };
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  BgcHeaderReader reader = bgc_header_table_reader (table);
  BgcHeaderWriter writer = bgc_header_table_writer (table);
  g_auto (BgcBitsAck) parsed = { FALSE };

  bgc_bits_ack_write (&ack, &writer);
  g_assert_cmpstr (bgc_header_table_get (table, "BITS-Error"), ==, "0x8020001F");
  g_assert_cmpstr (bgc_header_table_get (table, "BITS-Error-Code"), ==, "0x8020001F");
  g_assert_cmpstr (bgc_header_table_get (table, "BITS-Error-Context"), ==, "0x7");
  bgc_bits_ack_parse (&reader, 500, &parsed);
  g_assert_true (parsed.has_error);
  g_assert_cmpuint (parsed.error_value, ==, BGC_HRESULT_SESSION_NOT_FOUND);
  g_assert_cmpint (parsed.context, ==, BGC_CONTEXT_REMOTE_APPLICATION);
}

/* What servers in the wild send, and what must not be believed. */
static void
test_quirks (void)
{
  static const struct
  {
    const char *text;
    guint status;
    gboolean is_ack, has_received, has_error;
    guint64 received;
    guint32 error_value;
    BgcErrorContext context;
  } rows[] = {
    { "BITS-Packet-Type: ACK", 200, TRUE, FALSE, FALSE, 0, 0, BGC_CONTEXT_REMOTE_FILE },
    { "Bits-Packet-Type: Ack\nBITS-Error-Code: 1\nBITS-Error-Context:", 200, TRUE, FALSE, FALSE, 0, 0,
      BGC_CONTEXT_REMOTE_FILE },
    { "BITS-Error-Code: 0x7\nBITS-Error: 0x8020001f", 500, FALSE, FALSE, TRUE, 0, 0x8020001f,
      BGC_CONTEXT_REMOTE_FILE },
    { "BITS-Error-Code: x80070005\nBITS-Error-Context: 0x7", 403, FALSE, FALSE, TRUE, 0, 0x80070005,
      BGC_CONTEXT_REMOTE_APPLICATION },
    { "BITS-Error: \nBITS-Error-Code: rubbish", 500, FALSE, FALSE, FALSE, 0, 0, BGC_CONTEXT_REMOTE_FILE },
    { "BITS-Recieved-Content-Range: 10", 416, FALSE, TRUE, FALSE, 10, 0, BGC_CONTEXT_REMOTE_FILE },
    { "BITS-Received-Content-Range: 0-9", 416, FALSE, FALSE, FALSE, 0, 0, BGC_CONTEXT_REMOTE_FILE },
    { "BITS-Received-Content-Range: 99999999999999999999", 200, FALSE, FALSE, FALSE, 0, 0,
      BGC_CONTEXT_REMOTE_FILE },
    { "Content-Type: text/html", 200, FALSE, FALSE, FALSE, 0, 0, BGC_CONTEXT_REMOTE_FILE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (BgcBitsAck) ack = { FALSE };

      parse (rows[i].text, rows[i].status, &ack);
      g_assert_cmpint (ack.is_ack, ==, rows[i].is_ack);
      g_assert_cmpint (ack.has_received, ==, rows[i].has_received);
      g_assert_cmpint (ack.has_error, ==, rows[i].has_error);
      g_assert_cmpuint (ack.has_received ? ack.received : 0, ==, rows[i].received);
      g_assert_cmpuint (ack.error_value, ==, rows[i].error_value);
      g_assert_cmpint (ack.context, ==, rows[i].context);
    }
}

static void
test_hosts (void)
{
  g_auto (BgcBitsAck) never = { FALSE };
  g_auto (BgcBitsAck) bad = { FALSE };
  g_auto (BgcBitsAck) huge = { FALSE };

  parse ("BITS-Host-Id: 10.0.0.7", 200, &never);
  g_assert_cmpstr (never.host_id, ==, "10.0.0.7");
  g_assert_cmpuint (never.host_id_timeout, ==, BGC_BITS_NEVER_FALL_BACK);
  parse ("BITS-Host-Id: http://evil/\nBITS-Host-Id-Fallback-Timeout: 5", 200, &bad);
  g_assert_null (bad.host_id);
  parse ("BITS-Host-Id: a\nBITS-Host-Id-Fallback-Timeout: 99999999999", 200, &huge);
  g_assert_cmpuint (huge.host_id_timeout, ==, G_MAXUINT32);
}

static void
test_bounds (void)
{
  g_autofree char *fits = g_strnfill (BGC_BITS_REPLY_URL_MAX, 'u');
  g_autofree char *good = g_strdup_printf ("BITS-Reply-URL: %s", fits);
  g_autofree char *bad = g_strdup_printf ("BITS-Reply-URL: %su", fits);
  g_auto (BgcBitsAck) first = { FALSE };
  g_auto (BgcBitsAck) second = { FALSE };

  parse (good, 200, &first);
  g_assert_cmpstr (first.reply_url, ==, fits);
  parse (bad, 200, &second);
  g_assert_null (second.reply_url);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bits-ack/round-trip", test_round_trip);
  g_test_add_func ("/bits-ack/error-round-trip", test_error_round_trip);
  g_test_add_func ("/bits-ack/quirks", test_quirks);
  g_test_add_func ("/bits-ack/hosts", test_hosts);
  g_test_add_func ("/bits-ack/bounds", test_bounds);

  return g_test_run ();
}
