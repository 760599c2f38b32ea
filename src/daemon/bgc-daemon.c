/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-daemon.h"

#include <signal.h>

#include <glib-unix.h>
#include <systemd/sd-daemon.h>

#include "base/bgc-error.h"
#include "base/bgc-limits.h"
#include "daemon/bgc-config.h"
#include "engine/bgc-manager.h"
#include "host/bgc-clock-system.h"
#include "host/bgc-network-gio.h"
#include "service/bgc-authority-owner.h"
#include "service/bgc-credentials-bus.h"
#include "service/bgc-service.h"
#include "store/bgc-store-sqlite.h"
#include "workers/bgc-launcher-spawn.h"
#include "workers/bgc-workers-bus.h"

#define BUS_NAME "org.example.BackgroundCopy"

struct _BgcDaemon {
  char *config;              /* (owned) (nullable) */
  gboolean config_required;  /* it was named on the command line */
  BgcClock *clock;           /* (owned) */
  BgcNetwork *network;       /* (owned) */
  BgcStore *store;           /* (owned) */
  BgcWorkers *workers;       /* (owned) */
  GRand *random;             /* (owned) given */
  BgcManager *manager;       /* (owned) */
  GDBusConnection *bus;      /* (owned) (nullable) */
  BgcService *service;       /* (owned) (nullable) */
  GMainLoop *loop;           /* (owned) */
  GError *failure;           /* (owned) (nullable) why the loop ended, if not by request */
  guint name_id;
  guint signal_ids[3];
  gulong closed_id;
  gboolean salvaged;         /* the database was damaged */
  gboolean owned;            /* we have had the name */
  gboolean stopping;
};

static char *
default_config (void)
{
  return g_build_filename (g_get_user_config_dir (), "bgcopyd.conf", NULL);
}

static gboolean
load_config (BgcDaemon *self, BgcLimits *limits, GError **error)
{
  bgc_limits_init (limits);
  return bgc_config_load (self->config, self->config_required, limits, error);
}

/* Of this queue alone, among those of other machines too that use the same directories over a network. */
static guint32
queue_tag (const char *state_directory)
{
  g_autofree char *machine = NULL;
  g_autofree char *both = NULL;

  if (!g_file_get_contents ("/etc/machine-id", &machine, NULL, NULL) || machine[0] == '\0')
    {
      g_free (machine);
      machine = g_strdup (g_get_host_name ());
    }
  both = g_strconcat (g_strstrip (machine), ":", state_directory, NULL);
  return g_str_hash (both);
}

BgcDaemon *
bgc_daemon_new (const BgcDaemonOptions *options, GRand *random, GError **error)
{
  g_autoptr (BgcDaemon) self = g_new0 (BgcDaemon, 1);
  g_autoptr (BgcLauncher) launcher = NULL;
  g_autofree char *worker_state = NULL;
  BgcLimits limits;

  self->random = random;
  self->loop = g_main_loop_new (NULL, FALSE);
  self->config = options->config != NULL ? g_strdup (options->config) : default_config ();
  self->config_required = options->config != NULL;
  if (!load_config (self, &limits, error))
    return NULL;
  self->clock = bgc_clock_system_new (error);
  if (self->clock == NULL)
    return NULL;
  self->store = bgc_store_sqlite_new (options->state_directory, error);
  if (self->store == NULL)
    return NULL;
  self->network = bgc_network_gio_new ();
  launcher = bgc_launcher_spawn_new (options->worker);
  worker_state = g_build_filename (options->state_directory, "worker", NULL);
  bgc_launcher_spawn_set_state_directory (BGC_LAUNCHER_SPAWN (launcher), worker_state);
  self->workers = bgc_workers_bus_new (launcher, self->clock);
  self->manager = bgc_manager_new (self->store, self->workers, self->clock, self->network, self->random,
                                   &limits);
  bgc_manager_set_tag (self->manager, queue_tag (options->state_directory));
  if (!bgc_manager_load (self->manager, error))
    return NULL;
  self->salvaged = bgc_store_sqlite_was_salvaged (BGC_STORE_SQLITE (self->store));
  return g_steal_pointer (&self);
}

