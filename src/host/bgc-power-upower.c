/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-power-upower.h"

#include "host/bgc-bus-properties.h"

/* UPower's WarningLevel from which a battery is to be spared. */
#define WARNING_LOW 3u

enum
{
  PROFILES,
  OLD_PROFILES,
  SUPPLY,
  BATTERY,
  N_OBJECTS
};

/* The daemon of profiles has two names: that of today, and that of versions before 0.20. */
static const BgcBusPropertiesObject objects[N_OBJECTS] = {
  { "org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles",
    "org.freedesktop.UPower.PowerProfiles" },
  { "net.hadess.PowerProfiles", "/net/hadess/PowerProfiles", "net.hadess.PowerProfiles" },
  { "org.freedesktop.UPower", "/org/freedesktop/UPower", "org.freedesktop.UPower" },
  { "org.freedesktop.UPower", "/org/freedesktop/UPower/devices/DisplayDevice",
    "org.freedesktop.UPower.Device" },
};

struct _BgcPowerUpower
{
  GObject parent;
  BgcBusProperties *properties; /* (owned) */
  gboolean saving;
};

static void bgc_power_upower_iface_init (BgcPowerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcPowerUpower, bgc_power_upower, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_POWER, bgc_power_upower_iface_init))

static gboolean
bgc_power_upower_is_saving (BgcPower *power)
{
  return BGC_POWER_UPOWER (power)->saving;
}

static void
bgc_power_upower_iface_init (BgcPowerInterface *iface)
{
  iface->is_saving = bgc_power_upower_is_saving;
}

static void
on_properties_changed (gpointer data)
{
  BgcPowerUpower *self = data;
  BgcBusProperties *properties = self->properties;
  gboolean saving = bgc_bus_properties_is (properties, PROFILES, "ActiveProfile", "power-saver")
                    || bgc_bus_properties_is (properties, OLD_PROFILES, "ActiveProfile", "power-saver")
                    || (bgc_bus_properties_boolean (properties, SUPPLY, "OnBattery", FALSE)
                        && bgc_bus_properties_number (properties, BATTERY, "WarningLevel", 0) >= WARNING_LOW);

  if (!saving == !self->saving)
    return;
  self->saving = saving;
  bgc_power_emit_changed (BGC_POWER (self));
}

static void
bgc_power_upower_finalize (GObject *object)
{
  g_clear_pointer (&BGC_POWER_UPOWER (object)->properties, bgc_bus_properties_free);

  G_OBJECT_CLASS (bgc_power_upower_parent_class)->finalize (object);
}

static void
bgc_power_upower_class_init (BgcPowerUpowerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_power_upower_finalize;
}

static void
bgc_power_upower_init (BgcPowerUpower *self)
{
  self->properties = bgc_bus_properties_new (objects, N_OBJECTS, on_properties_changed, self);
}

BgcPower *
bgc_power_upower_new (void)
{
  return g_object_new (BGC_TYPE_POWER_UPOWER, NULL);
}
