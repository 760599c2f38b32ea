/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-owner.h"

struct _BgcAuthorityOwner {
  GObject parent;
};

static void bgc_authority_owner_iface_init (BgcAuthorityInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcAuthorityOwner, bgc_authority_owner, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_AUTHORITY, bgc_authority_owner_iface_init))

static gboolean
allows (BgcAuthority *iface, guint32 uid, guint32 owner, BgcRule rule)
{
  switch (rule)
    {
    case BGC_RULE_ANYBODY:
      return TRUE;
    case BGC_RULE_SEE:
    case BGC_RULE_CHANGE:
      return uid == owner || uid == 0;
    case BGC_RULE_SECRET:
      return uid == owner;
    case BGC_RULE_MANAGE:
      return uid == 0;
    case BGC_RULE_NOBODY:
    case BGC_N_RULES:
      break;
    }
  return FALSE;
}

static void
bgc_authority_owner_iface_init (BgcAuthorityInterface *iface)
{
  iface->allows = allows;
}

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
