/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-protocols.h"

static void
test_find (void)
{
  g_assert_null (bgc_upload_protocols_find (BGC_UPLOAD_PROTOCOL_AUTO));
  for (int i = BGC_UPLOAD_PROTOCOL_AUTO + 1; i < BGC_N_UPLOAD_PROTOCOLS; i++)
    {
      const BgcUploadProtocolFunctions *protocol = bgc_upload_protocols_find ((BgcUploadProtocol)i);

      g_assert_nonnull (protocol);
      g_assert_cmpstr (protocol->name, ==, bgc_enums_upload_protocol_to_string ((BgcUploadProtocol)i));
      g_assert_true (protocol->begin != NULL && protocol->resume != NULL && protocol->append != NULL
                     && protocol->cancel != NULL);
      g_assert_cmpint (protocol->close != NULL, ==, i == BGC_UPLOAD_PROTOCOL_BITS);
      g_assert_cmpint (protocol->is_whole_file, ==, i == BGC_UPLOAD_PROTOCOL_PUT);
    }
  g_assert_null (bgc_upload_protocols_find (BGC_N_UPLOAD_PROTOCOLS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-protocols/find", test_find);
  return g_test_run ();
}
