/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-daemon.h"

#include <signal.h>

#include <glib-unix.h>

#include "base/bgc-error.h"
#include "base/bgc-limits.h"
#include "daemon/bgc-boot-flag.h"
#include "daemon/bgc-config-files.h"
#include "daemon/bgc-config-mistakes.h"
#include "daemon/bgc-config.h"
#include "daemon/bgc-idle.h"
#include "daemon/bgc-systemd.h"
#include "daemon/bgc-worker-socket.h"
#include "engine/bgc-manager.h"
#include "host/bgc-clock-system.h"
#include "host/bgc-logins-logind.h"
#include "host/bgc-metering-nm.h"
#include "host/bgc-network-gio.h"
#include "host/bgc-network-nm.h"
#include "host/bgc-power-upower.h"
#include "service/bgc-authority-owner.h"
#include "service/bgc-authority-polkit.h"
#include "service/bgc-credentials-bus.h"
#include "service/bgc-service.h"
#include "store/bgc-store-sqlite.h"
#include "workers/bgc-launcher-spawn.h"
#include "workers/bgc-launcher-systemd.h"
#include "workers/bgc-workers-bus.h"

#define BUS_NAME "org.example.BackgroundCopy"
#define STATE(state) (1u << BGC_JOB_STATE_##state)
/* Something is done about these without anybody asking. A cancelled job that is listed waits for its
 * server. */
#define RESTLESS_STATES \
  (STATE (QUEUED) | STATE (CONNECTING) | STATE (TRANSFERRING) | STATE (TRANSIENT_ERROR) | STATE (CANCELLED))

/* Looks a second whether another daemon has left the queue. */
#define QUEUE_LOOKS 20u

struct _BgcDaemon {
  gboolean session;
  guint idle_exit;           /* seconds, 0 = never */
  char *state_directory;     /* (owned) */
  char *config;              /* (owned) (nullable) the only file to read, if one was named */
  BgcClock *clock;           /* (owned) */
  BgcNetwork *network;       /* (owned) */
  BgcSystemd *systemd;       /* (owned) */
  BgcIdle *idle;             /* (owned) (nullable) */
  BgcStore *store;           /* (owned) */
  BgcWorkers *workers;       /* (owned) */
  GRand *random;             /* (owned) given */
  BgcManager *manager;       /* (owned) */
  GDBusConnection *bus;      /* (owned) (nullable) */
  BgcService *service;       /* (owned) (nullable) */
  GMainLoop *loop;           /* (owned) */
  GError *failure;           /* (owned) (nullable) why the loop ended, if not by request */
  GCancellable *cancellable; /* (owned) for the daemon's life */
  guint name_id;
  guint signal_ids[3];
  gulong closed_id;
  gboolean salvaged;         /* the database was damaged */
  gboolean owned;            /* we have had the name */
  gboolean stopping;
};

/* Whoever has made as many has a file that is no configuration, and a journal that is not for it. */
#define MISTAKES_TOLD 100u

static void
tell_mistakes (const GPtrArray *mistakes)
{
  for (guint i = 0; i < MIN (mistakes->len, MISTAKES_TOLD); i++)
    {
      g_autofree char *line = bgc_config_mistakes_line (g_ptr_array_index (mistakes, i));

      g_warning ("%s", line);
    }
  if (mistakes->len > MISTAKES_TOLD)
    g_warning ("And %u more; bgcopyd --check-config tells them all", mistakes->len - MISTAKES_TOLD);
}

/* @running: nullable, the settings that stay where the files make no sense. */
static void
load_config (BgcDaemon *self, const BgcConfig *running, BgcConfig *made)
{
  g_autoptr (GPtrArray) mistakes = bgc_config_mistakes_new ();
  g_auto (GStrv) directories = bgc_config_files_directories (self->session);
  g_autoptr (GPtrArray) files = NULL;

  if (self->config == NULL)
    files = bgc_config_files_find ((const char *const *)directories, mistakes);
  else
    {
      files = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (files, g_strdup (self->config));
    }
  bgc_config_read (files, running, made, mistakes);
  tell_mistakes (mistakes);
}

