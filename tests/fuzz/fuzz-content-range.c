/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-content-range.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *formatted = NULL;
  BgcContentRange range, again;

  if (!bgc_content_range_parse (text, &range, NULL))
    return 0;
  g_assert_true (range.length <= range.total && range.first <= range.total - range.length);
  formatted = bgc_content_range_format (&range);
  g_assert_true (bgc_content_range_parse (formatted, &again, NULL));
  g_assert_true (again.first == range.first && again.length == range.length && again.total == range.total);

  return 0;
}
