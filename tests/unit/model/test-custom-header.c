/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-custom-header.h"

#include <string.h>

static void
test_allowed (void)
{
  const char *const lines[] = { "X-Token: abc", "Authorization:Basic YTpi", "cookie: a=b; c=d", "X-Empty:",
                                "X-A.b!#: \t two  words ", "User-Agent: other/1", "X-\xc3\x9c: no", NULL };

  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (bgc_custom_header_check (lines[i], &error));
      g_assert_no_error (error);
    }
  g_assert_false (bgc_custom_header_check (lines[6], NULL));
  g_assert_true (bgc_custom_header_check ("X-Name: \xc3\x9cmit", NULL));
}

static void
test_refused (void)
{
  const char *const lines[] = { "",
                                "X-Token",
                                ": value",
                                "X Token: a",
                                "X-A: b\r\nX-C: d",
                                "X-A: \x01",
                                "X-A: \xff",
                                "\nX-A: b",
                                "X-A : b",
                                "Host: other",
                                "content-length: 7",
                                "Range: bytes=0-",
                                "bits-session-id: x",
                                "Upload-Offset: 0",
                                "TE: x",
                                "Transfer-Encoding: chunked",
                                "Proxy-Authorization: Basic YTpi",
                                "X-A: b\x7f",
                                "X-A: \xc2\x85",
                                NULL };

  for (const char *const *line = lines; *line != NULL; line++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_custom_header_check (*line, &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
    }
  g_assert_false (bgc_custom_header_check (NULL, NULL));
}

static void
test_says_no_value (void)
{
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;

  g_assert_false (bgc_custom_header_check ("Host: geheim", &first));
  g_assert_null (strstr (first->message, "geheim"));
  g_assert_false (bgc_custom_header_check ("X-A: geheim\n", &second));
  g_assert_null (strstr (second->message, "geheim"));
}

static void
test_split (void)
{
  const char *value = NULL;
  g_autofree char *name = bgc_custom_header_split ("X-Token: \t a: b", &value);
  g_autofree char *bare = NULL;

  g_assert_cmpstr (name, ==, "X-Token");
  g_assert_cmpstr (value, ==, "a: b");
  bare = bgc_custom_header_split ("X:", &value);
  g_assert_cmpstr (bare, ==, "X");
  g_assert_cmpstr (value, ==, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/custom-header/allowed", test_allowed);
  g_test_add_func ("/custom-header/refused", test_refused);
  g_test_add_func ("/custom-header/says-no-value", test_says_no_value);
  g_test_add_func ("/custom-header/split", test_split);
  return g_test_run ();
}
