/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher-systemd.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "base/bgc-log.h"
#include "workers/bgc-launcher-door.h"

#define SYSTEMD            "org.freedesktop.systemd1"
#define SYSTEMD_PATH       "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER    SYSTEMD ".Manager"
#define BUS_PROPERTIES     "org.freedesktop.DBus.Properties"
/* A uid has at most ten digits. */
#define UNIT_NAME "bgcopy-worker@%" G_GUINT32_FORMAT ".service"
#define UNIT_PATH SYSTEMD_PATH "/unit/bgcopy_2dworker_40%" G_GUINT32_FORMAT "_2eservice"
/* From asking until it has called in. An earlier worker may first take its stop timeout (5 s in the unit),
 * and a machine that is starting takes long for everything. */
#define START_TIME (30 * G_USEC_PER_SEC)
/* Bytes for one passwd entry, doubled until it fits; beyond the limit it makes no sense. */
#define PASSWD_BYTES     4096u
#define PASSWD_BYTES_MAX (1024u * 1024u)

struct _BgcLauncherSystemd
{
  GObject parent;
  GDBusConnection *bus;  /* (owned) */
  BgcClock *clock;       /* (owned) */
  BgcLauncherDoor *door; /* (owned) */
  GHashTable *starts;    /* (owned) uid → Start (a reference) */
  guint subscription;    /* to systemd's JobRemoved, while there is a start */
};

/* One start under way. */
typedef struct
{
  guint references;              /* the table's, and one for each call under way */
  BgcLauncherSystemd *launcher;  /* (owned) */
  GTask *task;                   /* (owned) (nullable) NULL once it has ended */
  guint32 uid;
  gboolean asked;                /* StartUnit was called: who connects may be it */
  char *job;                     /* (owned) (nullable) systemd's job that is waited for */
  GSocketConnection *candidate;  /* (owned) (nullable) being looked at */
  guint32 pid;                   /* the candidate's */
  guint64 alarm;
  gulong cancelled_id;
} Start;

typedef enum
{
  PASSWD_KNOWN,
  PASSWD_NONE,
  PASSWD_CANNOT_TELL
} PasswdAnswer;

static void
bgc_launcher_systemd_launcher_init (BgcLauncherInterface *iface);
static void
ask_state (Start *start);

G_DEFINE_FINAL_TYPE_WITH_CODE (BgcLauncherSystemd, bgc_launcher_systemd, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_LAUNCHER, bgc_launcher_systemd_launcher_init))

/* ---- a start and its end ------------------------------------------------------------------------- */

static Start *
start_ref (Start *start)
{
  start->references++;
  return start;
}

static void
start_unref (Start *start)
{
  if (--start->references > 0)
    return;
  g_clear_object (&start->candidate);
  g_clear_object (&start->launcher);
  g_free (start->job);
  g_free (start);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Start, start_unref)

static gboolean
is_over (Start *start)
{
  return start->task == NULL;
}

static void
call_manager (BgcLauncherSystemd *self, const char *method, GVariant *arguments, GAsyncReadyCallback callback,
              gpointer data)
{
  g_dbus_connection_call (self->bus, SYSTEMD, SYSTEMD_PATH, SYSTEMD_MANAGER, method, arguments, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, callback, data);
}

static void
call_unit (BgcLauncherSystemd *self, const char *method, guint32 uid, GAsyncReadyCallback callback,
           gpointer data)
{
  g_autofree char *unit = g_strdup_printf (UNIT_NAME, uid);

  call_manager (self, method, g_variant_new ("(ss)", unit, "replace"), callback, data);
}

static void
get_property (Start *start, const char *interface, const char *name, GAsyncReadyCallback callback)
{
  g_autofree char *path = g_strdup_printf (UNIT_PATH, start->uid);

  g_dbus_connection_call (start->launcher->bus, SYSTEMD, path, BUS_PROPERTIES, "Get",
                          g_variant_new ("(ss)", interface, name), G_VARIANT_TYPE ("(v)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, callback, start_ref (start));
}

/* Systemd sends signals only while somebody wants them, and we want none while nothing starts. */
static void
update_subscription (BgcLauncherSystemd *self);

static void
end (Start *start, GSocketConnection *connection, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&start->task);
  BgcLauncherSystemd *self = start->launcher;

  if (task == NULL)
    {
      g_clear_error (&error);
      return;
    }
  start_ref (start);
  bgc_clock_clear_alarm (self->clock, &start->alarm);
  /* Not from within the cancellation itself, which would wait for its own end. */
  if (start->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), start->cancelled_id);
  g_clear_object (&start->candidate);
  if (g_hash_table_lookup (self->starts, GUINT_TO_POINTER (start->uid)) == start)
    g_hash_table_remove (self->starts, GUINT_TO_POINTER (start->uid));
  update_subscription (self);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_object_ref (connection), g_object_unref);
  start_unref (start);
}

