/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-credentials-bus.h"

#include "base/bgc-error.h"

struct _BgcCredentialsBus {
  GObject parent;
  GDBusConnection *connection; /* (owned) */
};

static void bgc_credentials_bus_iface_init (BgcCredentialsInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcCredentialsBus, bgc_credentials_bus, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_CREDENTIALS, bgc_credentials_bus_iface_init))

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 uid;

  if (reply == NULL)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_ACCESS_DENIED, "The caller's user is not known: %s",
                               error->message);
      return;
    }
  g_variant_get (reply, "(u)", &uid);
  /* A gint holds every uid but the invalid one once taken as unsigned again. */
  g_task_return_int (task, (gssize) (gint32) uid);
}

static void
look_up_async (BgcCredentials *iface, const char *sender, GAsyncReadyCallback callback, gpointer data)
{
  BgcCredentialsBus *self = BGC_CREDENTIALS_BUS (iface);
  GTask *task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, look_up_async);
  g_task_set_name (task, "bgc_credentials_bus_look_up");
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixUser", g_variant_new ("(s)", sender),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, answered_cb, task);
}

static gboolean
look_up_finish (BgcCredentials *iface, GAsyncResult *result, guint32 *uid, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gssize value = g_task_propagate_int (G_TASK (result), &failure);

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  *uid = (guint32) (gint32) value;
  return TRUE;
}

static void
bgc_credentials_bus_iface_init (BgcCredentialsInterface *iface)
{
  iface->look_up_async = look_up_async;
  iface->look_up_finish = look_up_finish;
}

static void
bgc_credentials_bus_finalize (GObject *object)
{
  g_object_unref (BGC_CREDENTIALS_BUS (object)->connection);
  G_OBJECT_CLASS (bgc_credentials_bus_parent_class)->finalize (object);
}

static void
bgc_credentials_bus_class_init (BgcCredentialsBusClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_credentials_bus_finalize;
}

static void
bgc_credentials_bus_init (BgcCredentialsBus *self)
{
}

BgcCredentials *
bgc_credentials_bus_new (GDBusConnection *connection)
{
  BgcCredentialsBus *self = g_object_new (BGC_TYPE_CREDENTIALS_BUS, NULL);

  self->connection = g_object_ref (connection);
  return BGC_CREDENTIALS (self);
}
