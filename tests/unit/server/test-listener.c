/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-listener.h"

#include <sys/stat.h>

#include "base/bgc-error.h"
#include "bgc-server-fixture.h"

static void
test_silence_ends (void)
{
  BgcServerFixture f;
  g_autofree char *answer = NULL;

  bgc_server_fixture_set_up (&f, "HeaderTimeout=1", NULL);
  answer = bgc_server_fixture_say (&f, "BITS_POST /drop/f HTTP/1.1\r\n");
  g_assert_cmpstr (answer, ==, "");
  bgc_server_fixture_tear_down (&f);
}

static void
test_socket_mode (void)
{
  BgcServerFixture f;
  struct stat status;

  bgc_server_fixture_set_up (&f, "SocketMode=0600", NULL);
  g_assert_cmpint (stat (f.socket_path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  bgc_server_fixture_tear_down (&f);
}

static void
test_bad_addresses (void)
{
  static const char *const rows[] = { "",
                                      "nowhere",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:x",
                                      "127.0.0.1:65536",
                                      "unix:relative",
                                      "host.invalid:80",
                                      "[::1:80" };
  g_autoptr (SoupServer) soup = soup_server_new (NULL, NULL);
  g_autoptr (BgcServerConfig) config = bgc_server_config_parse ("", 0, NULL);
  g_autoptr (BgcListener) listener = bgc_listener_new (soup, config, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_listener_add_address (listener, rows[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
  g_assert_true (bgc_listener_add_address (listener, "127.0.0.1:0", NULL));
  g_assert_cmpuint (bgc_listener_count (listener), ==, 0);
}

/* A client that sits on the only connection allowed is waited out. */
static void
test_cap (void)
{
  BgcServerFixture f;
  g_autofree char *silent = NULL;
  g_autofree char *answer = NULL;

  bgc_server_fixture_set_up (&f, "MaximumConnections=1\nHeaderTimeout=1\nIdleTimeout=1", NULL);
  silent = bgc_server_fixture_say (&f, "BITS_POST");
  answer
    = bgc_server_fixture_say (&f, "BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Ping\r\n\r\n");
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/listener/silence-ends", test_silence_ends);
  g_test_add_func ("/listener/socket-mode", test_socket_mode);
  g_test_add_func ("/listener/bad-addresses", test_bad_addresses);
  g_test_add_func ("/listener/cap", test_cap);

  return g_test_run ();
}
