/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: which user a connection of the bus belongs to. Main thread only. */

#pragma once

#include <gio/gio.h>

#define BGC_TYPE_CREDENTIALS (bgc_credentials_get_type ())
G_DECLARE_INTERFACE (BgcCredentials, bgc_credentials, BGC, CREDENTIALS, GObject)

struct _BgcCredentialsInterface {
  GTypeInterface parent;
  void (*look_up_async) (BgcCredentials *self, const char *sender, GAsyncReadyCallback callback,
                         gpointer data);
  gboolean (*look_up_finish) (BgcCredentials *self, GAsyncResult *result, guint32 *uid, GError **error);
};

/* @sender is a unique name. Error: AccessDenied, also where the connection is gone. */
void bgc_credentials_look_up_async (BgcCredentials *self, const char *sender, GAsyncReadyCallback callback,
                                    gpointer data);
gboolean bgc_credentials_look_up_finish (BgcCredentials *self, GAsyncResult *result, guint32 *uid,
                                         GError **error);
