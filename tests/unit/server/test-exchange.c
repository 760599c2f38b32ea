/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bgc-server-fixture.h"
#include "server/bgc-exchange.h"

#define HEAD "BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\n"

static void
test_statuses (void)
{
  static const struct
  {
    const char *request, *status;
  } rows[] = {
    { HEAD "BITS-Packet-Type: Ping\r\n\r\n", "200" },
    { HEAD "\r\n", "400" },
    { HEAD "BITS-Packet-Type: Close-Session\r\nBITS-Session-Id: x\r\n\r\n", "500" },
    { HEAD "BITS-Packet-Type: Ping\r\nContent-Length: 3\r\n\r\nabc", "400" },
    { "BITS_POST /else HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Ping\r\n\r\n", "404" },
    { "POST /drop/f HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "405" },
  };
  BgcServerFixture f;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = bgc_server_fixture_say (&f, rows[i].request);

      g_assert_cmpint (strncmp (answer, "HTTP/1.1 ", 9), ==, 0);
      g_assert_true (g_str_has_prefix (answer + 9, rows[i].status));
    }
  bgc_server_fixture_tear_down (&f);
}

static void
test_close_of_a_partial_upload (void)
{
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *fragment = NULL;
  g_autofree char *close = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *published = NULL;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  fragment = bgc_server_fixture_fragment ("f", session, 0, "abc", 10);
  close = g_strdup_printf (HEAD "BITS-Packet-Type: Close-Session\r\nBITS-Session-Id: %s\r\n\r\n", session);
  g_free (bgc_server_fixture_say (&f, fragment));
  first = bgc_server_fixture_say (&f, close);
  second = bgc_server_fixture_say (&f, close);
  g_assert_true (g_str_has_prefix (first, "HTTP/1.1 200"));
  g_assert_true (g_str_has_prefix (second, "HTTP/1.1 500"));
  published = bgc_server_fixture_published (&f, "f");
  g_assert_null (published);
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exchange/statuses", test_statuses);
  g_test_add_func ("/exchange/close-of-a-partial-upload", test_close_of_a_partial_upload);

  return g_test_run ();
}
