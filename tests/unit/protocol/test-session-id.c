/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-session-id.h"

static const guint8 bytes[BGC_SESSION_ID_BYTES] = { 0x0f, 0x3e, 0x00, 0xff, 0x10, 0x20, 0x30, 0x40,
                                                    0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0 };

static void
test_round_trip (void)
{
  g_autofree char *text = bgc_session_id_format (bytes);
  g_autofree char *lower = g_ascii_strdown (text, -1);
  g_autofree char *name = bgc_session_id_file_name (bytes);
  guint8 parsed[BGC_SESSION_ID_BYTES] = { 0 };

  g_assert_cmpstr (text, ==, "{0F3E00FF-1020-3040-5060-708090A0B0C0}");
  g_assert_cmpstr (name, ==, "0f3e00ff102030405060708090a0b0c0");
  g_assert_true (bgc_session_id_parse (text, parsed));
  g_assert_cmpmem (parsed, sizeof parsed, bytes, sizeof bytes);
  g_assert_true (bgc_session_id_parse (lower, parsed));
  g_assert_cmpmem (parsed, sizeof parsed, bytes, sizeof bytes);
}

static void
test_refused (void)
{
  static const char *const rows[] = {
    NULL,
    "",
    "{}",
    "0F3E00FF-1020-3040-5060-708090A0B0C0",
    "{0F3E00FF-1020-3040-5060-708090A0B0C0",
    "{0F3E00FF-1020-3040-5060-708090A0B0C0}x",
    "{0F3E00FF-1020-3040-5060-708090A0B0CG}",
    "{0F3E00FF01020-3040-5060-708090A0B0C0}",
    "{../../../../../../../../etc/passwdx}",
    "0f3e00ff102030405060708090a0b0c0",
  };
  guint8 parsed[BGC_SESSION_ID_BYTES];

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_false (bgc_session_id_parse (rows[i], parsed));
}

static void
test_acceptable (void)
{
  g_autofree char *longest = g_strnfill (BGC_SESSION_ID_MAX_TEXT, 'x');
  g_autofree char *longer = g_strnfill (BGC_SESSION_ID_MAX_TEXT + 1, 'x');

  g_assert_true (bgc_session_id_is_acceptable ("-123456789"));
  g_assert_true (bgc_session_id_is_acceptable ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  g_assert_true (bgc_session_id_is_acceptable (longest));
  g_assert_false (bgc_session_id_is_acceptable (longer));
  g_assert_false (bgc_session_id_is_acceptable (""));
  g_assert_false (bgc_session_id_is_acceptable (NULL));
  g_assert_false (bgc_session_id_is_acceptable ("a\nb"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-id/round-trip", test_round_trip);
  g_test_add_func ("/session-id/refused", test_refused);
  g_test_add_func ("/session-id/acceptable", test_acceptable);

  return g_test_run ();
}
