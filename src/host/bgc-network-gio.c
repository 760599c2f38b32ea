/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-gio.h"

#include <gio/gio.h>

struct _BgcNetworkGio
{
  GObject parent;
  GNetworkMonitor *monitor; /* (owned) GLib's one and only */
  gboolean available;       /* the last answer: the monitor also speaks up when only routes change */
};

static void bgc_network_gio_iface_init (BgcNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcNetworkGio, bgc_network_gio, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_NETWORK, bgc_network_gio_iface_init))

static gboolean
bgc_network_gio_is_available (BgcNetwork *network)
{
  return BGC_NETWORK_GIO (network)->available;
}

static void
bgc_network_gio_iface_init (BgcNetworkInterface *iface)
{
  iface->is_available = bgc_network_gio_is_available;
}

static void
on_network_changed (BgcNetworkGio *self, gboolean available)
{
  if (!self->available == !available)
    return;

  self->available = available;
  bgc_network_emit_changed (BGC_NETWORK (self), available);
}

static void
bgc_network_gio_finalize (GObject *object)
{
  g_clear_object (&BGC_NETWORK_GIO (object)->monitor);

  G_OBJECT_CLASS (bgc_network_gio_parent_class)->finalize (object);
}

static void
bgc_network_gio_class_init (BgcNetworkGioClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_network_gio_finalize;
}

static void
bgc_network_gio_init (BgcNetworkGio *self)
{
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  self->available = g_network_monitor_get_network_available (self->monitor);
  g_signal_connect_object (self->monitor, "network-changed", G_CALLBACK (on_network_changed), self,
                           G_CONNECT_SWAPPED);
}

/* GLib's base class takes the place of those that could not be made, without a netlink socket for one. */
gboolean
bgc_network_gio_sees (BgcNetworkGio *self)
{
  return !g_str_equal (G_OBJECT_TYPE_NAME (self->monitor), "GNetworkMonitorBase");
}

BgcNetwork *
bgc_network_gio_new (void)
{
  return g_object_new (BGC_TYPE_NETWORK_GIO, NULL);
}
