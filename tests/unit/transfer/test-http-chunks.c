/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-chunks.h"

#include <string.h>

/* Decodes @text in pieces of @step bytes. */
static char *
decode (const char *text, gsize step, BgcHttpChunksState *state, gsize *left_over)
{
  BgcHttpChunks chunks = { 0 };
  g_autoptr (GString) out = g_string_new (NULL);
  gsize length = strlen (text);

  *left_over = 0;
  for (gsize at = 0; at < length; at += step)
    {
      guint8 piece[4096];
      gsize n = MIN (step, length - at);
      gsize used = 0;
      gsize got;

      memcpy (piece, text + at, n);
      got = bgc_http_chunks_decode (&chunks, piece, n, &used);
      g_string_append_len (out, (const char *)piece, (gssize)got);
      if (used < n)
        {
          *left_over = length - at - used;
          break;
        }
    }
  *state = chunks.state;
  return g_strdup (out->str);
}

static const struct
{
  const char *text;
  const char *body;
  BgcHttpChunksState state;
  gsize left_over;
} cases[] = {
  { "0\r\n\r\n", "", BGC_HTTP_CHUNKS_END, 0 },
  { "5\r\nhello\r\n0\r\n\r\n", "hello", BGC_HTTP_CHUNKS_END, 0 },
  { "5\nhello\n0\n\n", "hello", BGC_HTTP_CHUNKS_END, 0 },
  { "1\r\na\r\n0002;x=\"y\"\r\nbc\r\n000\r\nA: b\r\nC: d\r\n\r\n", "abc", BGC_HTTP_CHUNKS_END, 0 },
  { "a \r\n0123456789\r\n0\r\n\r\n", "0123456789", BGC_HTTP_CHUNKS_END, 0 },
  { "B\r\n0123456789x\r\n0\r\n\r\nmore", "0123456789x", BGC_HTTP_CHUNKS_END, 4 },
  { "", "", BGC_HTTP_CHUNKS_SIZE, 0 },
  { "5\r\nhello\r\n", "hello", BGC_HTTP_CHUNKS_SIZE, 0 },
  { "5\r\nhello", "hello", BGC_HTTP_CHUNKS_DATA_END, 0 },
  { "5\r\nhel", "hel", BGC_HTTP_CHUNKS_DATA, 0 },
  { "5\r\nhello\r\n0\r\n", "hello", BGC_HTTP_CHUNKS_TRAILER, 0 },
  { "5\r\nhello\r\n0\r\nA: b", "hello", BGC_HTTP_CHUNKS_TRAILER, 0 },
};

static const char *const broken[] = {
  "\r\n",
  "x\r\n",
  "-1\r\n",
  "0x5\r\nhello\r\n",
  "5\r\rhello",
  "5\r\nhelloo\r\n",
  "1234567890abcdef\r\n",
  " 5\r\nhello\r\n",
  "5 5\rx\n",
  ";x\r\n",
  "5\r\nhello\r\r\n",
};

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize step = 1; step < 64; step = step * 2 + 1)
      {
        BgcHttpChunksState state;
        gsize left_over;
        g_autofree char *body = decode (cases[i].text, step, &state, &left_over);

        g_assert_cmpstr (body, ==, cases[i].body);
        g_assert_cmpint (state, ==, cases[i].state);
        g_assert_cmpuint (left_over, ==, cases[i].left_over);
      }
}

static void
test_broken (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    for (gsize step = 1; step < 64; step = step * 2 + 1)
      {
        BgcHttpChunksState state;
        gsize left_over;
        g_autofree char *body = decode (broken[i], step, &state, &left_over);

        g_test_message ("%s %s", broken[i], body);
        g_assert_cmpint (state, ==, BGC_HTTP_CHUNKS_BROKEN);
      }
}

/* Lines and trailers are bounded. */
static void
test_endless (void)
{
  static const char *const begins[] = { "1;", "0\r\nA: " };

  for (guint i = 0; i < G_N_ELEMENTS (begins); i++)
    {
      BgcHttpChunks chunks = { 0 };
      guint8 begin[8];
      guint8 filler[1024];
      gsize used;
      guint rounds = 0;

      memcpy (begin, begins[i], strlen (begins[i]));
      bgc_http_chunks_decode (&chunks, begin, strlen (begins[i]), &used);
      while (chunks.state != BGC_HTTP_CHUNKS_BROKEN && rounds++ < 100)
        {
          memset (filler, 'x', sizeof filler);
          g_assert_cmpuint (bgc_http_chunks_decode (&chunks, filler, sizeof filler, &used), ==, 0);
        }
      g_assert_cmpuint (rounds, <, 100);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-chunks/cases", test_cases);
  g_test_add_func ("/http-chunks/broken", test_broken);
  g_test_add_func ("/http-chunks/endless", test_endless);
  return g_test_run ();
}
