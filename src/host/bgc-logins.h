/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: who is logged in? Emits "changed" when the answer for anybody changes. */

#pragma once

#include <glib-object.h>

#define BGC_TYPE_LOGINS (bgc_logins_get_type ())
G_DECLARE_INTERFACE (BgcLogins, bgc_logins, BGC, LOGINS, GObject)

struct _BgcLoginsInterface {
  GTypeInterface parent;
  gboolean (*has) (BgcLogins *self, guint32 uid);
};

/* @uid has a session that it sits at, or that came over the network. TRUE where nobody knows. */
gboolean bgc_logins_has (BgcLogins *self, guint32 uid);
/* For implementations: the answer has changed. */
void bgc_logins_emit_changed (BgcLogins *self);
