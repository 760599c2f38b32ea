/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-nm.h"

#include "host/bgc-bus-properties.h"

/* NMState: not known, and the least that is a connection to anything. */
#define NM_STATE_UNKNOWN         0u
#define NM_STATE_CONNECTED_LOCAL 50u

enum
{
  NETWORK_MANAGER,
  NETWORKD
};

static const BgcBusPropertiesObject objects[] = {
  [NETWORK_MANAGER]
  = { "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager" },
  [NETWORKD]
  = { "org.freedesktop.network1", "/org/freedesktop/network1", "org.freedesktop.network1.Manager" },
};

/* OperationalState of networkd, where there is an address. */
static const char *const connected[] = { "routable", "degraded" };

struct _BgcNetworkNm
{
  GObject parent;
  BgcBusProperties *properties; /* (owned) */
  BgcNetwork *monitor;          /* (owned) (nullable) */
  gboolean available;           /* the last answer */
};

static void bgc_network_nm_iface_init (BgcNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcNetworkNm, bgc_network_nm, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_NETWORK, bgc_network_nm_iface_init))

static gboolean
bgc_network_nm_is_available (BgcNetwork *network)
{
  return BGC_NETWORK_NM (network)->available;
}

static void
bgc_network_nm_iface_init (BgcNetworkInterface *iface)
{
  iface->is_available = bgc_network_nm_is_available;
}

static gboolean
networkd_says_so (BgcNetworkNm *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (connected); i++)
    if (bgc_bus_properties_is (self->properties, NETWORKD, "OperationalState", connected[i]))
      return TRUE;
  return FALSE;
}

/* Each may know only of networks that it made itself: one that says no has not the last word. */
static gboolean
judge (BgcNetworkNm *self)
{
  guint32 state = bgc_bus_properties_number (self->properties, NETWORK_MANAGER, "State", NM_STATE_UNKNOWN);
  gboolean asked = FALSE;

  if (self->monitor != NULL)
    {
      asked = TRUE;
      if (bgc_network_is_available (self->monitor))
        return TRUE;
    }
  if (state != NM_STATE_UNKNOWN)
    {
      asked = TRUE;
      if (state >= NM_STATE_CONNECTED_LOCAL)
        return TRUE;
    }
  if (bgc_bus_properties_has (self->properties, NETWORKD))
    {
      asked = TRUE;
      if (networkd_says_so (self))
        return TRUE;
    }
  return !asked;
}

static void
update (gpointer data)
{
  BgcNetworkNm *self = data;
  gboolean available = judge (self);

  if (!available == !self->available)
    return;
  self->available = available;
  bgc_network_emit_changed (BGC_NETWORK (self), available);
}

static void
bgc_network_nm_finalize (GObject *object)
{
  BgcNetworkNm *self = BGC_NETWORK_NM (object);

  g_clear_pointer (&self->properties, bgc_bus_properties_free);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (bgc_network_nm_parent_class)->finalize (object);
}

static void
bgc_network_nm_class_init (BgcNetworkNmClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_network_nm_finalize;
}

static void
bgc_network_nm_init (BgcNetworkNm *self)
{
}

BgcNetwork *
bgc_network_nm_new (BgcNetwork *monitor)
{
  BgcNetworkNm *self = g_object_new (BGC_TYPE_NETWORK_NM, NULL);

  self->properties = bgc_bus_properties_new (objects, G_N_ELEMENTS (objects), update, self);
  if (g_set_object (&self->monitor, monitor))
    g_signal_connect_swapped (monitor, "changed", G_CALLBACK (update), self);
  self->available = judge (self);
  return BGC_NETWORK (self);
}
