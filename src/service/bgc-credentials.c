/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-credentials.h"

G_DEFINE_INTERFACE (BgcCredentials, bgc_credentials, G_TYPE_OBJECT)

static void
bgc_credentials_default_init (BgcCredentialsInterface *iface)
{
}

void
bgc_credentials_look_up_async (BgcCredentials *self, const char *sender, GAsyncReadyCallback callback,
                               gpointer data)
{
  BGC_CREDENTIALS_GET_IFACE (self)->look_up_async (self, sender, callback, data);
}

gboolean
bgc_credentials_look_up_finish (BgcCredentials *self, GAsyncResult *result, guint32 *uid, GError **error)
{
  return BGC_CREDENTIALS_GET_IFACE (self)->look_up_finish (self, result, uid, error);
}
