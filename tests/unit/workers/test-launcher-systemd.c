/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The launcher with a systemd played by the test, on a bus of its own. */

#include "workers/bgc-launcher-systemd.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "hand-worker.h"

#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define JOB          SYSTEMD_PATH "/job/17"
/* In no passwd of any system. */
#define NOBODYS_UID 3999999997u

static const char systemd_xml[]
  = "<node><interface name='org.freedesktop.systemd1.Manager'>"
    "<method name='Subscribe'/><method name='Unsubscribe'/>"
    "<method name='StartUnit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='o' direction='out'/></method>"
    "<method name='StopUnit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='o' direction='out'/></method></interface>"
    "<interface name='org.freedesktop.systemd1.Unit'><property name='ActiveState' type='s' access='read'/>"
    "</interface><interface name='org.freedesktop.systemd1.Service'>"
    "<property name='MainPID' type='u' access='read'/></interface></node>";

typedef struct {
  GTestDBus *bus;
  GDBusConnection *systemd; /* (owned) the played one's */
  GDBusConnection *ours;    /* (owned) */
  GDBusNodeInfo *info;      /* (owned) */
  BgcClockFake *clock;      /* (owned) */
  BgcLauncher *launcher;    /* (owned) */
  char *path;               /* (owned) of the socket */
  GString *calls;           /* (owned) "Method unit; " each */
  const char *state;        /* ActiveState */
  guint32 main_pid;
  gboolean refuses;         /* StartUnit fails */
  gboolean ended;           /* the start, with one of: */
  GSocketConnection *socket; /* (owned) (nullable) */
  GError *error;            /* (owned) (nullable) */
} Fixture;

static void
on_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *arguments, GDBusMethodInvocation *invocation, gpointer data)
{
  Fixture *f = data;
  const char *unit;

  if (g_variant_n_children (arguments) == 0)
    {
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  g_variant_get_child (arguments, 0, "&s", &unit);
  g_string_append_printf (f->calls, "%s %s; ", method, unit);
  if (f->refuses && g_str_equal (method, "StartUnit"))
    g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.DBus.Error.AccessDenied",
                                                "Permission denied");
  else
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", JOB));
}

static GVariant *
on_get (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *name,
        GError **error, gpointer data)
{
  Fixture *f = data;

  return g_str_equal (name, "MainPID") ? g_variant_new_uint32 (f->main_pid)
                                       : g_variant_new_string (f->state);
}

static GDBusConnection *
connect_to (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (f->bus),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
    NULL, &error);

  g_assert_no_error (error);
  return bus;
}

static void
play_systemd (Fixture *f)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call, .get_property = on_get };
  g_autofree char *unit
    = g_strdup_printf (SYSTEMD_PATH "/unit/bgcopy_2dworker_40%u_2eservice", (guint) getuid ());
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  f->info = g_dbus_node_info_new_for_xml (systemd_xml, &error);
  g_assert_no_error (error);
  g_dbus_connection_register_object (f->systemd, SYSTEMD_PATH, f->info->interfaces[0], &vtable, f, NULL,
                                     &error);
  g_assert_no_error (error);
  for (guint i = 1; i <= 2; i++)
    g_dbus_connection_register_object (f->systemd, unit, f->info->interfaces[i], &vtable, f, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (f->systemd, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.systemd1", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static GSocket *
make_socket (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, &error);

  g_socket_bind (socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (socket, &error);
  g_assert_no_error (error);
  return socket;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-systemd-XXXXXX", NULL);
  g_autoptr (GSocket) socket = NULL;

  f->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (f->bus);
  f->systemd = connect_to (f);
  f->ours = connect_to (f);
  f->clock = bgc_clock_fake_new (0, 0);
  f->path = g_build_filename (directory, "workers", NULL);
  f->calls = g_string_new (NULL);
  f->state = "inactive";
  f->main_pid = getpid ();
  play_systemd (f);
  socket = make_socket (f->path);
  f->launcher = bgc_launcher_systemd_new (f->ours, socket, BGC_CLOCK (f->clock));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (f->path);

  g_clear_object (&f->socket);
  g_clear_error (&f->error);
  /* A call under way holds it until its answer has come. */
  g_object_add_weak_pointer (G_OBJECT (f->launcher), (gpointer *) &f->launcher);
  g_object_unref (f->launcher);
  hand_wait_until (f->launcher == NULL);
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  g_object_unref (f->clock);
  g_dbus_node_info_unref (f->info);
  g_object_unref (f->ours);
  g_object_unref (f->systemd);
  g_test_dbus_down (f->bus);
  g_object_unref (f->bus);
  g_string_free (f->calls, TRUE);
  g_unlink (f->path);
  g_rmdir (directory);
  g_free (f->path);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;

  f->socket = bgc_launcher_start_finish (BGC_LAUNCHER (source), result, &f->error);
  f->ended = TRUE;
}

static void
start (Fixture *f, GCancellable *cancellable)
{
  bgc_launcher_start_async (f->launcher, getuid (), cancellable, on_started, f);
}

static gboolean
was_called (Fixture *f, const char *method)
{
  return strstr (f->calls->str, method) != NULL;
}

static void
job_removed (Fixture *f, const char *result)
{
  g_dbus_connection_emit_signal (f->systemd, NULL, SYSTEMD_PATH, "org.freedesktop.systemd1.Manager",
                                 "JobRemoved", g_variant_new ("(uoss)", 17, JOB, "any.service", result),
                                 NULL);
}

/* This process calls in, whose pid is the one of @f->main_pid unless a test says otherwise. */
static GSocketConnection *
call_in (Fixture *f)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (f->path);
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection
    = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);

  g_assert_no_error (error);
  g_socket_set_blocking (g_socket_connection_get_socket (connection), FALSE);
  return connection;
}

