/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-logins-fake.h"

struct _BgcLoginsFake
{
  GObject parent;
  GHashTable *present; /* (owned) (nullable) (element-type guint32) NULL = nobody knows */
};

static void bgc_logins_fake_iface_init (BgcLoginsInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcLoginsFake, bgc_logins_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_LOGINS, bgc_logins_fake_iface_init))

static gboolean
bgc_logins_fake_has (BgcLogins *logins, guint32 uid)
{
  BgcLoginsFake *self = BGC_LOGINS_FAKE (logins);

  return self->present == NULL || g_hash_table_contains (self->present, GUINT_TO_POINTER (uid));
}

static void
bgc_logins_fake_iface_init (BgcLoginsInterface *iface)
{
  iface->has = bgc_logins_fake_has;
}

static void
bgc_logins_fake_finalize (GObject *object)
{
  g_clear_pointer (&BGC_LOGINS_FAKE (object)->present, g_hash_table_unref);

  G_OBJECT_CLASS (bgc_logins_fake_parent_class)->finalize (object);
}

static void
bgc_logins_fake_class_init (BgcLoginsFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_logins_fake_finalize;
}

static void
bgc_logins_fake_init (BgcLoginsFake *self)
{
}

BgcLoginsFake *
bgc_logins_fake_new (void)
{
  return g_object_new (BGC_TYPE_LOGINS_FAKE, NULL);
}

void
bgc_logins_fake_set (BgcLoginsFake *self, guint32 uid, gboolean there)
{
  gboolean known = self->present != NULL;
  gboolean news;

  if (!known)
    self->present = g_hash_table_new (NULL, NULL);
  news = there ? g_hash_table_add (self->present, GUINT_TO_POINTER (uid))
               : g_hash_table_remove (self->present, GUINT_TO_POINTER (uid));
  if (news || !known)
    bgc_logins_emit_changed (BGC_LOGINS (self));
}
