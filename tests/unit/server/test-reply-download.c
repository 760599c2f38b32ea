/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-reply-download.h"

#include "bgc-server-fixture.h"
#include "protocol/bgc-session-id.h"

static char *
get (BgcServerFixture *f, const char *path, const char *headers)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", path, headers);

  return bgc_server_fixture_say (f, request);
}

static void
test_ranges (void)
{
  static const struct
  {
    const char *headers, *status, *body;
  } rows[] = {
    { "", "200", "the reply" },
    { "Range: bytes=4-\r\n", "206", "reply" },
    { "Range: bytes=0-2\r\n", "206", "the" },
    { "Range: bytes=9-\r\n", "416", "" },
    { "Range: bytes=4-\r\nIf-Range: \"other\"\r\n", "200", "the reply" },
  };
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;
  g_autofree char *file = NULL;
  g_autofree char *path = NULL;
  guint8 id[BGC_SESSION_ID_BYTES];

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  g_assert_true (bgc_session_id_parse (session, id));
  name = bgc_session_id_file_name (id);
  file = g_strdup_printf ("%s/.bgcopy-sessions/anonymous/%s.reply", f.root, name);
  path = g_strdup_printf ("/drop/BITS-Sessions/Replies/%s/reply", name);
  g_assert_true (g_file_set_contents (file, "the reply", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = get (&f, path, rows[i].headers);

      g_assert_true (g_str_has_prefix (answer + 9, rows[i].status));
      g_assert_true (g_str_has_suffix (answer, rows[i].body));
    }
  bgc_server_fixture_tear_down (&f);
}

static void
test_elsewhere (void)
{
  static const char *const paths[]
    = { "/", "/drop/f", "/drop/.bgcopy-sessions/anonymous", "/drop/BITS-Sessions/Replies/x/reply",
        "/drop/BITS-Sessions/Replies/00112233445566778899aabbccddeeff/reply" };
  BgcServerFixture f;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *answer = get (&f, paths[i], "");

      g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 404"));
    }
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply-download/ranges", test_ranges);
  g_test_add_func ("/reply-download/elsewhere", test_elsewhere);

  return g_test_run ();
}
