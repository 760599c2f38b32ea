/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-bus-properties.h"

#include <gio/gio.h>

struct _BgcBusProperties
{
  GPtrArray *proxies;             /* (owned) (element-type GDBusProxy) NULL where there is none yet */
  void (*changed) (gpointer data); /* (nullable) NULL = freed, but for proxies that are on their way */
  gpointer data;
};

/* A proxy on its way. Not to be cancelled: the connection that it waits for is everybody's, and stays
 * half made then. */
typedef struct
{
  BgcBusProperties *self; /* (owned) a reference */
  guint index;
} Making;

static void
clear (gpointer data)
{
  g_ptr_array_unref (((BgcBusProperties *) data)->proxies);
}

static void
making_free (Making *making)
{
  g_rc_box_release_full (making->self, clear);
  g_free (making);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Making, making_free)

static void
tell (BgcBusProperties *self)
{
  self->changed (self->data);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Making) making = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusProxy) proxy = g_dbus_proxy_new_for_bus_finish (result, &error);
  BgcBusProperties *self = making->self;

  if (proxy == NULL)
    {
      g_debug ("Not followed on the system bus: %s", error->message);
      return;
    }
  /* A session has a bus of its own to live and die with. */
  g_dbus_connection_set_exit_on_close (g_dbus_proxy_get_connection (proxy), FALSE);
  if (self->changed == NULL)
    return;
  g_ptr_array_index (self->proxies, making->index) = g_object_ref (proxy);
  g_signal_connect_swapped (proxy, "g-properties-changed", G_CALLBACK (tell), self);
  g_signal_connect_swapped (proxy, "notify::g-name-owner", G_CALLBACK (tell), self);
  tell (self);
}

static void
forget_proxy (gpointer proxy)
{
  if (proxy != NULL)
    g_object_unref (proxy);
}

BgcBusProperties *
bgc_bus_properties_new (const BgcBusPropertiesObject *objects, guint n_objects,
                        void (*changed) (gpointer data), gpointer data)
{
  BgcBusProperties *self = g_rc_box_new0 (BgcBusProperties);

  self->proxies = g_ptr_array_new_with_free_func (forget_proxy);
  g_ptr_array_set_size (self->proxies, (gint)n_objects);
  self->changed = changed;
  self->data = data;
  for (guint i = 0; i < n_objects; i++)
    {
      Making *making = g_new0 (Making, 1);

      making->self = g_rc_box_acquire (self);
      making->index = i;
      g_dbus_proxy_new_for_bus (G_BUS_TYPE_SYSTEM, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL,
                                objects[i].service, objects[i].path, objects[i].interface, NULL,
                                on_made, making);
    }
  return self;
}

void
bgc_bus_properties_free (BgcBusProperties *self)
{
  self->changed = NULL;
  for (guint i = 0; i < self->proxies->len; i++)
    if (g_ptr_array_index (self->proxies, i) != NULL)
      g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->proxies, i), self);
  g_rc_box_release_full (self, clear);
}

/* (transfer full) (nullable) */
static GVariant *
get (BgcBusProperties *self, guint index, const char *name, const GVariantType *type)
{
  GDBusProxy *proxy = g_ptr_array_index (self->proxies, index);
  g_autoptr (GVariant) value = NULL;

  if (!bgc_bus_properties_has (self, index))
    return NULL;
  value = g_dbus_proxy_get_cached_property (proxy, name);
  return value != NULL && g_variant_is_of_type (value, type) ? g_steal_pointer (&value) : NULL;
}

gboolean
bgc_bus_properties_has (BgcBusProperties *self, guint index)
{
  GDBusProxy *proxy = g_ptr_array_index (self->proxies, index);
  g_autofree char *owner = proxy != NULL ? g_dbus_proxy_get_name_owner (proxy) : NULL;

  return owner != NULL;
}

gboolean
bgc_bus_properties_boolean (BgcBusProperties *self, guint index, const char *name, gboolean otherwise)
{
  g_autoptr (GVariant) value = get (self, index, name, G_VARIANT_TYPE_BOOLEAN);

  return value != NULL ? g_variant_get_boolean (value) : otherwise;
}

guint32
bgc_bus_properties_number (BgcBusProperties *self, guint index, const char *name, guint32 otherwise)
{
  g_autoptr (GVariant) value = get (self, index, name, G_VARIANT_TYPE_UINT32);

  return value != NULL ? g_variant_get_uint32 (value) : otherwise;
}

gboolean
bgc_bus_properties_is (BgcBusProperties *self, guint index, const char *name, const char *text)
{
  g_autoptr (GVariant) value = get (self, index, name, G_VARIANT_TYPE_STRING);

  return value != NULL && g_str_equal (g_variant_get_string (value, NULL), text);
}
