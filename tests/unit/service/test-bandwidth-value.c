/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-bandwidth-value.h"

static void
assert_value (const BgcCaps *caps, gint64 until, const char *expected)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (bgc_bandwidth_value (caps, until));
  g_autofree char *text = g_variant_print (value, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_value (void)
{
  BgcCaps caps;

  bgc_caps_init (&caps);
  assert_value (&caps, 0, "@a{sv} {}");
  caps.priorities[BGC_PRIORITY_LOW] = 0;
  assert_value (&caps, 7, "{'LimitLow': <uint64 0>, 'Until': <int64 7>}");
  caps = (BgcCaps) { 1, { 2, 3, 4, 5 }, 6 };
  assert_value (&caps, 0,
                "{'Limit': <uint64 1>, 'LimitForeground': <uint64 2>, 'LimitHigh': <uint64 3>, "
                "'LimitNormal': <uint64 4>, 'LimitLow': <uint64 5>, 'LimitPerOwner': <uint64 6>}");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bandwidth-value/value", test_value);
  return g_test_run ();
}
