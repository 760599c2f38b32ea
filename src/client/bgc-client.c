/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-client.h"

#include <glib/gi18n.h>
#include <signal.h>

#include "base/bgc-error.h"

#define CALL_TIMEOUT      60000  /* milliseconds; an answer waits for a disk at most */
#define FILE_CALL_TIMEOUT 600000 /* milliseconds; Complete may rename 100,000 files on a slow file system */
#define READS_AT_ONCE     32u    /* the service refuses more than 128 calls waiting on one connection */

struct _BgcClient
{
  GDBusConnection *connection; /* (owned) */
  char *owner;                 /* (owned) (nullable) unique name of the service while it runs */
  GQueue events;               /* (owned) (element-type BgcClientEvent) */
  guint signals_id;            /* 0 = not listening */
  guint owner_id;              /* likewise */
  gulong closed_id;
};

void
bgc_client_event_free (BgcClientEvent *self)
{
  g_free (self->path);
  g_free (self->interface);
  g_free (self->member);
  g_clear_pointer (&self->parameters, g_variant_unref);
  g_free (self);
}

static void
push (BgcClient *self, BgcClientEventKind kind)
{
  BgcClientEvent *event = g_new0 (BgcClientEvent, 1);

  event->kind = kind;
  g_queue_push_tail (&self->events, event);
}

static void
on_closed (GDBusConnection *connection, gboolean remote_peer_vanished, GError *error, gpointer data)
{
  push (data, BGC_CLIENT_EVENT_BUS_CLOSED);
}

BgcClient *
bgc_client_new (GBusType bus, GError **error)
{
  g_autoptr (GError) reason = NULL;
  struct sigaction before;
  GDBusConnection *connection;
  BgcClient *self;

  /* GIO ignores SIGPIPE, which its own sockets do not need; a reader of our output who leaves early
   * shall end us as it ends others. */
  sigaction (SIGPIPE, NULL, &before);
  connection = g_bus_get_sync (bus, NULL, &reason);
  sigaction (SIGPIPE, &before, NULL);
  if (connection == NULL)
    {
      if (bus == G_BUS_TYPE_SESSION)
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, _("no connection to the session bus: %s"),
                     reason->message);
      else
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, _("no connection to the system bus: %s"),
                     reason->message);
      return NULL;
    }
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self = g_new0 (BgcClient, 1);
  self->connection = connection;
  g_queue_init (&self->events);
  self->closed_id = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
  return self;
}

void
bgc_client_free (BgcClient *self)
{
  if (self->signals_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signals_id);
  if (self->owner_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->owner_id);
  g_signal_handler_disconnect (self->connection, self->closed_id);
  g_queue_clear_full (&self->events, (GDestroyNotify) bgc_client_event_free);
  g_object_unref (self->connection);
  g_free (self->owner);
  g_free (self);
}

/* ---- calls ---- */

/* Gives an error of the service its own domain. */
static GError *
convert_error (GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  BgcErrorCode code;

  if (name == NULL)
    return error;
  g_dbus_error_strip_remote_error (error);
  if (g_str_has_prefix (name, BGC_ERROR_PREFIX) && bgc_error_from_name (name, &code))
    {
      GError *own = g_error_new_literal (BGC_ERROR, code, error->message);
      g_error_free (error);
      return own;
    }
  return error;
}

typedef struct
{
  GVariant *reply; /* (owned) (nullable) */
  GError *error;   /* (owned) (nullable) */
  gboolean done;
} Pending;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  Pending *pending = data;

  pending->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &pending->error);
  pending->done = TRUE;
}

static GVariant *
call_name (BgcClient *self, const char *name, const char *path, const char *interface, const char *method,
           GVariant *parameters, const char *reply, GError **error)
{
  gboolean works_on_files
    = g_str_equal (method, "Submit") || g_str_equal (method, "Cancel") || g_str_equal (method, "Complete");
  Pending pending = { NULL, NULL, FALSE };

  g_dbus_connection_call (self->connection, name, path, interface, method, parameters, G_VARIANT_TYPE (reply),
                          G_DBUS_CALL_FLAGS_NONE, works_on_files ? FILE_CALL_TIMEOUT : CALL_TIMEOUT, NULL,
                          on_reply, &pending);
  while (!pending.done)
    g_main_context_iteration (NULL, TRUE);
  if (pending.error != NULL)
    g_propagate_error (error, convert_error (pending.error));
  return pending.reply;
}

