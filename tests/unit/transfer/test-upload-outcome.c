/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-outcome.h"

#include "protocol/bgc-header-table.h"

static void
test_table (void)
{
  static const struct
  {
    guint status;
    BgcErrorCode code;
    gboolean transient;
    gboolean settles;
  } rows[] = {
    { 200, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 204, BGC_ERROR_HTTP_STATUS, FALSE, TRUE },
    { 300, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 301, BGC_ERROR_HTTP_STATUS, FALSE, TRUE },
    { 305, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 306, BGC_ERROR_HTTP_STATUS, TRUE, TRUE },
    { 307, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 308, BGC_ERROR_HTTP_STATUS, FALSE, TRUE },
    { 310, BGC_ERROR_HTTP_STATUS, TRUE, TRUE },  { 400, BGC_ERROR_HTTP_STATUS, FALSE, TRUE },
    { 401, BGC_ERROR_AUTHENTICATION_REQUIRED, FALSE, TRUE },
    { 407, BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED, FALSE, TRUE },
    { 403, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 404, BGC_ERROR_HTTP_STATUS, FALSE, TRUE },
    { 408, BGC_ERROR_HTTP_STATUS, TRUE, FALSE }, { 409, BGC_ERROR_HTTP_STATUS, TRUE, FALSE },
    { 410, BGC_ERROR_HTTP_STATUS, FALSE, TRUE }, { 429, BGC_ERROR_HTTP_STATUS, TRUE, FALSE },
    { 500, BGC_ERROR_HTTP_STATUS, TRUE, FALSE }, { 501, BGC_ERROR_HTTP_STATUS, FALSE, FALSE },
    { 503, BGC_ERROR_HTTP_STATUS, TRUE, FALSE }, { 505, BGC_ERROR_HTTP_STATUS, FALSE, FALSE },
    { 700, BGC_ERROR_HTTP_STATUS, TRUE, FALSE },
  };
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  const BgcHeaderReader headers = bgc_header_table_reader (table);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (BgcFailure) failure = bgc_upload_outcome_of_status (rows[i].status, &headers, 0);

      g_test_message ("%u", rows[i].status);
      g_assert_cmpint (bgc_upload_outcome_settles_cancel (rows[i].status), ==, rows[i].settles);
      if (rows[i].status < 300)
        continue;
      g_assert_cmpint (failure->code, ==, rows[i].code);
      g_assert_cmpint (failure->transient, ==, rows[i].transient);
      g_assert_cmpint (failure->wait, ==, rows[i].transient ? BGC_WAIT_RETRY : BGC_WAIT_NONE);
      g_assert_cmpuint (bgc_failure_bits_code (failure), ==, bgc_error_bits_code_for_status (rows[i].status));
    }
}

static void
test_retry_after (void)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  const BgcHeaderReader headers = bgc_header_table_reader (table);
  g_autoptr (BgcFailure) busy = NULL;
  g_autoptr (BgcFailure) broken = NULL;

  bgc_header_table_set (table, "Retry-After", "120");
  busy = bgc_upload_outcome_of_status (503, &headers, 0);
  g_assert_cmpuint (busy->retry_after, ==, 120);
  broken = bgc_upload_outcome_of_status (500, &headers, 0);
  g_assert_cmpuint (broken->retry_after, ==, 0);
}

static void
test_others (void)
{
  g_autoptr (BgcFailure) nonsense = bgc_upload_outcome_of_nonsense ("No");
  g_autoptr (BgcFailure) size = bgc_upload_outcome_of_size (0);
  g_autoptr (BgcFailure) refused = bgc_upload_outcome_of_size (413);

  g_assert_cmpint (nonsense->code, ==, BGC_ERROR_INVALID_SERVER_RESPONSE);
  g_assert_true (nonsense->transient);
  g_assert_cmpint (size->code, ==, BGC_ERROR_TOO_LARGE);
  g_assert_false (size->transient);
  g_assert_cmpuint (bgc_failure_bits_code (refused), ==, 0x8019019D);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-outcome/table", test_table);
  g_test_add_func ("/upload-outcome/retry-after", test_retry_after);
  g_test_add_func ("/upload-outcome/others", test_others);
  return g_test_run ();
}
