/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-listen-address.h"

#include <gio/gunixsocketaddress.h>

#include "base/bgc-error.h"

static void
test_good (void)
{
  static const struct
  {
    const char *text, *host;
    guint port;
  } rows[] = {
    { "127.0.0.1:8089", "127.0.0.1", 8089 },
    { "0.0.0.0:0", "0.0.0.0", 0 },
    { "[::1]:65535", "::1", 65535 },
  };
  g_autoptr (GSocketAddress) local = bgc_listen_address_parse ("unix:/run/x:1", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocketAddress) address = bgc_listen_address_parse (rows[i].text, &error);
      g_autofree char *host = NULL;

      g_assert_no_error (error);
      host = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
      g_assert_cmpstr (host, ==, rows[i].host);
      g_assert_cmpuint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)), ==, rows[i].port);
    }
  g_assert_cmpstr (g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (local)), ==, "/run/x:1");
}

static void
test_bad (void)
{
  static const char *const texts[] = { "",      "nowhere",         "localhost:80", "127.0.0.1", "127.0.0.1:",
                                       ":80",   "127.0.0.1:65536", "127.0.0.1:-1", "unix:run",  "[]:80",
                                       "[::1]", "256.0.0.1:80" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bgc_listen_address_parse (texts[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/listen-address/good", test_good);
  g_test_add_func ("/listen-address/bad", test_bad);
  return g_test_run ();
}
