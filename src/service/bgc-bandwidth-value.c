/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-bandwidth-value.h"

GVariant *
bgc_bandwidth_value (const BgcCaps *caps, gint64 until)
{
  const struct {
    const char *name;
    guint64 cap;
  } limits[] = {
    { "Limit", caps->all },
    { "LimitForeground", caps->priorities[BGC_PRIORITY_FOREGROUND] },
    { "LimitHigh", caps->priorities[BGC_PRIORITY_HIGH] },
    { "LimitNormal", caps->priorities[BGC_PRIORITY_NORMAL] },
    { "LimitLow", caps->priorities[BGC_PRIORITY_LOW] },
    { "LimitPerOwner", caps->owner },
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    if (limits[i].cap != BGC_CAP_NONE)
      g_variant_builder_add (&builder, "{sv}", limits[i].name, g_variant_new_uint64 (limits[i].cap));
  if (until != 0)
    g_variant_builder_add (&builder, "{sv}", "Until", g_variant_new_int64 (until));
  return g_variant_builder_end (&builder);
}