static void
fail (Start *start, BgcErrorCode code, const char *why)
{
  end (start, NULL, g_error_new (BGC_ERROR, code, "%s", why));
}

static void
fail_start (Start *start, const char *why)
{
  g_autofree char *text = g_strdup_printf ("The worker could not be started: %s", why);

  fail (start, BGC_ERROR_WORKER_LOST, text);
}

/* What came back from the bus; without the error's bus name, which is for programs. */
static void
fail_call (Start *start, GError *error)
{
  g_dbus_error_strip_remote_error (error);
  fail_start (start, error->message);
}

static void
on_late (gpointer data)
{
  g_autoptr (Start) start = start_ref (data);

  start->alarm = 0;
  call_unit (start->launcher, "StopUnit", start->uid, NULL, NULL);
  fail_start (start, "it did not call in");
}

static void
on_cancelled (GCancellable *cancellable, Start *start)
{
  fail (start, BGC_ERROR_WORKER_LOST, "The worker is not wanted any more");
}

/* ---- systemd's jobs ------------------------------------------------------------------------------ */

/* Of StartUnit and StopUnit. */
static void
on_job_queued (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);

  if (is_over (start))
    return;
  if (reply == NULL)
    fail_call (start, error);
  else if (g_variant_is_of_type (reply, G_VARIANT_TYPE ("(o)")))
    g_variant_get (reply, "(o)", &start->job);
}

static void
on_job_removed (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                const char *signal, GVariant *arguments, gpointer data)
{
  BgcLauncherSystemd *self = data;
  g_autoptr (Start) start = NULL;
  const char *job, *outcome;
  GHashTableIter iter;
  gpointer value;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (arguments, "(u&o&s&s)", NULL, &job, NULL, &outcome);
  g_hash_table_iter_init (&iter, self->starts);
  while (start == NULL && g_hash_table_iter_next (&iter, NULL, &value))
    if (g_strcmp0 (((Start *) value)->job, job) == 0)
      start = start_ref (value);
  if (start == NULL)
    return;
  g_clear_pointer (&start->job, g_free);
  if (!start->asked)
    {
      ask_state (start);
    }
  else if (!g_str_equal (outcome, "done"))
    {
      g_autofree char *why = g_strdup_printf ("systemd says \"%s\"", outcome);

      fail_start (start, why);
    }
}

static void
update_subscription (BgcLauncherSystemd *self)
{
  gboolean wanted = g_hash_table_size (self->starts) > 0;

  if (wanted == (self->subscription != 0))
    return;
  if (wanted)
    {
      self->subscription = g_dbus_connection_signal_subscribe (
        self->bus, SYSTEMD, SYSTEMD_MANAGER, "JobRemoved", SYSTEMD_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
        on_job_removed, self, NULL);
      call_manager (self, "Subscribe", NULL, NULL, NULL);
      return;
    }
  call_manager (self, "Unsubscribe", NULL, NULL, NULL);
  g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  self->subscription = 0;
}

/* ---- the steps of a start ------------------------------------------------------------------------ */

static void
on_state (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);
  g_autoptr (GVariant) value = NULL;
  const char *state;

  if (is_over (start))
    return;
  if (reply == NULL)
    {
      fail_call (start, error);
      return;
    }
  g_variant_get (reply, "(v)", &value);
  state = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL) : "";
  if (g_str_equal (state, "inactive") || g_str_equal (state, "failed"))
    {
      start->asked = TRUE;
      call_unit (start->launcher, "StartUnit", start->uid, on_job_queued, start_ref (start));
    }
  else
    {
      call_unit (start->launcher, "StopUnit", start->uid, on_job_queued, start_ref (start));
    }
}

static void
ask_state (Start *start)
{
  get_property (start, SYSTEMD ".Unit", "ActiveState", on_state);
}

static PasswdAnswer
look_up_passwd (uid_t uid)
{
  for (gsize size = PASSWD_BYTES; size <= PASSWD_BYTES_MAX; size *= 2)
    {
      g_autofree char *buffer = g_malloc (size);
      struct passwd entry, *found = NULL;
      int problem = getpwuid_r (uid, &entry, buffer, size, &found);

      if (found != NULL)
        return PASSWD_KNOWN;
      /* The manual allows several ways to say that there is none. */
      if (problem == 0 || problem == ENOENT || problem == ESRCH)
        return PASSWD_NONE;
      if (problem != ERANGE)
        break;
    }
  return PASSWD_CANNOT_TELL;
}

static void
passwd_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_int (task, look_up_passwd (GPOINTER_TO_UINT (data)));
}

static void
on_passwd (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autofree char *text = NULL;

  if (is_over (start))
    return;
  /* If the user database does not answer, systemd may know better. */
  if (g_task_propagate_int (G_TASK (result), NULL) != PASSWD_NONE)
    {
      ask_state (start);
      return;
    }
  text = g_strdup_printf ("The system knows no user %" G_GUINT32_FORMAT, start->uid);
  fail (start, BGC_ERROR_OWNER_UNKNOWN, text);
}

