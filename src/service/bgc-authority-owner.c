/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-owner.h"

struct _BgcAuthorityOwner {
  GObject parent;
};

static void
bgc_authority_owner_iface_init (BgcAuthorityInterface *iface)
{
}

G_DEFINE_TYPE_WITH_CODE (BgcAuthorityOwner, bgc_authority_owner, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_AUTHORITY, bgc_authority_owner_iface_init))

static void
bgc_authority_owner_class_init (BgcAuthorityOwnerClass *klass)
{
}

static void
bgc_authority_owner_init (BgcAuthorityOwner *self)
{
}

BgcAuthority *
bgc_authority_owner_new (void)
{
  return g_object_new (BGC_TYPE_AUTHORITY_OWNER, NULL);
}
