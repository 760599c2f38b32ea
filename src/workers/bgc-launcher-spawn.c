/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher-spawn.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bgc-error.h"

/* Where the worker finds its end, the first descriptor behind the standard ones. */
#define WORKER_FD 3

struct _BgcLauncherSpawn
{
  GObject parent;
  char *program;      /* (owned) */
  char *state;        /* (owned) (nullable) the workers' state directory */
  GSubprocess *child; /* (owned) (nullable) the newest that was not told to stop */
  GPtrArray *leaving; /* (owned) element-type GSubprocess, told to stop and not yet known to have */
};

static void
bgc_launcher_spawn_launcher_init (BgcLauncherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcLauncherSpawn, bgc_launcher_spawn, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_LAUNCHER, bgc_launcher_spawn_launcher_init))

static void
bgc_launcher_spawn_init (BgcLauncherSpawn *self)
{
  self->leaving = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
bgc_launcher_spawn_finalize (GObject *object)
{
  BgcLauncherSpawn *self = BGC_LAUNCHER_SPAWN (object);

  g_clear_object (&self->child);
  g_clear_pointer (&self->leaving, g_ptr_array_unref);
  g_clear_pointer (&self->program, g_free);
  g_clear_pointer (&self->state, g_free);
  G_OBJECT_CLASS (bgc_launcher_spawn_parent_class)->finalize (object);
}

static void
bgc_launcher_spawn_class_init (BgcLauncherSpawnClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_launcher_spawn_finalize;
}

/* The daemon's end; the other is in *@worker_end, the caller's to close. */
static GSocketConnection *
make_pair (int *worker_end, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "No socket for a worker: %s", g_strerror (errno));
      return NULL;
    }
  socket = g_socket_new_from_fd (ends[0], error);
  if (socket == NULL)
    {
      close (ends[0]);
      close (ends[1]);
      return NULL;
    }
  *worker_end = ends[1];
  return g_socket_connection_factory_create_connection (socket);
}

/* GSubprocess reaps it. @worker_end is taken. */
static GSubprocess *
spawn (BgcLauncherSpawn *self, int worker_end, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *fd = g_strdup_printf ("--fd=%d", WORKER_FD);
  g_autofree char *state = self->state != NULL ? g_strconcat ("--state-dir=", self->state, NULL) : NULL;
  const char *arguments[] = { self->program, fd, state, NULL };

  g_subprocess_launcher_take_fd (launcher, worker_end, WORKER_FD);
  /* GIO is to dial no bus. Where the desktop keeps its proxies is left to its settings. */
  g_subprocess_launcher_setenv (launcher, "GIO_USE_NETWORK_MONITOR", "base", TRUE);
  g_subprocess_launcher_setenv (launcher, "GIO_USE_VFS", "local", TRUE);
  return g_subprocess_launcher_spawnv (launcher, arguments, error);
}

static void
spawn_start_async (BgcLauncher *launcher, guint32 owner, GCancellable *cancellable,
                   GAsyncReadyCallback callback, gpointer data)
{
  BgcLauncherSpawn *self = BGC_LAUNCHER_SPAWN (launcher);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  int worker_end = -1;

  g_task_set_source_tag (task, spawn_start_async);
  if (owner != getuid ())
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_OWNER_UNKNOWN,
                               "This service works for user %u alone", (guint)getuid ());
      return;
    }
  connection = make_pair (&worker_end, &error);
  child = connection == NULL ? NULL : spawn (self, worker_end, &error);
  if (child == NULL)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker could not be started: %s",
                               error->message);
      return;
    }
  if (self->child != NULL)
    g_ptr_array_add (self->leaving, g_steal_pointer (&self->child));
  self->child = g_steal_pointer (&child);
  g_task_return_pointer (task, g_steal_pointer (&connection), g_object_unref);
}

static GSocketConnection *
spawn_start_finish (BgcLauncher *launcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Ends of children are seen when they are next of interest; GLib has reaped them by then. */
static void
kill_leaving (BgcLauncherSpawn *self)
{
  for (guint i = 0; i < self->leaving->len; i++)
    g_subprocess_force_exit (g_ptr_array_index (self->leaving, i));
  g_ptr_array_set_size (self->leaving, 0);
}

static void
spawn_stop (BgcLauncher *launcher, guint32 owner)
{
  BgcLauncherSpawn *self = BGC_LAUNCHER_SPAWN (launcher);

  if (self->child == NULL)
    {
      kill_leaving (self);
      return;
    }
  g_subprocess_send_signal (self->child, SIGTERM);
  g_ptr_array_add (self->leaving, g_steal_pointer (&self->child));
}

static void
bgc_launcher_spawn_launcher_init (BgcLauncherInterface *iface)
{
  iface->start_async = spawn_start_async;
  iface->start_finish = spawn_start_finish;
  iface->stop = spawn_stop;
}

BgcLauncher *
bgc_launcher_spawn_new (const char *program)
{
  BgcLauncherSpawn *self = g_object_new (BGC_TYPE_LAUNCHER_SPAWN, NULL);

  self->program = g_strdup (program);
  return BGC_LAUNCHER (self);
}

void
bgc_launcher_spawn_set_state_directory (BgcLauncherSpawn *self, const char *directory)
{
  g_free (self->state);
  self->state = g_strdup (directory);
}
