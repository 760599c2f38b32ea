/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-launcher-door.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hand-worker.h"

typedef struct {
  char *path;            /* (owned) */
  BgcClockFake *clock;   /* (owned) */
  BgcLauncherDoor *door; /* (owned) (nullable) */
  guint callers;
  guint32 uid;
  guint32 pid;
  GSocketConnection *kept; /* (owned) (nullable) */
  gboolean keep;
} Fixture;

static void
on_caller (GSocketConnection *connection, guint32 uid, guint32 pid, gpointer data)
{
  Fixture *f = data;

  f->callers++;
  f->uid = uid;
  f->pid = pid;
  if (f->keep)
    g_set_object (&f->kept, connection);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-door-XXXXXX", NULL);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;

  f->path = g_build_filename (directory, "door", NULL);
  f->clock = bgc_clock_fake_new (0, 0);
  address = g_unix_socket_address_new (f->path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (socket, address, TRUE, NULL));
  g_assert_true (g_socket_listen (socket, NULL));
  f->door = bgc_launcher_door_new (socket, BGC_CLOCK (f->clock), on_caller, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (f->path);

  g_clear_pointer (&f->door, bgc_launcher_door_free);
  hand_settle ();
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  g_clear_object (&f->kept);
  g_object_unref (f->clock);
  g_unlink (f->path);
  g_rmdir (directory);
  g_free (f->path);
}

static GSocket *
knock (Fixture *f)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (f->path);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);

  g_assert_nonnull (socket);
  g_assert_true (g_socket_connect (socket, address, NULL, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static gboolean
is_closed (GSocket *socket)
{
  char byte;

  return g_socket_receive (socket, &byte, 1, NULL, NULL) == 0;
}

static void
test_who (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocket) socket = knock (f);

  f->keep = TRUE;
  hand_wait_until (f->callers == 1);
  g_assert_cmpuint (f->uid, ==, getuid ());
  g_assert_cmpuint (f->pid, ==, getpid ());
  g_assert_false (is_closed (socket));
}

static void
test_unwanted (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocket) socket = knock (f);

  hand_wait_until (is_closed (socket));
  g_assert_cmpuint (f->callers, ==, 1);
}

static void
test_closed_with_the_door (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocket) socket = knock (f);

  g_clear_pointer (&f->door, bgc_launcher_door_free);
  hand_settle ();
  g_assert_cmpuint (f->callers, ==, 0);
}

/* Without descriptors nobody is let in, nobody is lost, and no time is spent trying. */
static void
test_no_descriptors (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocket) socket = knock (f);
  struct rlimit before, none;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  hand_wait_until (bgc_clock_fake_pending (f->clock) == 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpuint (f->callers, ==, 0);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  hand_wait_until (f->callers == 1);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  hand_drop_warnings ();
  ADD ("/launcher-door/who", test_who);
  ADD ("/launcher-door/unwanted", test_unwanted);
  ADD ("/launcher-door/closed-with-the-door", test_closed_with_the_door);
  ADD ("/launcher-door/no-descriptors", test_no_descriptors);
  return g_test_run ();
}
