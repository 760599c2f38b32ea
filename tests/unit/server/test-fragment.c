/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bgc-server-fixture.h"
#include "server/bgc-fragment.h"

static void
check (BgcServerFixture *f, const char *session, guint64 first, const char *content, guint64 total,
       const char *status, const char *received)
{
  g_autofree char *fragment = bgc_server_fixture_fragment ("f", session, first, content, total);
  g_autofree char *answer = bgc_server_fixture_say (f, fragment);
  g_autofree char *offset = bgc_server_fixture_header (answer, "BITS-Received-Content-Range");

  g_assert_true (g_str_has_prefix (answer + 9, status));
  g_assert_cmpstr (offset, ==, received);
}

static void
test_offsets (void)
{
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *published = NULL;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  check (&f, session, 1, "x", 10, "416", "0");
  check (&f, session, 0, "0123", 10, "200", "4");
  check (&f, session, 2, "XX45", 10, "200", "6");
  check (&f, session, 6, "6789", 11, "400", "6");
  check (&f, session, 6, "6789", 10, "200", "10");
  check (&f, session, 6, "YYYY", 10, "200", "10");
  published = bgc_server_fixture_published (&f, "f");
  g_assert_cmpstr (published, ==, "0123456789");
  bgc_server_fixture_tear_down (&f);
}

/* Many blocks, in pieces that do not fit them. */
static void
test_large (void)
{
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *content = g_strnfill (1000003, 'c');
  g_autofree char *published = NULL;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  for (gsize i = 0; content[i] != '\0'; i++)
    content[i] = (char) ('a' + i % 23);
  check (&f, session, 0, content, 1000003, "200", "1000003");
  published = bgc_server_fixture_published (&f, "f");
  g_assert_cmpstr (published, ==, content);
  bgc_server_fixture_tear_down (&f);
}

static void
test_stalled_body (void)
{
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *fragment = NULL;
  g_autofree char *nothing = NULL;

  bgc_server_fixture_set_up (&f, "BodyTimeout=1", NULL);
  session = bgc_server_fixture_session (&f, "f");
  fragment = bgc_server_fixture_fragment ("f", session, 0, "0123456789", 10);
  fragment[strlen (fragment) - 4] = '\0';
  nothing = bgc_server_fixture_say (&f, fragment);
  g_assert_cmpstr (nothing, ==, "");
  check (&f, session, 9, "9", 10, "416", "6");
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fragment/offsets", test_offsets);
  g_test_add_func ("/fragment/large", test_large);
  g_test_add_func ("/fragment/stalled-body", test_stalled_body);

  return g_test_run ();
}