GVariant *
bgc_client_call (BgcClient *self, const char *path, const char *interface, const char *method,
                 GVariant *parameters, const char *reply, GError **error)
{
  return call_name (self, BGC_CLIENT_BUS_NAME, path, interface, method, parameters, reply, error);
}

GVariant *
bgc_client_call_manager (BgcClient *self, const char *method, GVariant *parameters, const char *reply,
                         GError **error)
{
  return bgc_client_call (self, BGC_CLIENT_ROOT_PATH, BGC_CLIENT_MANAGER, method, parameters, reply, error);
}

GVariant *
bgc_client_call_job (BgcClient *self, const char *path, const char *method, GVariant *parameters,
                     const char *reply, GError **error)
{
  return bgc_client_call (self, path, BGC_CLIENT_JOB, method, parameters, reply, error);
}

GVariant *
bgc_client_read_job (BgcClient *self, const char *path, GError **error)
{
  g_autoptr (GVariant) reply = bgc_client_call (self, path, "org.freedesktop.DBus.Properties", "GetAll",
                                                g_variant_new ("(s)", BGC_CLIENT_JOB), "(a{sv})", error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

GVariant *
bgc_client_read_manager (BgcClient *self, GError **error)
{
  g_autoptr (GVariant) reply
    = bgc_client_call (self, BGC_CLIENT_ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll",
                       g_variant_new ("(s)", BGC_CLIENT_MANAGER), "(a{sv})", error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* ---- many reads side by side ---- */

typedef struct
{
  BgcClient *client;        /* (borrowed) */
  const char *const *paths; /* (borrowed) */
  GPtrArray *jobs;          /* (owned) (element-type GVariant) */
  guint next;               /* the first path not asked for yet */
  guint running;
  GError *error; /* (owned) (nullable) the first that is not a job gone */
} Reading;

typedef struct
{
  Reading *reading; /* (borrowed) */
  guint index;
} ReadOne;

static void
read_next (Reading *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree ReadOne *one = data;
  Reading *self = one->reading;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  self->running--;
  if (reply != NULL)
    g_ptr_array_index (self->jobs, one->index) = g_variant_get_child_value (reply, 0);
  else if (!g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) && self->error == NULL)
    self->error = convert_error (g_steal_pointer (&error));
  read_next (self);
}

static void
read_next (Reading *self)
{
  while (self->error == NULL && self->running < READS_AT_ONCE && self->next < self->jobs->len)
    {
      ReadOne *one = g_new0 (ReadOne, 1);
      one->reading = self;
      one->index = self->next++;
      self->running++;
      g_dbus_connection_call (self->client->connection, BGC_CLIENT_BUS_NAME, self->paths[one->index],
                              "org.freedesktop.DBus.Properties", "GetAll",
                              g_variant_new ("(s)", BGC_CLIENT_JOB), G_VARIANT_TYPE ("(a{sv})"),
                              G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT, NULL, on_read, one);
    }
}

static void
unref_if_any (gpointer value)
{
  if (value != NULL)
    g_variant_unref (value);
}

GPtrArray *
bgc_client_read_jobs (BgcClient *self, const char *const *paths, GError **error)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (unref_if_any);
  Reading reading = { self, paths, jobs, 0, 0, NULL };

  g_ptr_array_set_size (jobs, g_strv_length ((char **) paths));
  read_next (&reading);
  while (reading.running > 0)
    g_main_context_iteration (NULL, TRUE);
  if (reading.error != NULL)
    {
      g_propagate_error (error, reading.error);
      return NULL;
    }
  return g_steal_pointer (&jobs);
}

/* ---- pages ---- */

char **
bgc_client_list_page (BgcClient *self, const BgcClientFilter *filter, guint offset, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder options;
  char **paths = NULL;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&options, "{sv}", "offset", g_variant_new_uint32 (offset));
  g_variant_builder_add (&options, "{sv}", "limit", g_variant_new_uint32 (BGC_PAGE_SIZE));
  if (filter->all_users)
    g_variant_builder_add (&options, "{sv}", "all-users", g_variant_new_boolean (TRUE));
  if (filter->states != NULL)
    g_variant_builder_add (&options, "{sv}", "state", g_variant_new_strv (filter->states, -1));
  reply = bgc_client_call_manager (self, "ListJobs", g_variant_new ("(a{sv})", &options), "(ao)", error);
  if (reply != NULL)
    g_variant_get (reply, "(^ao)", &paths);
  return paths;
}

GPtrArray *
bgc_client_list_files (BgcClient *self, const char *path, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guint32 first = 0;

  for (;;)
    {
      g_autoptr (GVariant) page = NULL;
      g_autoptr (GVariant) reply = bgc_client_call_job (
        self, path, "ListFiles", g_variant_new ("(uu)", first, BGC_PAGE_SIZE), "(aa{sv})", error);
      guint32 last = first;
      gsize n;
      if (reply == NULL)
        return NULL;
      page = g_variant_get_child_value (reply, 0);
      n = g_variant_n_children (page);
      for (gsize i = 0; i < n; i++)
        g_ptr_array_add (files, g_variant_get_child_value (page, i));
      /* Only an empty page is surely the last. A service that counts backwards shall not hold us for ever. */
      if (n == 0 || !g_variant_lookup (g_ptr_array_index (files, files->len - 1), "index", "u", &last)
          || last < first || last == G_MAXUINT32)
        return g_steal_pointer (&files);
      first = last + 1;
    }
}

/* ---- what the service says unasked ---- */

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *member, GVariant *parameters, gpointer data)
{
  BgcClient *self = data;
  BgcClientEvent *event;

  /* Anybody on the bus may send us signals; only the owner of the name is the service. */
  if (self->owner == NULL || g_strcmp0 (sender, self->owner) != 0)
    return;
  event = g_new0 (BgcClientEvent, 1);
  event->kind = BGC_CLIENT_EVENT_SIGNAL;
  event->path = g_strdup (path);
  event->interface = g_strdup (interface);
  event->member = g_strdup (member);
  event->parameters = g_variant_ref (parameters);
  g_queue_push_tail (&self->events, event);
}

