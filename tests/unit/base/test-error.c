/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-error.h"

#include <string.h>

/* The API's list, in its order. */
static const char names[]
    = "NotFound InvalidState Empty AccessDenied InvalidArgument InvalidUrl InvalidPath StringTooLong "
      "TooManyJobs TooManyFiles TooManyRanges OverlappingRanges InvalidRange NotSupported ReadOnly "
      "FileExists LocalFileChanged RemoteFileChanged NoSpace Busy ValidationFailed ChecksumMismatch "
      "MaximumDownloadTime MaximumSize NetworkDisconnected NameResolution ConnectFailed ConnectionClosed "
      "Timeout Tls HttpStatus InvalidServerResponse RangeNotSupported MissingFileSize "
      "AuthenticationRequired ProxyAuthenticationRequired SessionNotFound ProtocolMismatch TooLarge "
      "NoProgress BlockedByPolicy CredentialsTooLarge StoreFailed WorkerLost OwnerUnknown LimitsExceeded";

static void
test_names (void)
{
  g_auto (GStrv) words = g_strsplit (names, " ", -1);

  g_assert_cmpuint (g_strv_length (words), ==, BGC_N_ERRORS);
  for (guint i = 0; i < BGC_N_ERRORS; i++)
    {
      g_autofree char *bus_name = g_strconcat (BGC_ERROR_PREFIX, words[i], NULL);
      BgcErrorCode code = BGC_N_ERRORS;

      g_assert_cmpstr (bgc_error_name ((BgcErrorCode) i), ==, words[i]);
      g_assert_cmpstr (bgc_error_bus_name ((BgcErrorCode) i), ==, bus_name);
      g_assert_true (bgc_error_from_name (words[i], &code));
      g_assert_cmpint (code, ==, i);
      code = BGC_N_ERRORS;
      g_assert_true (bgc_error_from_name (bus_name, &code));
      g_assert_cmpint (code, ==, i);
    }
}

static void
test_unknown_names (void)
{
  static const char *const wrong[] = { "", "notfound", "NotFound ", "Unknown", BGC_ERROR_PREFIX,
                                       "org.example.BackgroundCopy.NotFound" };
  BgcErrorCode code = BGC_ERROR_BUSY;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (bgc_error_from_name (wrong[i], &code));
  g_assert_false (bgc_error_from_name (NULL, &code));
  g_assert_cmpint (code, ==, BGC_ERROR_BUSY);
  g_assert_cmpstr (bgc_error_name (BGC_N_ERRORS), ==, "Unknown");
  g_assert_cmpstr (bgc_error_name ((BgcErrorCode) -1), ==, "Unknown");
}

static void
test_descriptions (void)
{
  for (guint i = 0; i < BGC_N_ERRORS; i++)
    {
      const char *text = bgc_error_description ((BgcErrorCode) i);

      g_assert_nonnull (text);
      g_assert_cmpuint (strlen (text), >, 10);
      g_assert_false (g_str_has_suffix (text, "."));
      g_assert_true (g_ascii_isupper (text[0]));
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (text, !=, bgc_error_description ((BgcErrorCode) j));
    }
  g_assert_nonnull (bgc_error_description (BGC_N_ERRORS));
}

