/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-worker-socket.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

static void
test_listens (void)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-socket-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "workers", NULL);
  mode_t mask = umask (077);

  /* Twice: the second replaces what the first left. */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) socket = bgc_worker_socket_listen (path, &error);
      g_autoptr (GSocket) client = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
      g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
      struct stat status;

      g_assert_no_error (error);
      g_assert_nonnull (socket);
      g_assert_cmpint (g_stat (path, &status), ==, 0);
      g_assert_cmpint (status.st_mode, ==, S_IFSOCK | 0666);
      g_assert_true (g_socket_connect (client, address, NULL, NULL));
    }
  umask (mask);
  g_unlink (path);
  g_rmdir (directory);
}

static void
test_no_directory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bgc_worker_socket_listen ("/nonexistent/workers", &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-socket/listens", test_listens);
  g_test_add_func ("/worker-socket/no-directory", test_no_directory);
  return g_test_run ();
}
