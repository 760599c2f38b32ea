/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-url.h"

#include <string.h>

#include "base/bgc-limits.h"

static void
test_accepted (void)
{
  static const char *const urls[] = {
    "http://example.com",
    "http://example.com/",
    "https://example.com/a/b.iso?x=1&y=%20#part",
    "HTTP://EXAMPLE.COM/",
    "hTTps://h/",
    "http://127.0.0.1:8080/f",
    "http://[::1]/f",
    "http://[2001:db8::7]:81/f",
    "http://host_name-1.example./~me/f",
    "http://h:1/",
    "http://h:65535/",
    "http://h/with@sign/and:colon",
    "http://h/?user:password@host",
    "http://h/Grüße",
    "http://bücher.example/f",
    "http://h/a%2Fb%00",
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean ok = bgc_url_check (urls[i], &error);

      g_assert_no_error (error);
      g_assert_true (ok);
    }
}

static void
test_refused (void)
{
  static const char *const urls[] = {
    "",
    "/local/file",
    "example.com/f",
    "//example.com/f",
    "ftp://example.com/f",
    "file:///etc/passwd",
    "httpx://example.com/",
    "http:",
    "http:/",
    "http://",
    "http:///f",
    "http:example.com",
    "http://:80/f",
    "http://h:0/",
    "http://h:65536/",
    "http://h:99999999999999999999/",
    "http://h:8x/",
    "http://h:-1/",
    "http://[::1/",
    "http://[nonsense]/",
    "http://h h/",
    " http://h/",
    "http://h/a b",
    "http://h/\tb",
    "http://h/a\nHost: other",
    "http://h/\x7f",
    "http://h/\xc2\x85",
    "http://h/\xc2\xa0",
    "http://h/\xff",
    "http://a%2Fb/",
    "http://a%40b/",
    "http://a%23b/",
    "http://a%00b/",
    "http://a\\b/",
    "http://a<b>/",
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      if (bgc_url_check (urls[i], &error))
        g_test_message ("accepted: %s", urls[i]);
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_URL);
    }
  g_assert_false (bgc_url_check (NULL, NULL));
}

/* Refused, and nothing of what may be a secret comes back in the message. */
static void
test_credentials (void)
{
  static const char *const urls[] = {
    "http://me:sesame@example.com/f",
    "http://sesame@example.com/f",
    "http://@sesame.example/f",
    "http://:sesame@example.com/f",
    "https://me:ses%61me@example.com",
    "http://good.example\\@sesame.example/",
    "http://me:sesame@example.com:x/f",
    "http://me:sesame@[::1/f",
    "ftp://me:sesame@example.com/f",
    "http://me:sesame@/f",
    "http://me:sesame",
    "http://h/ ?token=sesame",
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_url_check (urls[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_URL);
      g_assert_null (strstr (error->message, "ses"));
    }
}

static void
test_length (void)
{
  g_autoptr (GString) url = g_string_new ("http://h/");
  g_autoptr (GError) error = NULL;

  while (url->len < BGC_URL_MAX_BYTES)
    g_string_append_c (url, 'x');
  g_assert_true (bgc_url_check (url->str, NULL));
  g_string_append_c (url, 'x');
  g_assert_false (bgc_url_check (url->str, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
}

static void
test_display (void)
{
  static const struct
  {
    const char *url;
    const char *shown;
  } cases[] = {
    { "http://example.com/f", "http://example.com/f" },
    { "https://me:secret@example.com:81/f?token=secret#secret", "https://example.com:81/f" },
    { "http://secret@[::1]/f", "http://[::1]/f" },
    { "http://h/a%20b", "http://h/a%20b" },
    { "HTTP://h:80", "http://h/" },
    { "ftp://me:secret@h/f", "ftp://h/f" },
    { "http:me:secret@h", "(invalid)" },
    { "http://me:secret@h:x/", "(invalid)" },
    { "me:secret@h", "(invalid)" },
    { "secret", "(invalid)" },
    { "http://secret@/", "(invalid)" },
    { "http://h/\xff", "(invalid)" },
    { "", "(invalid)" },
    { NULL, "(invalid)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *shown = bgc_url_for_display (cases[i].url);

      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

static void
test_same_origin (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean same;
  } cases[] = {
    { "http://h/a", "http://h/b?c", TRUE },     { "http://h/", "HTTP://H:80/", TRUE },
    { "https://h/", "https://h:443", TRUE },    { "http://[::1]/", "http://[::1]:80/", TRUE },
    { "http://u:p@h/", "http://h/", TRUE },     { "http://h/", "https://h/", FALSE },
    { "http://h/", "http://h:8080/", FALSE },   { "http://h/", "http://h.example/", FALSE },
    { "http://h:443/", "https://h/", FALSE },   { "http://a@h/", "http://a/", FALSE },
    { "ftp://h/", "ftp://h/", FALSE },          { "nonsense", "nonsense", FALSE },
    { NULL, NULL, FALSE },                      { "http:///", "http:///", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (bgc_url_same_origin (cases[i].a, cases[i].b), ==, cases[i].same);
      g_assert_cmpint (bgc_url_same_origin (cases[i].b, cases[i].a), ==, cases[i].same);
    }
}

/* A URL with a few bytes changed, or bytes alone. Never a crash; what is accepted holds what the
 * check promises, and can be shown. */
static void
test_random (void)
{
  static const char *const seeds[]
      = { "http://example.com:80/a?b#c", "https://u:p@h/%41", "http://[::1]:8/", "" };
  static const char alphabet[] = ":/?#[]@!$&'()*+,;=%\\<>{}^`|\"0aF.-_~ \t\n\x7f\xc3\xbc\xe2\x82\xff";

  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) url = g_string_new (seeds[g_test_rand_int_range (0, G_N_ELEMENTS (seeds))]);
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = NULL;

      for (gint i = g_test_rand_int_range (0, 6); i-- > 0;)
        g_string_insert_c (url, g_test_rand_int_range (0, (gint) url->len + 1),
                           alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)]);
      shown = bgc_url_for_display (url->str);
      g_assert_true (g_utf8_validate (shown, -1, NULL));
      g_assert_null (strpbrk (shown, "?#\n\t"));
      if (bgc_url_check (url->str, &error))
        {
          g_assert_null (strpbrk (url->str, " \t\n\x7f"));
          g_assert_cmpint (g_ascii_strncasecmp (url->str, "http", 4), ==, 0);
          g_assert_cmpstr (shown, !=, "(invalid)");
          g_assert_true (bgc_url_same_origin (url->str, shown));
          g_assert_true (bgc_url_check (shown, NULL));
        }
      else
        {
          g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_URL);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/url/accepted", test_accepted);
  g_test_add_func ("/url/refused", test_refused);
  g_test_add_func ("/url/credentials", test_credentials);
  g_test_add_func ("/url/length", test_length);
  g_test_add_func ("/url/display", test_display);
  g_test_add_func ("/url/same-origin", test_same_origin);
  g_test_add_func ("/url/random", test_random);

  return g_test_run ();
}
