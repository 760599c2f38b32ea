/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-metering-fake.h"

struct _BgcMeteringFake
{
  GObject parent;
  BgcMeteringCost cost;
};

static void bgc_metering_fake_iface_init (BgcMeteringInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcMeteringFake, bgc_metering_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_METERING, bgc_metering_fake_iface_init))

static BgcMeteringCost
bgc_metering_fake_cost (BgcMetering *metering)
{
  return BGC_METERING_FAKE (metering)->cost;
}

static void
bgc_metering_fake_iface_init (BgcMeteringInterface *iface)
{
  iface->cost = bgc_metering_fake_cost;
}

static void
bgc_metering_fake_class_init (BgcMeteringFakeClass *klass)
{
}

static void
bgc_metering_fake_init (BgcMeteringFake *self)
{
}

BgcMeteringFake *
bgc_metering_fake_new (void)
{
  return g_object_new (BGC_TYPE_METERING_FAKE, NULL);
}

void
bgc_metering_fake_set (BgcMeteringFake *self, BgcMeteringCost cost)
{
  if (self->cost == cost)
    return;

  self->cost = cost;
  bgc_metering_emit_changed (BGC_METERING (self));
}
