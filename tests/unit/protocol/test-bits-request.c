/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-bits-request.h"

#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-header-table.h"

static gboolean
parse (const char *text, BgcBitsRequest *out, GError **error)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text (text, strlen (text));
  BgcHeaderReader reader = bgc_header_table_reader (table);

  return bgc_bits_request_parse (&reader, out, error);
}

static void
test_types (void)
{
  BgcBitsRequestType type;

  for (guint i = 0; i < BGC_N_BITS_REQUESTS; i++)
    {
      const char *word = bgc_bits_request_type_to_string ((BgcBitsRequestType) i);
      g_autofree char *upper = g_ascii_strup (word, -1);

      g_assert_true (bgc_bits_request_type_from_string (upper, &type));
      g_assert_cmpuint (type, ==, i);
    }
  g_assert_cmpstr (bgc_bits_request_type_to_string (BGC_BITS_CREATE_SESSION), ==, "Create-Session");
  g_assert_cmpstr (bgc_bits_request_type_to_string ((BgcBitsRequestType) 99), ==, "unknown");
  g_assert_false (bgc_bits_request_type_from_string ("Ack", &type));
  g_assert_false (bgc_bits_request_type_from_string (NULL, &type));
}

static void
test_protocols (void)
{
  g_autoptr (GString) many = g_string_new (NULL);

  g_assert_true (bgc_bits_request_offers_protocol (BGC_BITS_PROTOCOL));
  g_assert_true (bgc_bits_request_offers_protocol ("{7DF0354D-249B-430F-820D-3D2A9BEF4931}"));
  g_assert_true (bgc_bits_request_offers_protocol ("{0} , {1},{7df0354d-249b-430f-820d-3d2a9bef4931} {2}"));
  g_assert_false (bgc_bits_request_offers_protocol (NULL));
  g_assert_false (bgc_bits_request_offers_protocol (""));
  g_assert_false (bgc_bits_request_offers_protocol ("7df0354d-249b-430f-820d-3d2a9bef4931"));
  g_assert_false (bgc_bits_request_offers_protocol ("{7df0354d-249b-430f-820d-3d2a9bef4931}x"));
  for (guint i = 0; i < 99; i++)
    g_string_append (many, "{x} ");
  g_string_append (many, BGC_BITS_PROTOCOL);
  g_assert_true (bgc_bits_request_offers_protocol (many->str));
  g_string_prepend (many, "{x},");
  g_assert_false (bgc_bits_request_offers_protocol (many->str));
}

