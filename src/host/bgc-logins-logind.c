/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-logins-logind.h"

#include <gio/gio.h>

#define LOGIND "org.freedesktop.login1"
#define MANAGER_PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"
#define USER "org.freedesktop.login1.User"
#define PROPERTIES "org.freedesktop.DBus.Properties"

struct _BgcLoginsLogind
{
  GObject parent;
  GDBusConnection *bus;      /* (owned) (nullable) until it is there */
  GCancellable *cancellable; /* (owned) of the calls; not of the connection, which is everybody's */
  GHashTable *present;       /* (owned) (nullable) (element-type guint32) NULL = nobody knows */
  GHashTable *coming;        /* (owned) (nullable) likewise, of the answers that have come so far */
  guint pending;             /* answers that are still to come */
  gboolean stale;            /* something happened since they were asked for */
  guint watch;               /* of the name */
  guint subscriptions[2];
};

static void bgc_logins_logind_iface_init (BgcLoginsInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcLoginsLogind, bgc_logins_logind, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_LOGINS, bgc_logins_logind_iface_init))

/* A question about one user. */
typedef struct
{
  BgcLoginsLogind *self; /* (borrowed) gone when the call was cancelled */
  guint32 uid;
} Question;

static gboolean
bgc_logins_logind_has (BgcLogins *logins, guint32 uid)
{
  BgcLoginsLogind *self = BGC_LOGINS_LOGIND (logins);

  return self->present == NULL || g_hash_table_contains (self->present, GUINT_TO_POINTER (uid));
}

static void
bgc_logins_logind_iface_init (BgcLoginsInterface *iface)
{
  iface->has = bgc_logins_logind_has;
}

static gboolean
same (GHashTable *a, GHashTable *b)
{
  GHashTableIter iter;
  gpointer uid;

  if (a == NULL || b == NULL)
    return a == b;
  if (g_hash_table_size (a) != g_hash_table_size (b))
    return FALSE;
  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &uid, NULL))
    if (!g_hash_table_contains (b, uid))
      return FALSE;
  return TRUE;
}

/* @present transfer full, nullable. */
static void
take (BgcLoginsLogind *self, GHashTable *present)
{
  gboolean news = !same (self->present, present);

  g_clear_pointer (&self->present, g_hash_table_unref);
  self->present = present;
  if (news)
    bgc_logins_emit_changed (BGC_LOGINS (self));
}

static void
ask (BgcLoginsLogind *self);

static void
answered (BgcLoginsLogind *self)
{
  if (--self->pending > 0)
    return;
  if (self->coming != NULL)
    take (self, g_steal_pointer (&self->coming));
  if (self->stale)
    ask (self);
}

static void
on_state (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Question *question = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) state = NULL;
  const char *word;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    g_variant_get (reply, "(v)", &state);
  /* Otherwise he has just gone. */
  word = state != NULL && g_variant_is_of_type (state, G_VARIANT_TYPE_STRING)
           ? g_variant_get_string (state, NULL)
           : "";
  if ((g_str_equal (word, "active") || g_str_equal (word, "online")) && question->self->coming != NULL)
    g_hash_table_add (question->self->coming, GUINT_TO_POINTER (question->uid));
  answered (question->self);
}

static void
ask_state (BgcLoginsLogind *self, guint32 uid, const char *path)
{
  Question *question = g_new0 (Question, 1);

  question->self = self;
  question->uid = uid;
  self->pending++;
  g_dbus_connection_call (self->bus, LOGIND, path, PROPERTIES, "Get", g_variant_new ("(ss)", USER, "State"),
                          G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, self->cancellable,
                          on_state, question);
}

static void
on_users (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariantIter) users = NULL;
  BgcLoginsLogind *self;
  guint32 uid;
  const char *path;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = data;
  if (reply == NULL)
    {
      g_debug ("Who is logged in is not known: %s", error->message);
      g_clear_pointer (&self->coming, g_hash_table_unref);
      take (self, NULL);
      answered (self);
      return;
    }
  g_variant_get (reply, "(a(uso))", &users);
  while (g_variant_iter_next (users, "(u&s&o)", &uid, NULL, &path))
    ask_state (self, uid, path);
  answered (self);
}

/* One round of questions at a time: what happens meanwhile is asked for afterwards. */
static void
ask (BgcLoginsLogind *self)
{
  self->stale = self->pending > 0;
  if (self->stale)
    return;
  g_clear_pointer (&self->coming, g_hash_table_unref);
  self->coming = g_hash_table_new (NULL, NULL);
  self->pending = 1;
  g_dbus_connection_call (self->bus, LOGIND, MANAGER_PATH, MANAGER, "ListUsers", NULL,
                          G_VARIANT_TYPE ("(a(uso))"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                          self->cancellable, on_users, self);
}

static void
on_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
           const char *member, GVariant *parameters, gpointer data)
{
  ask (data);
}

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
  ask (data);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer data)
{
  BgcLoginsLogind *self = data;

  g_clear_pointer (&self->coming, g_hash_table_unref);
  take (self, NULL);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BgcLoginsLogind) self = data;
  g_autoptr (GError) error = NULL;

  self->bus = g_bus_get_finish (result, &error);
  if (self->bus == NULL)
    {
      g_debug ("Who is logged in is not known: %s", error->message);
      return;
    }
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  self->subscriptions[0]
    = g_dbus_connection_signal_subscribe (self->bus, LOGIND, MANAGER, NULL, MANAGER_PATH, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->subscriptions[1]
    = g_dbus_connection_signal_subscribe (self->bus, LOGIND, PROPERTIES, "PropertiesChanged", NULL, USER,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->watch = g_bus_watch_name_on_connection (self->bus, LOGIND, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_appeared, on_vanished, self, NULL);
}

static void
bgc_logins_logind_finalize (GObject *object)
{
  BgcLoginsLogind *self = BGC_LOGINS_LOGIND (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  for (guint i = 0; i < G_N_ELEMENTS (self->subscriptions) && self->bus != NULL; i++)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscriptions[i]);
  g_clear_object (&self->bus);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->present, g_hash_table_unref);
  g_clear_pointer (&self->coming, g_hash_table_unref);
  G_OBJECT_CLASS (bgc_logins_logind_parent_class)->finalize (object);
}

static void
bgc_logins_logind_class_init (BgcLoginsLogindClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_logins_logind_finalize;
}

static void
bgc_logins_logind_init (BgcLoginsLogind *self)
{
  self->cancellable = g_cancellable_new ();
}

BgcLogins *
bgc_logins_logind_new (void)
{
  BgcLoginsLogind *self = g_object_new (BGC_TYPE_LOGINS_LOGIND, NULL);

  g_bus_get (G_BUS_TYPE_SYSTEM, NULL, on_bus, g_object_ref (self));
  return BGC_LOGINS (self);
}