static gboolean
check_config (BgcDaemon *self, GError **error)
{
  if (self->config == NULL || g_file_test (self->config, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "there is no configuration %s", self->config);
  return FALSE;
}

/* What the workers are told of @limits. */
static void
pass_on (BgcDaemon *self, const BgcLimits *limits)
{
  const BgcWorkerRules rules
    = { .free_space_reserve = limits->free_space_reserve, .socket_mark = limits->socket_mark };

  bgc_workers_bus_set_rules (BGC_WORKERS_BUS (self->workers), &rules);
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

static BgcLauncher *
make_launcher (BgcDaemon *self, const BgcDaemonOptions *options, GError **error)
{
  g_autofree char *worker_state = NULL;
  g_autoptr (GSocket) socket = NULL;
  BgcLauncher *launcher;

  if (self->session)
    {
      launcher = bgc_launcher_spawn_new (options->worker);
      worker_state = g_build_filename (options->state_directory, "worker", NULL);
      bgc_launcher_spawn_set_state_directory (BGC_LAUNCHER_SPAWN (launcher), worker_state);
      return launcher;
    }
  socket = bgc_worker_socket_listen (options->worker_socket, error);
  return socket == NULL ? NULL : bgc_launcher_systemd_new (self->bus, socket, self->clock);
}

static gboolean
connect_bus (BgcDaemon *self, GError **error)
{
  self->bus = g_bus_get_sync (self->session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, error);
  if (self->bus == NULL)
    {
      g_prefix_error (error, "no %s bus: ", self->session ? "session" : "system");
      return FALSE;
    }
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  return TRUE;
}

/* Waits for one that has given its name up already and is about to end. */
static BgcStore *
await_store (const char *state_directory, const char *key, guint patience, GError **error)
{
  for (guint i = 0; i < patience * QUEUE_LOOKS; i++)
    {
      g_autoptr (GError) busy = NULL;
      BgcStore *store = bgc_store_sqlite_new_with_key (state_directory, key, &busy);

      if (store != NULL)
        return store;
      if (!g_error_matches (busy, BGC_ERROR, BGC_ERROR_BUSY))
        {
          g_propagate_error (error, g_steal_pointer (&busy));
          return NULL;
        }
      /* Not at the first look: one that ends mostly has ended by the second. */
      if (i == 1)
        g_message ("%s; waiting %u s for it to end", busy->message, patience);
      /* lint: allow time because nothing runs yet that could be held up */
      g_usleep (G_USEC_PER_SEC / QUEUE_LOOKS);
    }
  return bgc_store_sqlite_new_with_key (state_directory, key, error);
}

static gboolean
open_queue (BgcDaemon *self, const BgcDaemonOptions *options, GError **error)
{
  self->store = await_store (self->state_directory, options->key, options->patience, error);
  if (self->store == NULL)
    return FALSE;
  /* Before the first job can be asked for. */
  return self->session || bgc_boot_flag_raise (self->state_directory, error);
}

/* In a session too these speak on the system bus; where there is none, nothing holds a job back. */
static void
follow_surroundings (BgcDaemon *self)
{
  g_autoptr (BgcPower) power = bgc_power_upower_new ();
  g_autoptr (BgcMetering) metering = bgc_metering_nm_new ();
  g_autoptr (BgcLogins) logins = bgc_logins_logind_new ();

  bgc_manager_set_surroundings (self->manager, power, metering, logins);
}

static BgcNetwork *
make_network (void)
{
  g_autoptr (BgcNetwork) monitor = bgc_network_gio_new ();

  return bgc_network_nm_new (bgc_network_gio_sees (BGC_NETWORK_GIO (monitor)) ? monitor : NULL);
}

BgcDaemon *
bgc_daemon_new (const BgcDaemonOptions *options, GRand *random, GError **error)
{
  g_autoptr (BgcDaemon) self = g_new0 (BgcDaemon, 1);
  g_autoptr (BgcLauncher) launcher = NULL;
  g_auto (BgcConfig) config = { 0 };

  self->random = random;
  self->session = options->session;
  self->idle_exit = options->idle_exit;
  self->state_directory = g_strdup (options->state_directory);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->cancellable = g_cancellable_new ();
  self->config = g_strdup (options->config);
  if (!check_config (self, error))
    return NULL;
  load_config (self, NULL, &config);
  self->clock = bgc_clock_system_new (error);
  if (self->clock == NULL)
    return NULL;
  self->systemd = bgc_systemd_new (self->clock);
  if (!open_queue (self, options, error))
    return NULL;
  /* The launcher speaks to systemd, and the queue is loaded with its workers known. */
  if (!self->session && !connect_bus (self, error))
    return NULL;
  launcher = make_launcher (self, options, error);
  if (launcher == NULL)
    return NULL;
  self->network = make_network ();
  self->workers = bgc_workers_bus_new (launcher, self->clock);
  pass_on (self, &config.limits);
  self->manager = bgc_manager_new (self->store, self->workers, self->clock, self->network, self->random,
                                   &config.limits);
  bgc_bandwidth_set (bgc_manager_bandwidth (self->manager), &config.timetable);
  follow_surroundings (self);
  bgc_manager_set_seed (self->manager, options->seed);
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
  else if (!self->session && bgc_manager_count (self->manager, G_MAXUINT32) == 0
           && bgc_manager_chores (self->manager) == 0)
    bgc_boot_flag_lower (self->state_directory);
  /* Until now who knows us by our connection alone was still answered, with Busy where he wanted a change:
   * objects that are away look like a service that never had them. */
  if (self->service != NULL)
    {
      /* What has been answered goes out; what comes after is told by the bus that nobody is there. */
      g_dbus_connection_flush_sync (self->bus, NULL, NULL);
      g_dbus_connection_close_sync (self->bus, NULL, NULL);
      bgc_service_unexport (self->service);
    }
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
  g_clear_pointer (&self->idle, bgc_idle_free);
  bgc_systemd_stopping (self->systemd);
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
  BgcBandwidth *bandwidth = bgc_manager_bandwidth (self->manager);
  /* What the manager has is not ours to clear. */
  BgcConfig running = { *bgc_manager_limits (self->manager), *bgc_bandwidth_timetable (bandwidth) };
  g_auto (BgcConfig) made = { 0 };

  bgc_systemd_reloading (self->systemd);
  load_config (self, &running, &made);
  bgc_manager_set_limits (self->manager, &made.limits);
  bgc_bandwidth_set (bandwidth, &made.timetable);
  pass_on (self, &made.limits);
  g_message ("Configuration read again");
  bgc_systemd_ready (self->systemd);
  return G_SOURCE_CONTINUE;
}

static void
bus_closed (BgcService *service, gpointer data)
{
  stop (data, g_error_new (BGC_ERROR, BGC_ERROR_CONNECTION_CLOSED, "the message bus closed the connection"));
}

static void
job_signal (BgcDaemon *self)
{
  if (self->idle != NULL)
    bgc_idle_touch (self->idle);
  bgc_systemd_jobs (self->systemd, bgc_manager_count (self->manager, G_MAXUINT32));
}

static gboolean
is_busy (gpointer data)
{
  BgcDaemon *self = data;
  g_autoptr (GPtrArray) restless = NULL;

  if (bgc_service_calls (self->service) > 0 || bgc_service_subscribers (self->service) > 0
      || bgc_manager_chores (self->manager) > 0)
    return TRUE;
  restless = bgc_manager_list (self->manager, G_MAXUINT32, RESTLESS_STATES, 0, 1);
  return restless->len > 0;
}

/* What was sent to the name before it was given back has arrived by now. Is there any, somebody has to be
 * there for it: failing has us started again. */
static void
name_released_cb (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);
  BgcDaemon *self = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->stopping)
    return;
  if (!is_busy (self))
    g_message ("Nothing to do: ending until somebody asks");
  stop (self, !is_busy (self) ? NULL
                              : g_error_new (BGC_ERROR, BGC_ERROR_BUSY, "called when it was about to end"));
}