/* A user database may be on the network: not in the main loop. */
static void
ask_passwd (Start *start)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_passwd, start_ref (start));

  g_task_set_source_tag (task, ask_passwd);
  g_task_set_name (task, "bgc_launcher_systemd_passwd");
  g_task_set_task_data (task, GUINT_TO_POINTER (start->uid), NULL);
  g_task_run_in_thread (task, passwd_thread);
}

/* ---- who calls in -------------------------------------------------------------------------------- */

static void
on_main_pid (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (Start) start = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);
  g_autoptr (GSocketConnection) candidate = g_steal_pointer (&start->candidate);
  g_autoptr (GVariant) value = NULL;

  if (is_over (start))
    return;
  if (reply == NULL)
    {
      fail_call (start, error);
      return;
    }
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) && g_variant_get_uint32 (value) == start->pid)
    end (start, candidate, NULL);
  else
    bgc_log_event (&(BgcLogEvent) { .event = BGC_EVENT_REFUSED,
                                    .level = G_LOG_LEVEL_WARNING,
                                    .owner = start->uid,
                                    .file = BGC_LOG_NO_FILE },
                   "Process %u of user %u wants to be a worker and is none", start->pid, start->uid);
}

static void
on_caller (GSocketConnection *connection, guint32 uid, guint32 pid, gpointer data)
{
  BgcLauncherSystemd *self = data;
  Start *start = g_hash_table_lookup (self->starts, GUINT_TO_POINTER (uid));

  if (start == NULL || !start->asked || start->candidate != NULL)
    return;
  start->candidate = g_object_ref (connection);
  start->pid = pid;
  get_property (start, SYSTEMD ".Service", "MainPID", on_main_pid);
}

/* ---- launcher ------------------------------------------------------------------------------------ */

static void
systemd_start_async (BgcLauncher *launcher, guint32 owner, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer data)
{
  BgcLauncherSystemd *self = BGC_LAUNCHER_SYSTEMD (launcher);
  Start *earlier = g_hash_table_lookup (self->starts, GUINT_TO_POINTER (owner));
  Start *start = g_new0 (Start, 1);

  if (earlier != NULL)
    fail (earlier, BGC_ERROR_WORKER_LOST, "The worker is started anew");
  start->references = 1;
  start->launcher = g_object_ref (self);
  start->uid = owner;
  start->task = g_task_new (self, cancellable, callback, data);
  g_task_set_source_tag (start->task, systemd_start_async);
  g_task_set_name (start->task, "bgc_launcher_systemd_start");
  /* What the task returns says enough, and it must end even if it was cancelled long ago. */
  g_task_set_check_cancellable (start->task, FALSE);
  g_hash_table_insert (self->starts, GUINT_TO_POINTER (owner), start);
  update_subscription (self);
  start->alarm = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock) + START_TIME, "worker start",
                                      on_late, start);
  if (cancellable != NULL)
    start->cancelled_id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), start);
  ask_passwd (start);
}

static GSocketConnection *
systemd_start_finish (BgcLauncher *launcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The unit says after how long it is killed, so being told twice changes nothing. */
static void
systemd_stop (BgcLauncher *launcher, guint32 owner)
{
  call_unit (BGC_LAUNCHER_SYSTEMD (launcher), "StopUnit", owner, NULL, NULL);
}

static void
bgc_launcher_systemd_launcher_init (BgcLauncherInterface *iface)
{
  iface->start_async = systemd_start_async;
  iface->start_finish = systemd_start_finish;
  iface->stop = systemd_stop;
}

static void
bgc_launcher_systemd_init (BgcLauncherSystemd *self)
{
  self->starts = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) start_unref);
}

/* Each start holds the launcher, so there is none left here. */
static void
bgc_launcher_systemd_finalize (GObject *object)
{
  BgcLauncherSystemd *self = BGC_LAUNCHER_SYSTEMD (object);

  g_clear_pointer (&self->door, bgc_launcher_door_free);
  g_clear_pointer (&self->starts, g_hash_table_unref);
  g_clear_object (&self->bus);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (bgc_launcher_systemd_parent_class)->finalize (object);
}

static void
bgc_launcher_systemd_class_init (BgcLauncherSystemdClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_launcher_systemd_finalize;
}

BgcLauncher *
bgc_launcher_systemd_new (GDBusConnection *bus, GSocket *listening, BgcClock *clock)
{
  BgcLauncherSystemd *self = g_object_new (BGC_TYPE_LAUNCHER_SYSTEMD, NULL);

  self->bus = g_object_ref (bus);
  self->clock = g_object_ref (clock);
  self->door = bgc_launcher_door_new (listening, clock, on_caller, self);
  return BGC_LAUNCHER (self);
}
