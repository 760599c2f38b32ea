/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-network-fake.h"

struct _BgcNetworkFake
{
  GObject parent;
  gboolean available;
};

static void bgc_network_fake_iface_init (BgcNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcNetworkFake, bgc_network_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_NETWORK, bgc_network_fake_iface_init))

static gboolean
bgc_network_fake_is_available (BgcNetwork *network)
{
  return BGC_NETWORK_FAKE (network)->available;
}

static void
bgc_network_fake_iface_init (BgcNetworkInterface *iface)
{
  iface->is_available = bgc_network_fake_is_available;
}

static void
bgc_network_fake_class_init (BgcNetworkFakeClass *klass)
{
}

static void
bgc_network_fake_init (BgcNetworkFake *self)
{
}

BgcNetworkFake *
bgc_network_fake_new (gboolean available)
{
  BgcNetworkFake *self = g_object_new (BGC_TYPE_NETWORK_FAKE, NULL);

  self->available = available;

  return self;
}

void
bgc_network_fake_set (BgcNetworkFake *self, gboolean available)
{
  if (!self->available == !available)
    return;

  self->available = available;
  bgc_network_emit_changed (BGC_NETWORK (self), available);
}
