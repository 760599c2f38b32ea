/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-forwarding.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static BgcServerConfig *
config_with (const char *proxies)
{
  g_autofree char *line = proxies != NULL ? g_strconcat ("TrustedProxies=", proxies, NULL) : g_strdup ("");
  g_autofree char *text = g_strdup_printf ("[Server]\n%s\n[Directory a]\nUrl=/a\nPath=/a\n", line);
  GError *error = NULL;
  BgcServerConfig *config = bgc_server_config_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return config;
}

/* The server's end of a connection over the loopback. */
static GSocket *
connected (void)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocket) listening
    = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocket) client
    = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocketAddress) address = NULL;
  GError *error = NULL;
  GSocket *accepted;

  g_assert_true (g_socket_bind (listening, any, TRUE, &error));
  g_assert_true (g_socket_listen (listening, &error));
  address = g_socket_get_local_address (listening, &error);
  g_assert_true (g_socket_connect (client, address, NULL, &error));
  accepted = g_socket_accept (listening, NULL, &error);
  g_assert_no_error (error);
  return accepted;
}

static void
test_trust (void)
{
  static const struct
  {
    const char *proxies;
    gboolean over_inet, over_unix;
  } rows[] = {
    { NULL, TRUE, TRUE },
    { "", FALSE, FALSE },
    { "unix", FALSE, TRUE },
    { "127.0.0.1", TRUE, FALSE },
    { "10.0.0.0/8; 127.0.0.0/30", TRUE, FALSE },
    { "10.0.0.0/8;::1", FALSE, FALSE },
    { "0.0.0.0/0;unix", TRUE, TRUE },
  };
  g_autoptr (GSocket) inet = connected ();
  g_autoptr (GSocket) unix_socket = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  unix_socket = g_socket_new_from_fd (pair[0], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (BgcServerConfig) config = config_with (rows[i].proxies);

      g_assert_cmpint (bgc_forwarding_is_trusted (config, inet), ==, rows[i].over_inet);
      g_assert_cmpint (bgc_forwarding_is_trusted (config, unix_socket), ==, rows[i].over_unix);
    }
  close (pair[1]);
}

static void
test_origin (void)
{
  static const struct
  {
    const char *proto, *host, *forwarded_host, *origin;
  } rows[] = {
    { "https", "up.example", NULL, "https://up.example" },
    { "HTTPS", "up.example:8443", NULL, "https://up.example:8443" },
    { "http", "[::1]:80", NULL, "http://[::1]:80" },
    { "https", "inner", "up.example", "https://up.example" },
    { NULL, "up.example", NULL, NULL },
    { "https", NULL, NULL, NULL },
    { "ftp", "up.example", NULL, NULL },
    { "https, http", "up.example", NULL, NULL },
    { "https", "up.example/path", NULL, NULL },
    { "https", "up.example?q", NULL, NULL },
    { "https", "up.example#f", NULL, NULL },
    { "https", "me@up.example", NULL, NULL },
    { "https", "", NULL, NULL },
    { "https", "inner", "a.example, b.example", NULL },
    { "https", "up.example:port", NULL, NULL },
  };
  g_autoptr (BgcServerConfig) trusting = config_with (NULL);
  g_autoptr (BgcServerConfig) wary = config_with ("unix;192.0.2.1");
  g_autoptr (GSocket) socket = connected ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
      g_autofree char *origin = NULL;
      g_autofree char *distrusted = NULL;

      if (rows[i].proto != NULL)
        soup_message_headers_append (headers, "X-Forwarded-Proto", rows[i].proto);
      if (rows[i].host != NULL)
        soup_message_headers_append (headers, "Host", rows[i].host);
      if (rows[i].forwarded_host != NULL)
        soup_message_headers_append (headers, "X-Forwarded-Host", rows[i].forwarded_host);
      origin = bgc_forwarding_origin (trusting, socket, headers);
      g_assert_cmpstr (origin, ==, rows[i].origin);
      distrusted = bgc_forwarding_origin (wary, socket, headers);
      g_assert_null (distrusted);
      soup_message_headers_unref (headers);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/forwarding/trust", test_trust);
  g_test_add_func ("/server/forwarding/origin", test_origin);

  return g_test_run ();
}