static void
on_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                  const char *member, GVariant *parameters, gpointer data)
{
  BgcClient *self = data;
  const char *name, *old, *owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (parameters, "(&s&s&s)", &name, &old, &owner);
  if (!g_str_equal (name, BGC_CLIENT_BUS_NAME) || g_strcmp0 (self->owner, owner) == 0)
    return;
  if (self->owner != NULL)
    push (self, BGC_CLIENT_EVENT_SERVICE_STOPPED);
  g_clear_pointer (&self->owner, g_free);
  if (owner[0] != '\0')
    {
      self->owner = g_strdup (owner);
      push (self, BGC_CLIENT_EVENT_SERVICE_STARTED);
    }
}

void
bgc_client_listen (BgcClient *self)
{
  g_autoptr (GVariant) reply = NULL;

  if (self->signals_id != 0)
    return;
  /* Signals come to this connection alone, so no match rule is needed, and one with the service's name
   * would make the library ask for its owner: senders are compared here. */
  self->signals_id = g_dbus_connection_signal_subscribe (
    self->connection, NULL, NULL, NULL, NULL, NULL, G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE, on_signal, self, NULL);
  self->owner_id = g_dbus_connection_signal_subscribe (
    self->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
    "/org/freedesktop/DBus", BGC_CLIENT_BUS_NAME, G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, self, NULL);
  /* No owner yet is no error: a call will start the service, and NameOwnerChanged tells who it is. */
  reply = call_name (self, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                     "GetNameOwner", g_variant_new ("(s)", BGC_CLIENT_BUS_NAME), "(s)", NULL);
  if (reply != NULL && self->owner == NULL)
    g_variant_get (reply, "(s)", &self->owner);
}

gboolean
bgc_client_subscribe (BgcClient *self, GError **error)
{
  g_autoptr (GVariant) reply = bgc_client_call_manager (self, "Subscribe", NULL, "()", error);

  return reply != NULL;
}

BgcClientEvent *
bgc_client_next_event (BgcClient *self)
{
  return g_queue_pop_head (&self->events);
}

void
bgc_client_wait (BgcClient *self)
{
  if (g_queue_is_empty (&self->events))
    g_main_context_iteration (NULL, TRUE);
}