static void
test_round_trip (void)
{
  const BgcBitsRequest requests[] = {
    { BGC_BITS_PING, NULL, NULL, { 0, 0, 0 } },
    { BGC_BITS_CREATE_SESSION, NULL, NULL, { 0, 0, 0 } },
    { BGC_BITS_FRAGMENT, (char *) "{id}", (char *) "notes.txt", { 6, 4, 10 } },
    { BGC_BITS_FRAGMENT, (char *) "-42", NULL, { 0, 0, 0 } },
    { BGC_BITS_CLOSE_SESSION, (char *) "{id}", NULL, { 0, 0, 0 } },
    { BGC_BITS_CANCEL_SESSION, (char *) "{id}", NULL, { 0, 0, 0 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
      BgcHeaderReader reader = bgc_header_table_reader (table);
      BgcHeaderWriter writer = bgc_header_table_writer (table);
      g_auto (BgcBitsRequest) parsed = { BGC_BITS_PING };
      g_autoptr (GError) error = NULL;
      guint64 length = 1;

      bgc_bits_request_write (&requests[i], &writer);
      g_assert_true (bgc_bits_request_parse (&reader, &parsed, &error));
      g_assert_no_error (error);
      g_assert_cmpint (parsed.type, ==, requests[i].type);
      g_assert_cmpstr (parsed.session_id, ==, requests[i].session_id);
      g_assert_cmpstr (parsed.content_name, ==, requests[i].content_name);
      g_assert_cmpuint (parsed.range.first, ==, requests[i].range.first);
      g_assert_cmpuint (parsed.range.length, ==, requests[i].range.length);
      g_assert_cmpuint (parsed.range.total, ==, requests[i].range.total);
      g_assert_true (bgc_header_get_number (&reader, "Content-Length", &length));
      g_assert_true (bgc_bits_request_check_length (&parsed, TRUE, length, &error));
    }
}

static void
test_unsafe_names_stay_out (void)
{
  static const char *const names[] = { "a/b", "a\\b", "a:b", "line\nbreak", "\xc3\xa4", "" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
      BgcHeaderWriter writer = bgc_header_table_writer (table);
      BgcBitsRequest request = { BGC_BITS_FRAGMENT, (char *) "id", (char *) names[i], { 0, 1, 1 } };

      bgc_bits_request_write (&request, &writer);
      g_assert_null (bgc_header_table_get (table, "Content-Name"));
    }
}

static void
test_refused (void)
{
  static const char *const rows[] = {
    "",
    "BITS-Packet-Type: Ack",
    "BITS-Packet-Type: Frag",
    "BITS-Packet-Type: Create-Session",
    "BITS-Packet-Type: Create-Session\nBITS-Supported-Protocols: {00000000-0000-0000-0000-000000000000}",
    "BITS-Packet-Type: Fragment\nContent-Range: bytes 0-1/2",
    "BITS-Packet-Type: Fragment\nBITS-Session-Id:\nContent-Range: bytes 0-1/2",
    "BITS-Packet-Type: Fragment\nBITS-Session-Id: x",
    "BITS-Packet-Type: Fragment\nBITS-Session-Id: x\nContent-Range: bytes 0-2/2",
    "BITS-Packet-Type: Close-Session",
    "BITS-Packet-Type: Cancel-Session",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (BgcBitsRequest) request = { BGC_BITS_PING };
      g_autoptr (GError) error = NULL;

      g_assert_false (parse (rows[i], &request, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_long_headers (void)
{
  static const char *const names[] = { "BITS-Session-Id", "Content-Name", "Content-Encoding" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *fits = g_strnfill (BGC_BITS_HEADER_MAX, 'x');
      g_autofree char *good = g_strdup_printf ("BITS-Packet-Type: Ping\n%s: %s", names[i], fits);
      g_autofree char *bad = g_strdup_printf ("BITS-Packet-Type: Ping\n%s: %sx", names[i], fits);
      g_auto (BgcBitsRequest) first = { BGC_BITS_PING };
      g_auto (BgcBitsRequest) second = { BGC_BITS_PING };

      g_assert_true (parse (good, &first, NULL));
      g_assert_false (parse (bad, &second, NULL));
    }
}

static void
test_lengths (void)
{
  static const struct
  {
    BgcBitsRequestType type;
    guint64 in_range;
    gboolean has_length;
    guint64 length;
    gboolean good;
  } rows[] = {
    { BGC_BITS_FRAGMENT, 5, TRUE, 5, TRUE },
    { BGC_BITS_FRAGMENT, 0, TRUE, 0, TRUE },
    { BGC_BITS_FRAGMENT, 5, TRUE, 4, FALSE },
    { BGC_BITS_FRAGMENT, 5, TRUE, 6, FALSE },
    { BGC_BITS_FRAGMENT, 5, FALSE, 0, FALSE },
    { BGC_BITS_PING, 0, FALSE, 0, TRUE },
    { BGC_BITS_CREATE_SESSION, 0, FALSE, 0, TRUE },
    { BGC_BITS_CLOSE_SESSION, 0, TRUE, 0, TRUE },
    { BGC_BITS_CANCEL_SESSION, 0, TRUE, 1, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      BgcBitsRequest request = { rows[i].type, NULL, NULL, { 0, rows[i].in_range, rows[i].in_range } };
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (bgc_bits_request_check_length (&request, rows[i].has_length, rows[i].length, &error),
                       ==, rows[i].good);
      if (!rows[i].good)
        g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bits-request/types", test_types);
  g_test_add_func ("/bits-request/protocols", test_protocols);
  g_test_add_func ("/bits-request/round-trip", test_round_trip);
  g_test_add_func ("/bits-request/unsafe-names-stay-out", test_unsafe_names_stay_out);
  g_test_add_func ("/bits-request/refused", test_refused);
  g_test_add_func ("/bits-request/long-headers", test_long_headers);
  g_test_add_func ("/bits-request/lengths", test_lengths);

  return g_test_run ();
}
