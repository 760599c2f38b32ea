/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-header-table.h"
#include "protocol/bgc-tus.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text ((const char *) data, size);
  BgcHeaderReader reader = bgc_header_table_reader (table);
  g_auto (BgcTusAnswer) answer = { FALSE };

  bgc_tus_answer_parse (&reader, &answer);
  if (answer.has_offset && answer.has_length)
    g_assert_cmpuint (answer.offset, <=, answer.length);

  return 0;
}
