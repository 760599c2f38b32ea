/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-bits-request.h"
#include "protocol/bgc-header-table.h"

/* What a hostile client sends; what was understood must survive being written and read again. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text ((const char *) data, size);
  g_autoptr (BgcHeaderTable) again = bgc_header_table_new ();
  BgcHeaderReader reader = bgc_header_table_reader (table);
  BgcHeaderReader second_reader = bgc_header_table_reader (again);
  BgcHeaderWriter writer = bgc_header_table_writer (again);
  g_auto (BgcBitsRequest) request = { BGC_BITS_PING };
  g_auto (BgcBitsRequest) second = { BGC_BITS_PING };
  guint64 length = 0;
  gboolean has_length = bgc_header_get_number (&reader, "Content-Length", &length);

  if (!bgc_bits_request_parse (&reader, &request, NULL))
    return 0;
  bgc_bits_request_check_length (&request, has_length, length, NULL);
  bgc_bits_request_write (&request, &writer);
  if (bgc_bits_request_parse (&second_reader, &second, NULL))
    g_assert_cmpuint (second.range.length, ==, request.range.length);

  return 0;
}