static void
test_bits_codes (void)
{
  static const struct
  {
    BgcErrorCode code;
    guint32 bits_code;
  } known[] = {
    { BGC_ERROR_NOT_FOUND, 0x80200001 },      { BGC_ERROR_INVALID_STATE, 0x80200002 },
    { BGC_ERROR_EMPTY, 0x80200003 },          { BGC_ERROR_STRING_TOO_LONG, 0x80200021 },
    { BGC_ERROR_NETWORK_DISCONNECTED, 0x80200010 }, { BGC_ERROR_TOO_MANY_JOBS, 0x80200049 },
    { BGC_ERROR_TOO_MANY_FILES, 0x80200051 }, { BGC_ERROR_MAXIMUM_DOWNLOAD_TIME, 0x80200054 },
    { BGC_ERROR_REMOTE_FILE_CHANGED, 0x80200073 }, { BGC_ERROR_ACCESS_DENIED, 0x80070005 },
    { BGC_ERROR_BUSY, 0 },                    { BGC_N_ERRORS, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_cmphex (bgc_error_bits_code (known[i].code), ==, known[i].bits_code);

  /* Each code leads back, so no two share one. */
  for (guint i = 0; i < BGC_N_ERRORS; i++)
    {
      guint32 bits_code = bgc_error_bits_code ((BgcErrorCode) i);
      BgcErrorCode code = BGC_N_ERRORS;

      g_assert_cmpint (bgc_error_from_bits_code (bits_code, &code), ==, bits_code != 0);
      g_assert_cmpint (code, ==, bits_code != 0 ? i : BGC_N_ERRORS);
    }
}

static void
test_bits_aliases (void)
{
  BgcErrorCode code = BGC_N_ERRORS;

  g_assert_true (bgc_error_from_bits_code (0x80200050, &code));
  g_assert_cmpint (code, ==, BGC_ERROR_TOO_MANY_JOBS);
  g_assert_true (bgc_error_from_bits_code (0x80200067, &code));
  g_assert_cmpint (code, ==, BGC_ERROR_BLOCKED_BY_POLICY);
  g_assert_false (bgc_error_from_bits_code (0x80200099, &code));
  g_assert_false (bgc_error_from_bits_code (0xffffffff, &code));
}

static void
test_bits_statuses (void)
{
  BgcErrorCode code = BGC_N_ERRORS;

  g_assert_cmphex (bgc_error_bits_code_for_status (404), ==, 0x80190194);
  g_assert_cmphex (bgc_error_bits_code_for_status (0), ==, 0);
  g_assert_cmphex (bgc_error_bits_code_for_status (1000), ==, 0);
  g_assert_true (bgc_error_from_bits_code (0x80190194, &code));
  g_assert_cmpint (code, ==, BGC_ERROR_HTTP_STATUS);
  g_assert_true (bgc_error_from_bits_code (bgc_error_bits_code_for_status (401), &code));
  g_assert_cmpint (code, ==, BGC_ERROR_AUTHENTICATION_REQUIRED);
  g_assert_true (bgc_error_from_bits_code (bgc_error_bits_code_for_status (407), &code));
  g_assert_cmpint (code, ==, BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED);
  g_assert_false (bgc_error_from_bits_code (0x80190000 + 99, &code));
  g_assert_false (bgc_error_from_bits_code (0x80190000 + 1000, &code));
}

static void
test_code_of (void)
{
  g_autoptr (GError) ours = g_error_new_literal (BGC_ERROR, BGC_ERROR_NO_SPACE, "full");
  g_autoptr (GError) bent = g_error_new_literal (BGC_ERROR, BGC_N_ERRORS, "of no kind");
  g_autoptr (GError) other = g_error_new_literal (g_quark_from_static_string ("other"), 3, "not ours");

  g_assert_cmpint (bgc_error_code_of (ours, BGC_ERROR_BUSY), ==, BGC_ERROR_NO_SPACE);
  g_assert_cmpint (bgc_error_code_of (bent, BGC_ERROR_BUSY), ==, BGC_ERROR_BUSY);
  g_assert_cmpint (bgc_error_code_of (other, BGC_ERROR_BUSY), ==, BGC_ERROR_BUSY);
  g_assert_cmpint (bgc_error_code_of (NULL, BGC_ERROR_BUSY), ==, BGC_ERROR_BUSY);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/names", test_names);
  g_test_add_func ("/error/names/unknown", test_unknown_names);
  g_test_add_func ("/error/descriptions", test_descriptions);
  g_test_add_func ("/error/bits-codes", test_bits_codes);
  g_test_add_func ("/error/bits-codes/aliases", test_bits_aliases);
  g_test_add_func ("/error/bits-codes/statuses", test_bits_statuses);
  g_test_add_func ("/error/code-of", test_code_of);

  return g_test_run ();
}
