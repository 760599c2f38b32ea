/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority.h"

G_DEFINE_INTERFACE (BgcAuthority, bgc_authority, G_TYPE_OBJECT)

static void
bgc_authority_default_init (BgcAuthorityInterface *iface)
{
}

gboolean
bgc_authority_allows (BgcAuthority *self, guint32 uid, guint32 owner, BgcRule rule)
{
  return BGC_AUTHORITY_GET_IFACE (self)->allows (self, uid, owner, rule);
}
