/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-failure-json.h"

#include <string.h>

#include "bgc-store-sample.h"

static BgcFailure *
read_text (const char *text, const char **reason)
{
  return bgc_failure_json_read (text, strlen (text), reason);
}

static void
test_round_trip (void)
{
  for (guint n = 0; n < 2 * BGC_N_ERRORS; n++)
    {
      g_autoptr (BgcFailure) failure = sample_failure (n);
      g_autofree char *text = bgc_failure_json_write (failure);
      const char *reason;
      g_autoptr (BgcFailure) back = read_text (text, &reason);

      g_assert_nonnull (back);
      g_assert_null (reason);
      g_assert_true (bgc_failure_json_check (failure, &reason));
      g_assert_cmpint (back->code, ==, failure->code);
      g_assert_cmpint (back->context, ==, failure->context);
      g_assert_cmpint (back->wait, ==, failure->wait);
      g_assert_cmpint (back->transient, ==, failure->transient);
      g_assert_cmpuint (back->file, ==, failure->file);
      g_assert_cmpint (back->time, ==, failure->time);
      g_assert_cmpstr (back->message, ==, failure->message);
      g_assert_cmpstr (back->url, ==, failure->url);
    }
}

static void
test_nulls (void)
{
  g_autoptr (BgcFailure) failure = sample_failure (0);
  g_autofree char *text = NULL;
  const char *reason;
  g_autoptr (BgcFailure) back = NULL;

  g_clear_pointer (&failure->message, g_free);
  text = bgc_failure_json_write (failure);
  back = read_text (text, &reason);
  g_assert_nonnull (back);
  g_assert_null (back->message);
  g_assert_null (back->url);
  g_assert_null (back->protocol);
}

static void
test_nonsense (void)
{
#define WORDS "\"context\":\"local-file\",\"code\":\"NotFound\",\"wait\":\"none\""
#define NUMBERS "\"http-status\":0,\"time\":0,\"retry-after\":0,\"transient\":false"
  const char *const bad[] = {
    "", "null", "[]", "7", "{", "{}", "\"text\"", "\xff", "{" WORDS "}", "{" NUMBERS "}",
    "{\"context\":\"local-file\",\"code\":\"NoSuchThing\",\"wait\":\"none\"," NUMBERS "}",
    "{\"context\":\"nowhere\",\"code\":\"NotFound\",\"wait\":\"none\"," NUMBERS "}",
    "{\"context\":\"local-file\",\"code\":\"NotFound\",\"wait\":\"never\"," NUMBERS "}",
    "{\"context\":1,\"code\":\"NotFound\",\"wait\":\"none\"," NUMBERS "}",
    "{" WORDS ",\"http-status\":-1,\"time\":0,\"retry-after\":0,\"transient\":false}",
    "{" WORDS ",\"http-status\":0,\"time\":\"0\",\"retry-after\":0,\"transient\":false}",
    "{" WORDS ",\"http-status\":0,\"time\":0,\"retry-after\":4294967296,\"transient\":false}",
    "{" WORDS ",\"http-status\":0,\"time\":0,\"retry-after\":0,\"transient\":0}",
    "{" WORDS "," NUMBERS ",\"file\":-1}",
  };
  const char *reason;
  g_autoptr (BgcFailure) good = read_text ("{" WORDS "," NUMBERS ",\"unheard-of\":[]}", &reason);

  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (read_text (bad[i], &reason));
      g_assert_nonnull (reason);
    }
}

static void
test_long (void)
{
  g_autofree char *deep = g_strnfill (1000000, '[');
  const char *reason;

  g_assert_null (read_text (deep, &reason));
}

static void
test_check (void)
{
  g_autoptr (BgcFailure) failure = sample_failure (1);
  const char *reason;

  failure->code = BGC_N_ERRORS;
  g_assert_false (bgc_failure_json_check (failure, &reason));
  failure->code = BGC_ERROR_TLS;
  failure->context = BGC_N_CONTEXTS;
  g_assert_false (bgc_failure_json_check (failure, &reason));
  failure->context = BGC_CONTEXT_NONE;
  failure->wait = BGC_N_WAIT_REASONS;
  g_assert_false (bgc_failure_json_check (failure, &reason));
  failure->wait = BGC_WAIT_NONE;
  g_assert_true (bgc_failure_json_check (failure, &reason));
  g_free (failure->message);
  failure->message = g_strdup ("\xff");
  g_assert_false (bgc_failure_json_check (failure, &reason));
  g_assert_nonnull (reason);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure-json/round-trip", test_round_trip);
  g_test_add_func ("/failure-json/nulls", test_nulls);
  g_test_add_func ("/failure-json/nonsense", test_nonsense);
  g_test_add_func ("/failure-json/long", test_long);
  g_test_add_func ("/failure-json/check", test_check);
  return g_test_run ();
}
