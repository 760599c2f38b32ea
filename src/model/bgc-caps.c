/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-caps.h"

void
bgc_caps_init (BgcCaps *self)
{
  self->all = self->owner = BGC_CAP_NONE;
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    self->priorities[i] = BGC_CAP_NONE;
}

gboolean
bgc_caps_equal (const BgcCaps *self, const BgcCaps *other)
{
  for (guint i = 0; i < BGC_N_PRIORITIES; i++)
    if (self->priorities[i] != other->priorities[i])
      return FALSE;
  return self->all == other->all && self->owner == other->owner;
}

gboolean
bgc_caps_allow (const BgcCaps *self, BgcPriority priority)
{
  return self->all != 0 && self->owner != 0 && self->priorities[priority] != 0;
}

gboolean
bgc_caps_any (const BgcCaps *self)
{
  BgcCaps none;

  bgc_caps_init (&none);
  return !bgc_caps_equal (self, &none);
}
