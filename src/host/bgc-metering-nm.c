/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-metering-nm.h"

#include <gio/gio.h>

#include "host/bgc-bus-properties.h"

/* NMMetered: said so by somebody, and guessed from the device. */
#define NM_METERED_UNKNOWN 0u
#define NM_METERED_YES 1u
#define NM_METERED_GUESS_YES 3u

static const BgcBusPropertiesObject objects[] = {
  { "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager" },
};

struct _BgcMeteringNm
{
  GObject parent;
  BgcBusProperties *properties; /* (owned) */
  GNetworkMonitor *monitor;     /* (owned) GLib's one and only */
  BgcMeteringCost cost;
};

static void bgc_metering_nm_iface_init (BgcMeteringInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcMeteringNm, bgc_metering_nm, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_METERING, bgc_metering_nm_iface_init))

static BgcMeteringCost
bgc_metering_nm_cost (BgcMetering *metering)
{
  return BGC_METERING_NM (metering)->cost;
}

static void
bgc_metering_nm_iface_init (BgcMeteringInterface *iface)
{
  iface->cost = bgc_metering_nm_cost;
}

static gboolean
is_metered (BgcMeteringNm *self)
{
  guint32 metered;

  if (!bgc_bus_properties_has (self->properties, 0))
    return g_network_monitor_get_network_metered (self->monitor);
  metered = bgc_bus_properties_number (self->properties, 0, "Metered", NM_METERED_UNKNOWN);
  return metered == NM_METERED_YES || metered == NM_METERED_GUESS_YES;
}

static void
update (gpointer data)
{
  BgcMeteringNm *self = data;
  BgcMeteringCost cost = is_metered (self) ? BGC_METERING_METERED : BGC_METERING_FREE;

  if (cost == self->cost)
    return;
  self->cost = cost;
  bgc_metering_emit_changed (BGC_METERING (self));
}

static void
on_monitor_changed (BgcMeteringNm *self)
{
  update (self);
}

static void
bgc_metering_nm_finalize (GObject *object)
{
  BgcMeteringNm *self = BGC_METERING_NM (object);

  g_clear_pointer (&self->properties, bgc_bus_properties_free);
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (bgc_metering_nm_parent_class)->finalize (object);
}

static void
bgc_metering_nm_class_init (BgcMeteringNmClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_metering_nm_finalize;
}

static void
bgc_metering_nm_init (BgcMeteringNm *self)
{
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  self->properties = bgc_bus_properties_new (objects, G_N_ELEMENTS (objects), update, self);
  self->cost = is_metered (self) ? BGC_METERING_METERED : BGC_METERING_FREE;
  g_signal_connect_object (self->monitor, "notify::network-metered", G_CALLBACK (on_monitor_changed), self,
                           G_CONNECT_SWAPPED);
}

BgcMetering *
bgc_metering_nm_new (void)
{
  return g_object_new (BGC_TYPE_METERING_NM, NULL);
}
