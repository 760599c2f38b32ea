/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-notification.h"

#include "bgc-server-fixture.h"

#define KEYS "NotificationType=value\nNotificationUrl=http://127.0.0.1:1/none\nNotificationTimeout=2"

/* A back end that nobody can reach: the client is told so, and asked to try again by any fragment. */
static void
test_no_back_end (void)
{
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *fragment = NULL;
  g_autofree char *published = NULL;

  bgc_server_fixture_set_up (&f, NULL, KEYS);
  session = bgc_server_fixture_session (&f, "f");
  fragment = bgc_server_fixture_fragment ("f", session, 0, "abc", 3);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *answer = bgc_server_fixture_say (&f, fragment);
      g_autofree char *context = bgc_server_fixture_header (answer, "BITS-Error-Context");
      g_autofree char *received = bgc_server_fixture_header (answer, "BITS-Received-Content-Range");

      g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 502"));
      g_assert_cmpstr (context, ==, "0x7");
      g_assert_cmpstr (received, ==, "3");
    }
  published = bgc_server_fixture_published (&f, "f");
  g_assert_null (published);
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notification/no-back-end", test_no_back_end);

  return g_test_run ();
}
