/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-file-request.h"

#include "base/bgc-limits.h"

static void
test_defaults (void)
{
  g_autoptr (BgcFileRequest) request = bgc_file_request_new ("http://example.org/", "/x");

  g_assert_cmpstr (request->remote, ==, "http://example.org/");
  g_assert_cmpstr (request->local, ==, "/x");
  g_assert_null (request->checksum);
  g_assert_cmpuint (request->size, ==, BGC_SIZE_UNKNOWN);
  g_assert_true (request->overwrite);
  bgc_file_request_free (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-request/defaults", test_defaults);
  return g_test_run ();
}
