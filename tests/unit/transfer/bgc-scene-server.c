/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-scene-server.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bgc-folder.h"

static struct
{
  GSubprocess *process; /* (owned) */
  BgcFolder *folder;    /* (owned) */
  guint ports[2];
} world;

/* A file of tests/httpd, or what it was if it is an option. */
static char *
resolve (const char *argument)
{
  return argument[0] == '-' ? g_strdup (argument)
                            : g_test_build_filename (G_TEST_DIST, "httpd", argument, NULL);
}

static void
read_ports (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) output
    = g_data_input_stream_new (g_subprocess_get_stdout_pipe (world.process));
  g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_auto (GStrv) ports = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (line);
  ports = g_strsplit (line, " ", G_N_ELEMENTS (world.ports));
  for (guint i = 0; ports[i] != NULL; i++)
    {
      guint64 port = 0;

      g_assert_true (g_ascii_string_to_unsigned (ports[i], 10, 1, G_MAXUINT16, &port, NULL));
      world.ports[i] = (guint)port;
    }
}

static void
start (const char *const *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup ("python3"));
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, resolve (arguments[i]));
  g_ptr_array_add (argv, NULL);
  world.process = g_subprocess_newv ((const char *const *)argv->pdata,
                                     G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  read_ports ();
  world.folder = bgc_folder_new ();
  /* Tests of permissions come as nobody. */
  g_assert_cmpint (g_chmod (world.folder->path, 0777), ==, 0);
}

static void
stop (void)
{
  g_output_stream_close (g_subprocess_get_stdin_pipe (world.process), NULL, NULL);
  g_subprocess_wait (world.process, NULL, NULL);
  g_clear_object (&world.process);
  g_clear_pointer (&world.folder, bgc_folder_free);
}

int
bgc_scene_server_run_tests (const char *const *arguments)
{
  int result;

  /* As the worker's main does; these servers speak nothing else. */
  g_setenv ("SOUP_FORCE_HTTP1", "1", TRUE);
  start (arguments);
  result = g_test_run ();
  stop ();
  return result;
}

guint
bgc_scene_server_port (guint n)
{
  return world.ports[n];
}

const char *
bgc_scene_server_directory (void)
{
  return world.folder->path;
}

char *
bgc_scene_server_get (const char *path)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\n\r\n", path);
  g_autoptr (GString) answer = g_string_new (NULL);
  GInputStream *input;
  char bytes[4096];
  gssize n;

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16)world.ports[0], NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
                             strlen (request), NULL, NULL, &error);
  g_assert_no_error (error);
  g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL);
  input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  while ((n = g_input_stream_read (input, bytes, sizeof bytes, NULL, NULL)) > 0)
    g_string_append_len (answer, bytes, n);
  g_assert_nonnull (strstr (answer->str, "\r\n\r\n"));
  return g_strdup (strstr (answer->str, "\r\n\r\n") + 4);
}