static void
shut_down_done (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcDaemon *self = data;
  g_autoptr (GError) error = NULL;

  if (!bgc_manager_shut_down_finish (self->manager, result, &error))
    g_warning ("Could not stop cleanly: %s", error->message);
  g_main_loop_quit (self->loop);
}

/* @failure transfer full, nullable. */
static void
stop (BgcDaemon *self, GError *failure)
{
  if (self->stopping)
    {
      g_clear_error (&failure);
      return;
    }
  self->stopping = TRUE;
  self->failure = failure;
  sd_notify (0, "STOPPING=1");
  if (self->service != NULL)
    bgc_service_unexport (self->service);
  /* GLib would release a name that was never ours, and complain that it cannot. */
  if (failure != NULL && !self->owned)
    g_dbus_connection_close_sync (self->bus, NULL, NULL);
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  bgc_manager_shut_down_async (self->manager, shut_down_done, self);
}

static gboolean
stop_signal (gpointer data)
{
  stop (data, NULL);
  return G_SOURCE_CONTINUE;
}

static gboolean
reload_signal (gpointer data)
{
  BgcDaemon *self = data;
  g_autoptr (GError) error = NULL;
  BgcLimits limits;

  if (load_config (self, &limits, &error))
    {
      bgc_manager_set_limits (self->manager, &limits);
      g_message ("Configuration read again");
    }
  else
    {
      g_warning ("Configuration left as it was: %s", error->message);
    }
  return G_SOURCE_CONTINUE;
}

static void
bus_closed (BgcService *service, gpointer data)
{
  stop (data, g_error_new (BGC_ERROR, BGC_ERROR_CONNECTION_CLOSED, "the message bus closed the connection"));
}

static void
name_acquired (GDBusConnection *bus, const char *name, gpointer data)
{
  BgcDaemon *self = data;

  self->owned = TRUE;
  g_message ("Ready as %s", name);
  bgc_manager_start (self->manager);
  if (self->salvaged)
    bgc_manager_search_orphans (self->manager);
  sd_notify (0, "READY=1");
}

static void
name_lost (GDBusConnection *bus, const char *name, gpointer data)
{
  BgcDaemon *self = data;

  stop (self, g_error_new (BGC_ERROR, BGC_ERROR_BUSY, "%s %s", name,
                           self->owned ? "was taken away" : "is owned by another process"));
}

static void
make_service (BgcDaemon *self)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();
  g_autoptr (BgcCredentials) credentials = bgc_credentials_bus_new (self->bus);

  self->service = bgc_service_new (self->bus, self->manager, self->clock, authority, credentials);
  self->closed_id = g_signal_connect (self->service, "closed", G_CALLBACK (bus_closed), self);
}

static gboolean
connect_bus (BgcDaemon *self, GError **error)
{
  self->bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);
  if (self->bus == NULL)
    {
      g_prefix_error (error, "no session bus: ");
      return FALSE;
    }
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  make_service (self);
  /* Before the name is asked for: whoever sees the name finds the objects. */
  return bgc_service_export (self->service, error);
}

gboolean
bgc_daemon_run (BgcDaemon *self, GError **error)
{
  if (!connect_bus (self, error))
    return FALSE;
  self->signal_ids[0] = g_unix_signal_add (SIGTERM, stop_signal, self);
  self->signal_ids[1] = g_unix_signal_add (SIGINT, stop_signal, self);
  self->signal_ids[2] = g_unix_signal_add (SIGHUP, reload_signal, self);
  self->name_id = g_bus_own_name_on_connection (self->bus, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                                                name_acquired, name_lost, self, NULL);
  g_main_loop_run (self->loop);
  if (self->failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->failure));
      return FALSE;
    }
  return TRUE;
}

void
bgc_daemon_free (BgcDaemon *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->signal_ids); i++)
    g_clear_handle_id (&self->signal_ids[i], g_source_remove);
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  if (self->service != NULL)
    g_clear_signal_handler (&self->closed_id, self->service);
  g_clear_object (&self->service);
  g_clear_object (&self->bus);
  g_clear_object (&self->manager);
  g_clear_object (&self->workers);
  if (self->store != NULL)
    bgc_store_close (self->store);
  g_clear_object (&self->store);
  g_clear_object (&self->network);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->random, g_rand_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->failure);
  g_free (self->config);
  g_free (self);
}
