/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "server/bgc-server.h"

#include "bgc-server-fixture.h"

static gboolean
no_bytes (guint8 *bytes, gsize n_bytes)
{
  return FALSE;
}

static void
test_bad_configurations (void)
{
  static const char *const rows[] = {
    "[Directory a]\nUrl=/a\nPath=/nonexistent\n",
    "[Server]\nCertificate=/nonexistent\nPrivateKey=/nonexistent\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (
        bgc_server_new (bgc_server_config_parse (rows[i], strlen (rows[i]), NULL), no_bytes, &error));
      g_assert_nonnull (error);
    }
}

static void
note (gpointer data, gpointer nothing)
{
  *(gboolean *) data = TRUE;
}

static void
test_stop (void)
{
  BgcServerFixture f;
  gboolean idle = FALSE;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  bgc_server_stop (f.server, note, &idle);
  while (!idle)
    g_main_context_iteration (NULL, TRUE);
  bgc_server_fixture_tear_down (&f);
}

static void
test_two_requests_on_one_connection (void)
{
  const char *pieces[] = { "BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Ping\r\n\r\n",
                           "BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", NULL };
  BgcServerFixture f;
  g_autofree char *answer = NULL;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  answer = bgc_server_fixture_ask (&f, pieces);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200"));
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/bad-configurations", test_bad_configurations);
  g_test_add_func ("/server/stop", test_stop);
  g_test_add_func ("/server/two-requests-on-one-connection", test_two_requests_on_one_connection);

  return g_test_run ();
}
