/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-intake.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "bgc-server-fixture.h"

static char *
content_of (gsize length)
{
  char *content = g_strnfill (length, 'c');

  for (gsize i = 0; i < length; i++)
    content[i] = (char) ('a' + i % 23);

  return content;
}

/* On both sides of the size from which on a body is read past the library. */
static void
test_sizes (void)
{
  const gsize sizes[] = { BGC_INTAKE_LEAST - 1, BGC_INTAKE_LEAST, 2 * BGC_INTAKE_LEAST + 1 };
  BgcServerFixture f;

  bgc_server_fixture_set_up (&f, NULL, "AllowOverwrites=yes");
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *session = bgc_server_fixture_session (&f, "f");
      g_autofree char *content = content_of (sizes[i]);
      g_autofree char *request = bgc_server_fixture_fragment ("f", session, 0, content, sizes[i]);
      g_autofree char *answer = bgc_server_fixture_say (&f, request);
      g_autofree char *length = bgc_server_fixture_header (answer, "Content-Length");
      g_autofree char *date = bgc_server_fixture_header (answer, "Date");
      g_autofree char *name = bgc_server_fixture_header (answer, "Server");
      g_autofree char *published = bgc_server_fixture_published (&f, "f");

      g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 OK\r\n"));
      g_assert_cmpstr (length, ==, "0");
      g_assert_cmpstr (name, ==, "bgcopy-server");
      g_assert_nonnull (date);
      g_assert_cmpstr (published, ==, content);
    }
  bgc_server_fixture_tear_down (&f);
}

/* The head alone, and the body in pieces that have nothing to do with those that are read. */
static void
test_pieces (void)
{
  enum { SIZE = 700001, PIECE = 33333 };
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *content = content_of (SIZE);
  g_autofree char *request = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *published = NULL;
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  const char *body;

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  request = bgc_server_fixture_fragment ("f", session, 0, content, SIZE);
  body = strstr (request, "\r\n\r\n") + 4;
  g_ptr_array_add (pieces, g_strndup (request, (gsize) (body - request)));
  for (; *body != '\0'; body += strlen (pieces->pdata[pieces->len - 1]))
    g_ptr_array_add (pieces, g_strndup (body, PIECE));
  g_ptr_array_add (pieces, NULL);
  answer = bgc_server_fixture_ask (&f, (const char *const *) pieces->pdata);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
  published = bgc_server_fixture_published (&f, "f");
  g_assert_cmpstr (published, ==, content);
  bgc_server_fixture_tear_down (&f);
}

static GSocketConnection *
connect_to (BgcServerFixture *f)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (f->socket_path);
  GSocketConnection *stream = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);

  g_assert_nonnull (stream);
  g_socket_set_blocking (g_socket_connection_get_socket (stream), FALSE);

  return stream;
}

/* Runs the server while it is sent as much as fits. */
static void
send_all (GSocketConnection *stream, const char *bytes, gsize length)
{
  GSocket *socket = g_socket_connection_get_socket (stream);

  while (length > 0)
    {
      gssize n = g_socket_send (socket, bytes, length, NULL, NULL);

      if (n > 0)
        {
          bytes += n;
          length -= (gsize) n;
        }
      g_main_context_iteration (NULL, n <= 0);
    }
}

/* Runs the server until @n_answers have come; TRUE if it closed the connection behind them. */
static gboolean
receive (GSocketConnection *stream, guint n_answers, GString *answers)
{
  GSocket *socket = g_socket_connection_get_socket (stream);
  gssize n = -1;

  do
    {
      char buffer[4096];
      guint count = 0;

      n = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);
      if (n > 0)
        g_string_append_len (answers, buffer, n);
      for (const char *at = answers->str; (at = strstr (at, "\r\n\r\n")) != NULL; at += 4)
        count++;
      if (n_answers > 0 && count >= n_answers)
        return FALSE;
      if (n < 0)
        g_main_context_iteration (NULL, TRUE);
    }
  while (n != 0);

  return TRUE;
}

static char *
ending (const char *kind, const char *session)
{
  return g_strdup_printf ("BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: %s\r\n"
                          "BITS-Session-Id: %s\r\nContent-Length: 0\r\n\r\n",
                          kind, session);
}

