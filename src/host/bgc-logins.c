/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-logins.h"

static guint changed_signal;

G_DEFINE_INTERFACE (BgcLogins, bgc_logins, G_TYPE_OBJECT)

static void
bgc_logins_default_init (BgcLoginsInterface *iface)
{
  changed_signal
    = g_signal_new ("changed", BGC_TYPE_LOGINS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

gboolean
bgc_logins_has (BgcLogins *self, guint32 uid)
{
  g_return_val_if_fail (BGC_IS_LOGINS (self), TRUE);

  return BGC_LOGINS_GET_IFACE (self)->has (self, uid);
}

void
bgc_logins_emit_changed (BgcLogins *self)
{
  g_return_if_fail (BGC_IS_LOGINS (self));

  g_signal_emit (self, changed_signal, 0);
}
