/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-reply-url.h"

#include "base/bgc-error.h"

static void
test_resolve (void)
{
  static const struct
  {
    const char *base, *reply, *result;
  } rows[] = {
    /* As Windows servers send it. */
    { "http://farm/drop/notes.txt", "BITS-Sessions\\Replies\\{9A}\\responsefile.bin",
      "http://farm/drop/BITS-Sessions/Replies/%7B9A%7D/responsefile.bin" },
    { "http://farm:81/drop/notes.txt?q=1", "reply.bin", "http://farm:81/drop/reply.bin" },
    { "http://farm/drop/x", "/r/1", "http://farm/r/1" },
    { "http://farm/drop/x", "\\r\\1", "http://farm/r/1" },
    { "http://farm/drop/x", "../r", "http://farm/r" },
    { "http://farm/drop/x", "../../../r", "http://farm/r" },
    { "http://farm/drop/x", "http://other:8080/r?k=v", "http://other:8080/r?k=v" },
    { "http://farm/drop/x", "HTTPS://other/r", "https://other/r" },
    { "http://farm/drop/x", "//other/r", "http://other/r" },
    { "https://farm/drop/x", "r", "https://farm/drop/r" },
    { "https://farm/drop/x", "http://farm/r", NULL },
    { "http://farm/drop/x", "file:///etc/passwd", NULL },
    { "http://farm/drop/x", "ftp://farm/r", NULL },
    { "http://farm/drop/x", "javascript:x", NULL },
    { "http://farm/drop/x", "http://user:pass@other/r", NULL },
    { "http://farm/drop/x", "http:///r", NULL },
    { "http://farm/drop/x", "", NULL },
    { "http://farm/drop/x", NULL, NULL },
    { "http://farm/drop/x", "a\nb", NULL },
    { "http://farm/drop/x", "a b", "http://farm/drop/a%20b" },
    { "http://farm/drop/x", "r#frag", "http://farm/drop/r" },
    { "http://farm/drop/x", "caf\xc3\xa9", "http://farm/drop/caf%C3%A9" },
    { "not a url", "r", NULL },
    { NULL, "r", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *result = bgc_reply_url_resolve (rows[i].base, rows[i].reply, &error);

      g_assert_cmpstr (result, ==, rows[i].result);
      if (rows[i].result == NULL)
        g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_SERVER_RESPONSE);
    }
}

static void
test_too_long (void)
{
  g_autofree char *reply = g_strnfill (2201, 'r');
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_reply_url_resolve ("http://farm/x", reply, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_SERVER_RESPONSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply-url/resolve", test_resolve);
  g_test_add_func ("/reply-url/too-long", test_too_long);

  return g_test_run ();
}
