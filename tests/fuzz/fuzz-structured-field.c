/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "protocol/bgc-structured-field.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  guint64 number;
  gboolean flag;

  if (bgc_structured_field_parse_integer (text, &number))
    g_assert_true (number <= BGC_STRUCTURED_FIELD_MAX);
  if (bgc_structured_field_parse_boolean (text, &flag))
    g_assert_true (flag == TRUE || flag == FALSE);
  if (bgc_structured_field_lookup_integer (text, "max-size", &number))
    g_assert_true (bgc_structured_field_is_dictionary (text) && number <= BGC_STRUCTURED_FIELD_MAX);

  return 0;
}
