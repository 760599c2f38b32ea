/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-power-fake.h"

struct _BgcPowerFake
{
  GObject parent;
  gboolean saving;
};

static void bgc_power_fake_iface_init (BgcPowerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcPowerFake, bgc_power_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_POWER, bgc_power_fake_iface_init))

static gboolean
bgc_power_fake_is_saving (BgcPower *power)
{
  return BGC_POWER_FAKE (power)->saving;
}

static void
bgc_power_fake_iface_init (BgcPowerInterface *iface)
{
  iface->is_saving = bgc_power_fake_is_saving;
}

static void
bgc_power_fake_class_init (BgcPowerFakeClass *klass)
{
}

static void
bgc_power_fake_init (BgcPowerFake *self)
{
}

BgcPowerFake *
bgc_power_fake_new (void)
{
  return g_object_new (BGC_TYPE_POWER_FAKE, NULL);
}

void
bgc_power_fake_set (BgcPowerFake *self, gboolean saving)
{
  if (!self->saving == !saving)
    return;

  self->saving = saving;
  bgc_power_emit_changed (BGC_POWER (self));
}