/* TRUE once the other end has closed. */
static gboolean
is_closed (GSocketConnection *connection)
{
  char byte;

  return g_socket_receive (g_socket_connection_get_socket (connection), &byte, 1, NULL, NULL) == 0;
}

static void
expect_lost (Fixture *f, const char *words)
{
  hand_wait_until (f->ended);
  g_assert_error (f->error, BGC_ERROR, BGC_ERROR_WORKER_LOST);
  g_assert_nonnull (strstr (f->error->message, words));
}

static void
test_start (Fixture *f, gconstpointer data)
{
  g_autofree char *expected = g_strdup_printf ("StartUnit bgcopy-worker@%u.service; ", (guint) getuid ());
  g_autoptr (GSocketConnection) worker = NULL;

  start (f, NULL);
  hand_wait_until (was_called (f, "StartUnit"));
  g_assert_cmpstr (f->calls->str, ==, expected);
  worker = call_in (f);
  job_removed (f, "done");
  hand_wait_until (f->ended);
  g_assert_no_error (f->error);
  g_assert_true (G_IS_SOCKET_CONNECTION (f->socket));
  /* The next one is not expected any more. */
  {
    g_autoptr (GSocketConnection) second = call_in (f);

    hand_wait_until (is_closed (second));
  }
  g_assert_false (is_closed (worker));
}

static void
test_unexpected (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GSocketConnection) connection = call_in (f);

      hand_wait_until (is_closed (connection));
    }
  g_assert_cmpstr (f->calls->str, ==, "");
}

static void
test_impostor (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketConnection) impostor = NULL;
  g_autoptr (GSocketConnection) worker = NULL;

  f->main_pid = 1;
  start (f, NULL);
  hand_wait_until (was_called (f, "StartUnit"));
  impostor = call_in (f);
  hand_wait_until (is_closed (impostor));
  g_assert_false (f->ended);
  f->main_pid = getpid ();
  worker = call_in (f);
  hand_wait_until (f->ended);
  g_assert_no_error (f->error);
}

/* A worker of a daemon that is no more: it goes before the next one comes. */
static void
test_leftover (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketConnection) early = NULL;
  g_autoptr (GSocketConnection) worker = NULL;

  f->state = "active";
  start (f, NULL);
  hand_wait_until (was_called (f, "StopUnit"));
  g_assert_false (was_called (f, "StartUnit"));
  early = call_in (f);
  hand_wait_until (is_closed (early));
  f->state = "failed";
  job_removed (f, "done");
  hand_wait_until (was_called (f, "StartUnit"));
  worker = call_in (f);
  hand_wait_until (f->ended);
  g_assert_no_error (f->error);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  f->refuses = TRUE;
  start (f, NULL);
  expect_lost (f, "could not be started: Permission denied");
}

static void
test_failed (Fixture *f, gconstpointer data)
{
  start (f, NULL);
  hand_wait_until (was_called (f, "StartUnit"));
  /* That of somebody else's job first. */
  g_dbus_connection_emit_signal (f->systemd, NULL, SYSTEMD_PATH, "org.freedesktop.systemd1.Manager",
                                 "JobRemoved",
                                 g_variant_new ("(uoss)", 16, SYSTEMD_PATH "/job/16", "x.service", "failed"),
                                 NULL);
  job_removed (f, "failed");
  expect_lost (f, "systemd says \"failed\"");
}

static void
test_late (Fixture *f, gconstpointer data)
{
  start (f, NULL);
  hand_wait_until (was_called (f, "StartUnit"));
  bgc_clock_fake_advance (f->clock, 30 * G_USEC_PER_SEC - 1);
  g_assert_false (f->ended);
  bgc_clock_fake_advance (f->clock, 1);
  expect_lost (f, "did not call in");
  hand_wait_until (was_called (f, "StopUnit"));
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSocketConnection) worker = NULL;

  start (f, cancellable);
  hand_wait_until (was_called (f, "StartUnit"));
  g_cancellable_cancel (cancellable);
  expect_lost (f, "not wanted");
  worker = call_in (f);
  hand_wait_until (is_closed (worker));
}

static void
test_unknown_owner (Fixture *f, gconstpointer data)
{
  bgc_launcher_start_async (f->launcher, NOBODYS_UID, NULL, on_started, f);
  hand_wait_until (f->ended);
  g_assert_error (f->error, BGC_ERROR, BGC_ERROR_OWNER_UNKNOWN);
  g_assert_cmpstr (f->calls->str, ==, "");
}

static void
test_stop (Fixture *f, gconstpointer data)
{
  bgc_launcher_stop (f->launcher, 0);
  hand_wait_until (was_called (f, "StopUnit bgcopy-worker@0.service"));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hand_drop_warnings ();
  ADD ("/launcher-systemd/start", test_start);
  ADD ("/launcher-systemd/unexpected", test_unexpected);
  ADD ("/launcher-systemd/impostor", test_impostor);
  ADD ("/launcher-systemd/leftover", test_leftover);
  ADD ("/launcher-systemd/refused", test_refused);
  ADD ("/launcher-systemd/failed", test_failed);
  ADD ("/launcher-systemd/late", test_late);
  ADD ("/launcher-systemd/cancelled", test_cancelled);
  ADD ("/launcher-systemd/unknown-owner", test_unknown_owner);
  ADD ("/launcher-systemd/stop", test_stop);
  return g_test_run ();
}