/* First systemd is told, which then queues a start behind our end; then the name goes, so that who calls
 * from now on has the next one of us started and is not answered by one that ends. */
static void
idle_cb (gpointer data)
{
  BgcDaemon *self = data;

  bgc_systemd_stopping (self->systemd);
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  g_dbus_connection_call (self->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable,
                          name_released_cb, self);
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
  bgc_systemd_jobs (self->systemd, bgc_manager_count (self->manager, G_MAXUINT32));
  bgc_systemd_ready (self->systemd);
  if (self->idle_exit > 0)
    self->idle = bgc_idle_new (self->clock, self->idle_exit, is_busy, idle_cb, self);
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
  /* The one user of a session bus has nobody to ask. */
  g_autoptr (BgcAuthority) authority = self->session ? bgc_authority_owner_new ()
                                                     : bgc_authority_polkit_new (self->bus, self->clock);
  g_autoptr (BgcCredentials) credentials = bgc_credentials_bus_new (self->bus);

  self->service = bgc_service_new (self->bus, self->manager, self->clock, authority, credentials);
  self->closed_id = g_signal_connect (self->service, "closed", G_CALLBACK (bus_closed), self);
}

static void
watch_manager (BgcDaemon *self)
{
  static const char *const changes[] = { "job-added", "job-changed", "job-left", "job-forgotten" };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_swapped (self->manager, changes[i], G_CALLBACK (job_signal), self);
}

gboolean
bgc_daemon_run (BgcDaemon *self, GError **error)
{
  if (self->bus == NULL && !connect_bus (self, error))
    return FALSE;
  make_service (self);
  /* Before the name is asked for: whoever sees the name finds the objects. */
  if (!bgc_service_export (self->service, error))
    return FALSE;
  watch_manager (self);
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
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->idle, bgc_idle_free);
  if (self->service != NULL)
    g_clear_signal_handler (&self->closed_id, self->service);
  g_clear_object (&self->service);
  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  g_clear_object (&self->manager);
  g_clear_object (&self->workers);
  g_clear_object (&self->bus);
  if (self->store != NULL)
    bgc_store_close (self->store);
  g_clear_object (&self->store);
  g_clear_object (&self->network);
  g_clear_pointer (&self->systemd, bgc_systemd_free);
  g_clear_object (&self->clock);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->random, g_rand_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->failure);
  g_free (self->config);
  g_free (self->state_directory);
  g_free (self);
}
