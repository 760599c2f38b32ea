/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy-paths.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "transfer/bgc-tcp-socket.h"

/* Both ends of a connection within the machine. */
typedef struct
{
  GSocket *near; /* (owned) */
  GSocket *far;  /* (owned) */
} Pair;

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    warnings++;
  return level & G_LOG_LEVEL_WARNING ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n, data);
}

static void
pair_open (Pair *self)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) listener = NULL;
  g_autoptr (GError) error = NULL;

  listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (listener, any, TRUE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  self->near = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  bgc_courtesy_paths_prepare (self->near, BGC_COURTESY_RECEIVING);
  g_socket_connect (self->near, bound, NULL, &error);
  g_assert_no_error (error);
  self->far = g_socket_accept (listener, NULL, &error);
  g_assert_no_error (error);
}

static void
pair_close (Pair *self)
{
  g_socket_close (self->near, NULL);
  g_object_unref (self->near);
  g_object_unref (self->far);
}

static void
adopt (BgcCourtesyPaths *self, GSocket *socket, const char *peer, BgcPriority priority)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (peer);

  bgc_courtesy_paths_adopt (self, socket, address, priority, BGC_COURTESY_RECEIVING);
}

static void
test_kept_until_closed (void)
{
  BgcCourtesyPaths paths = { 0 };
  Pair one, two;

  pair_open (&one);
  pair_open (&two);
  bgc_courtesy_paths_init (&paths);
  g_assert_false (bgc_courtesy_paths_look (&paths, 1));
  g_assert_cmpuint (bgc_courtesy_paths_window (&paths), ==, 0);
  adopt (&paths, one.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  adopt (&paths, two.near, "10.0.0.1", BGC_PRIORITY_LOW);
  g_assert_cmpuint (bgc_courtesy_paths_window (&paths), >, 0);
  g_assert_true (bgc_courtesy_paths_look (&paths, 2));
  g_assert_cmpint (bgc_courtesy_paths_yield_to (&paths, BGC_PRIORITY_LOW, BGC_COURTESY_RECEIVING, 3), ==,
                   BGC_YIELD_NOBODY);
  pair_close (&one);
  g_assert_true (bgc_courtesy_paths_look (&paths, 3));
  pair_close (&two);
  g_assert_false (bgc_courtesy_paths_look (&paths, 4));
  g_assert_cmpuint (bgc_courtesy_paths_window (&paths), ==, 0);
  bgc_courtesy_paths_clear (&paths);
}

static int
clamp_of (GSocket *socket)
{
  int value = 0;

  g_assert_true (g_socket_get_option (socket, IPPROTO_TCP, TCP_WINDOW_CLAMP, &value, NULL));
  return value;
}

/* Connections to one peer have one window between them, and those to another have another. */
static void
test_shares (void)
{
  BgcCourtesyPaths paths = { 0 };
  Pair one, two, other;
  guint64 window;

  pair_open (&one);
  pair_open (&two);
  pair_open (&other);
  bgc_courtesy_paths_init (&paths);
  adopt (&paths, one.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  adopt (&paths, two.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  adopt (&paths, other.near, "10.0.0.2", BGC_PRIORITY_NORMAL);
  window = bgc_courtesy_paths_window (&paths);
  g_assert_true (bgc_courtesy_paths_look (&paths, 2));
  g_assert_cmpint (clamp_of (one.near), ==, (int)window / 2);
  g_assert_cmpint (clamp_of (two.near), ==, (int)window / 2);
  g_assert_cmpint (clamp_of (other.near), ==, (int)window);
  /* Who is alone has all of it. */
  pair_close (&two);
  g_assert_true (bgc_courtesy_paths_look (&paths, 3));
  g_assert_cmpint (clamp_of (one.near), ==, (int)window);
  pair_close (&one);
  pair_close (&other);
  bgc_courtesy_paths_clear (&paths);
}

/* Somebody closes one, and the number is at once that of a connection which is none of ours. */
static void
test_number_of_another (void)
{
  BgcCourtesyPaths paths = { 0 };
  Pair one, two;
  int clamp;

  pair_open (&one);
  pair_open (&two);
  bgc_courtesy_paths_init (&paths);
  adopt (&paths, one.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  g_assert_true (bgc_courtesy_paths_look (&paths, 2));
  g_assert_true (bgc_tcp_socket_clamp_window (g_socket_get_fd (two.near), 54321));
  clamp = clamp_of (two.near);
  g_assert_cmpint (dup2 (g_socket_get_fd (two.near), g_socket_get_fd (one.near)), >=, 0);
  g_assert_false (bgc_courtesy_paths_look (&paths, 3));
  g_assert_cmpint (clamp_of (two.near), ==, clamp);
  pair_close (&one);
  pair_close (&two);
  bgc_courtesy_paths_clear (&paths);
}

/* The peer learns at once that it is closed, not only with the next look. */
static void
test_closed_at_once (void)
{
  BgcCourtesyPaths paths = { 0 };
  g_autoptr (GError) error = NULL;
  char byte;
  Pair one;

  pair_open (&one);
  bgc_courtesy_paths_init (&paths);
  adopt (&paths, one.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  g_assert_true (bgc_courtesy_paths_look (&paths, 2));
  g_assert_true (g_socket_close (one.near, NULL));
  g_socket_set_timeout (one.far, 30);
  g_assert_cmpint (g_socket_receive (one.far, &byte, 1, NULL, &error), ==, 0);
  g_assert_no_error (error);
  pair_close (&one);
  bgc_courtesy_paths_clear (&paths);
}

/* No descriptor is to be had for a look: what was set stays, and the connection is kept. */
static void
test_descriptors_used_up (void)
{
  BgcCourtesyPaths paths = { 0 };
  struct rlimit before, none;
  Pair one;

  pair_open (&one);
  bgc_courtesy_paths_init (&paths);
  adopt (&paths, one.near, "10.0.0.1", BGC_PRIORITY_NORMAL);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  g_assert_true (bgc_courtesy_paths_look (&paths, 2));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_true (bgc_courtesy_paths_look (&paths, 3));
  pair_close (&one);
  g_assert_false (bgc_courtesy_paths_look (&paths, 4));
  bgc_courtesy_paths_clear (&paths);
}

/* Plain connections, and it is said once. */
static void
test_missing (void)
{
  BgcCourtesyPaths paths = { 0 };
  g_autoptr (GSocket) one
    = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocket) two
    = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  bgc_courtesy_paths_init (&paths);
  g_assert_cmpuint (warnings, ==, 0);
  adopt (&paths, one, "10.0.0.1", BGC_PRIORITY_NORMAL);
  adopt (&paths, two, "10.0.0.2", BGC_PRIORITY_HIGH);
  g_assert_true (bgc_courtesy_paths_look (&paths, 1));
  g_assert_cmpuint (warnings, ==, 1);
  bgc_courtesy_paths_clear (&paths);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_test_add_func ("/courtesy-paths/kept-until-closed", test_kept_until_closed);
  g_test_add_func ("/courtesy-paths/shares", test_shares);
  g_test_add_func ("/courtesy-paths/number-of-another", test_number_of_another);
  g_test_add_func ("/courtesy-paths/closed-at-once", test_closed_at_once);
  g_test_add_func ("/courtesy-paths/descriptors-used-up", test_descriptors_used_up);
  g_test_add_func ("/courtesy-paths/missing", test_missing);
  return g_test_run ();
}
