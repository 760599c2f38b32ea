/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-mock-bus.h"

struct _BgcMockBus
{
  GTestDBus *bus;              /* (owned) */
  GDBusConnection *connection; /* (owned) of the services */
  GHashTable *values;          /* (owned) "path interface name" → GVariant */
  GHashTable *exported;        /* (owned) "path interface" */
};

static char *
key_of (const char *path, const char *interface, const char *name)
{
  return g_strjoin (" ", path, interface, name, NULL);
}

static GVariant *
get_property (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
              const char *name, GError **error, gpointer data)
{
  g_autofree char *key = key_of (path, interface, name);
  GVariant *value = g_hash_table_lookup (((BgcMockBus *) data)->values, key);

  if (value == NULL)
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY, "not set");
  return value != NULL ? g_variant_ref (value) : NULL;
}

static void
call_method (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
             const char *method, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
  g_autofree char *key = key_of (path, interface, method);
  GVariant *answer = g_hash_table_lookup (((BgcMockBus *) data)->values, key);

  if (answer != NULL)
    g_dbus_method_invocation_return_value (invocation, answer);
  else
    g_dbus_method_invocation_return_dbus_error (invocation, "org.example.Nothing", "not set");
}

static const GDBusInterfaceVTable vtable = { call_method, get_property, NULL, { 0 } };

BgcMockBus *
bgc_mock_bus_new (void)
{
  BgcMockBus *self = g_new0 (BgcMockBus, 1);
  GError *error = NULL;

  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (self->bus), TRUE);
  self->connection = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (self->bus),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
    NULL, &error);
  g_assert_no_error (error);
  self->values
    = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->exported = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
bgc_mock_bus_free (BgcMockBus *self)
{
  GDBusConnection *shared = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

  /* What GLib keeps for everybody is closed, so that the next one finds another. */
  g_dbus_connection_set_exit_on_close (shared, FALSE);
  g_dbus_connection_close_sync (shared, NULL, NULL);
  g_object_unref (shared);
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_test_dbus_down (self->bus);
  g_object_unref (self->bus);
  g_hash_table_unref (self->values);
  g_hash_table_unref (self->exported);
  g_free (self);
}

/* All properties that a test uses are known from the first on. */
static void
export (BgcMockBus *self, const char *path, const char *interface)
{
  static const char xml[]
    = "<node><interface name='%s'><property name='Metered' type='u' access='read'/>"
      "<property name='ActiveProfile' type='s' access='read'/>"
      "<property name='OnBattery' type='b' access='read'/>"
      "<property name='WarningLevel' type='u' access='read'/><property name='State' type='%s' access='read'/>"
      "<property name='OperationalState' type='s' access='read'/>"
      "<method name='ListUsers'><arg type='a(uso)' direction='out'/></method></interface></node>";
  g_autofree char *key = key_of (path, interface, "");
  g_autofree char *text = g_strdup_printf (
    xml, interface, g_str_equal (interface, "org.freedesktop.NetworkManager") ? "u" : "s");
  g_autoptr (GDBusNodeInfo) node = NULL;
  GError *error = NULL;

  if (!g_hash_table_add (self->exported, g_steal_pointer (&key)))
    return;
  node = g_dbus_node_info_new_for_xml (text, &error);
  g_assert_no_error (error);
  g_dbus_connection_register_object (self->connection, path, node->interfaces[0], &vtable, self, NULL,
                                     &error);
  g_assert_no_error (error);
}

void
bgc_mock_bus_set (BgcMockBus *self, const char *path, const char *interface, const char *name,
                  GVariant *value)
{
  GVariantBuilder changed;

  export (self, path, interface);
  g_hash_table_insert (self->values, key_of (path, interface, name), g_variant_ref_sink (value));
  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changed, "{sv}", name, value);
  g_dbus_connection_emit_signal (self->connection, NULL, path, "org.freedesktop.DBus.Properties",
                                 "PropertiesChanged", g_variant_new ("(sa{sv}as)", interface, &changed, NULL),
                                 NULL);
}

void
bgc_mock_bus_answer (BgcMockBus *self, const char *path, const char *interface, const char *method,
                     GVariant *answer)
{
  export (self, path, interface);
  g_hash_table_insert (self->values, key_of (path, interface, method), g_variant_ref_sink (answer));
}

void
bgc_mock_bus_tell (BgcMockBus *self, const char *path, const char *interface, const char *signal)
{
  g_dbus_connection_emit_signal (self->connection, NULL, path, interface, signal, NULL, NULL);
}

static void
call (BgcMockBus *self, const char *member, GVariant *parameters)
{
  g_autoptr (GVariant) reply = NULL;
  GError *error = NULL;

  reply = g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", member, parameters, NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

void
bgc_mock_bus_own (BgcMockBus *self, const char *name)
{
  call (self, "RequestName", g_variant_new ("(su)", name, 0));
}

void
bgc_mock_bus_disown (BgcMockBus *self, const char *name)
{
  call (self, "ReleaseName", g_variant_new ("(s)", name));
}

void
bgc_mock_bus_await (BgcMockBus *self, const guint *count, guint least)
{
  while (*count < least)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  g_assert_nonnull (reply);
  (*(guint *) data)++;
}

void
bgc_mock_bus_settle (BgcMockBus *self)
{
  g_autoptr (GDBusConnection) shared = NULL;
  guint answers = 0;

  /* What the services told is with the bus once it has answered them; then what the bus passed on is with
   * its readers once it has answered those. A service that appears is asked once more: twice round. */
  for (guint round = 0; round < 4; round++)
    {
      GDBusConnection *turns[2] = { self->connection, NULL };

      if (shared == NULL)
        shared = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
      g_dbus_connection_set_exit_on_close (shared, FALSE);
      turns[1] = shared;
      for (guint i = 0; i < G_N_ELEMENTS (turns); i++)
        {
          guint before = answers;

          g_dbus_connection_call (turns[i], "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                  NULL, on_answer, &answers);
          bgc_mock_bus_await (self, &answers, before + 1);
        }
    }
}
