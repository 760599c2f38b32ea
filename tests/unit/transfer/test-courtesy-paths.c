/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy-paths.h"

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
  g_test_add_func ("/courtesy-paths/missing", test_missing);
  return g_test_run ();
}