/* What follows the body at once is not lost: the library finds it where it gets the connection back. */
static void
test_next_request_right_behind (void)
{
  enum { SIZE = 600000 };
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *content = content_of (SIZE);
  g_autofree char *request = NULL;
  g_autofree char *close = NULL;
  g_autofree char *both = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GString) answers = g_string_new (NULL);

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  request = bgc_server_fixture_fragment ("f", session, 0, content, SIZE);
  close = ending ("Close-Session", session);
  both = g_strconcat (request, close, NULL);
  stream = connect_to (&f);
  send_all (stream, both, strlen (both));
  g_assert_false (receive (stream, 2, answers));
  g_assert_null (strstr (answers->str, "HTTP/1.1 500"));
  /* And once more, on the connection that was given back. */
  send_all (stream, close, strlen (close));
  g_assert_false (receive (stream, 3, answers));
  g_assert_nonnull (strstr (answers->str, "HTTP/1.1 500"));
  bgc_server_fixture_tear_down (&f);
}

/* A client that says so gets its answer, and then the end. */
static void
test_close (void)
{
  enum { SIZE = 300000 };
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *content = content_of (SIZE);
  g_autofree char *head = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GString) answers = g_string_new (NULL);

  bgc_server_fixture_set_up (&f, NULL, NULL);
  session = bgc_server_fixture_session (&f, "f");
  head = g_strdup_printf ("BITS_POST /drop/f HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Fragment\r\n"
                          "BITS-Session-Id: %s\r\nConnection: close\r\nContent-Range: bytes 0-%d/%d\r\n"
                          "Content-Length: %d\r\n\r\n",
                          session, SIZE - 1, SIZE, SIZE);
  stream = connect_to (&f);
  send_all (stream, head, strlen (head));
  send_all (stream, content, SIZE);
  g_assert_true (receive (stream, 0, answers));
  g_assert_true (g_str_has_prefix (answers->str, "HTTP/1.1 200 "));
  g_assert_nonnull (strstr (answers->str, "Connection: close\r\n"));
  bgc_server_fixture_tear_down (&f);
}

static goffset
bytes_held (BgcServerFixture *f)
{
  g_autofree char *folder = g_build_filename (f->root, ".bgcopy-sessions", "anonymous", NULL);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, NULL);
  const char *name;
  goffset size = 0;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      GStatBuf status;

      if (g_str_has_suffix (name, ".data") && g_stat (path, &status) == 0)
        size += status.st_size;
    }

  return size;
}

/* What is too little to wake a thread is written all the same, before long; a silent client is cut off and
 * what it sent is kept; and a server that ends meanwhile leaves nothing behind. */
static void
test_silence (gconstpointer data)
{
  enum { SIZE = 400000, SENT = 100000 };
  gboolean server_ends = GPOINTER_TO_INT (data);
  BgcServerFixture f;
  g_autofree char *session = NULL;
  g_autofree char *content = content_of (SIZE);
  g_autofree char *request = NULL;
  g_autofree char *late = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *received = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GString) answers = g_string_new (NULL);
  gsize head;

  bgc_server_fixture_set_up (&f, server_ends ? NULL : "BodyTimeout=1", NULL);
  session = bgc_server_fixture_session (&f, "f");
  request = bgc_server_fixture_fragment ("f", session, 0, content, SIZE);
  head = (gsize) (strstr (request, "\r\n\r\n") + 4 - request);
  stream = connect_to (&f);
  send_all (stream, request, head + SENT);
  while (bytes_held (&f) < SENT)
    g_main_context_iteration (NULL, TRUE);
  if (!server_ends)
    {
      g_assert_true (receive (stream, 0, answers));
      g_assert_cmpstr (answers->str, ==, "");
      late = bgc_server_fixture_fragment ("f", session, SIZE - 1, "x", SIZE);
      answer = bgc_server_fixture_say (&f, late);
      received = bgc_server_fixture_header (answer, "BITS-Received-Content-Range");
      g_assert_cmpstr (received, ==, "100000");
    }
  bgc_server_fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/intake/sizes", test_sizes);
  g_test_add_func ("/intake/pieces", test_pieces);
  g_test_add_func ("/intake/next-request-right-behind", test_next_request_right_behind);
  g_test_add_func ("/intake/close", test_close);
  g_test_add_data_func ("/intake/silent-client", GINT_TO_POINTER (FALSE), test_silence);
  g_test_add_data_func ("/intake/server-ends", GINT_TO_POINTER (TRUE), test_silence);

  return g_test_run ();
}
