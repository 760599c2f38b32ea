/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-secret-argument.h"

#include <string.h>

/* What no error may repeat. */
#define SECRET "hunter2"

static void
login_fails (const char *target, const char *scheme, const char *user, const char *password,
             BgcErrorCode code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_secret_argument_login (target, scheme, user, password, &error));
  g_assert_error (error, BGC_ERROR, (int) code);
  g_assert_null (strstr (error->message, SECRET));
}

static void
login_is (const char *target, const char *scheme, const char *user, const char *password)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcLogin) login = bgc_secret_argument_login (target, scheme, user, password, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (bgc_enums_login_target_to_string (login->target), ==, target);
  g_assert_cmpstr (bgc_enums_login_scheme_to_string (login->scheme), ==, scheme);
  g_assert_cmpstr (login->user, ==, user);
  g_assert_cmpstr (login->password, ==, password);
}

static void
test_logins (void)
{
  login_is ("server", "basic", "alice", SECRET);
  login_is ("proxy", "basic", "DOMAIN\\älice", "");
  login_is ("server", "digest", "alice", "with: colon");
  login_is ("proxy", "digest", "alice", SECRET);
  login_is ("server", "bearer", "", "abc-._~+/0==");
  login_fails ("moon", "basic", "alice", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "ntlm", "alice", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "Basic", "alice", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "negotiate", "", "", BGC_ERROR_NOT_SUPPORTED);
  login_fails ("proxy", "bearer", "", SECRET, BGC_ERROR_NOT_SUPPORTED);
  login_fails ("server", "basic", "", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "basic", "ali:ce", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "digest", "ali\nce", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "basic", "alice", SECRET "\r", BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "basic", "alice", SECRET "\t", BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "bearer", "alice", SECRET, BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "bearer", "", "", BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "bearer", "", "=", BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "bearer", "", SECRET "=a", BGC_ERROR_INVALID_ARGUMENT);
  login_fails ("server", "bearer", "", SECRET " x", BGC_ERROR_INVALID_ARGUMENT);
}

/* Characters, not bytes. */
static char *
repeat (const char *text, gsize count)
{
  GString *out = g_string_new (NULL);

  while (count-- > 0)
    g_string_append (out, text);
  return g_string_free (out, FALSE);
}

static void
test_limits (void)
{
  g_autofree char *user = repeat ("ü", 300);
  g_autofree char *longer_user = repeat ("ü", 301);
  g_autofree char *password = repeat ("€", 65535);
  g_autofree char *longer_password = repeat ("p", 65536);

  login_is ("server", "basic", user, password);
  login_fails ("server", "basic", longer_user, "p", BGC_ERROR_CREDENTIALS_TOO_LARGE);
  login_fails ("server", "basic", "alice", longer_password, BGC_ERROR_CREDENTIALS_TOO_LARGE);
  login_fails ("server", "bearer", "", longer_password, BGC_ERROR_CREDENTIALS_TOO_LARGE);
}

static void
test_headers (void)
{
  const char *const none[] = { NULL };
  const char *const good[] = { "Authorization: Token " SECRET, "X-Empty:", NULL };
  const char *const bad[] = { "X-A: 1", "X-B: " SECRET "\r\nHost: evil", NULL };
  g_autofree char *value = repeat ("v", 16384 - strlen ("X: ") - strlen ("\r\n"));
  g_autofree char *longest = g_strconcat ("X: ", value, NULL);
  const char *const most[] = { longest, NULL };
  const char *const more[] = { longest, "Y:", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (bgc_secret_argument_headers (none, &error));
  g_assert_true (bgc_secret_argument_headers (good, &error));
  g_assert_true (bgc_secret_argument_headers (most, &error));
  g_assert_no_error (error);
  g_assert_false (bgc_secret_argument_headers (bad, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT);
  g_assert_null (strstr (error->message, SECRET));
  g_clear_error (&error);
  g_assert_false (bgc_secret_argument_headers (more, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret-argument/logins", test_logins);
  g_test_add_func ("/secret-argument/limits", test_limits);
  g_test_add_func ("/secret-argument/headers", test_headers);
  return g_test_run ();
}
