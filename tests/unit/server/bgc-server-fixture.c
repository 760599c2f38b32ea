/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-server-fixture.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

static gboolean
any_bytes (guint8 *bytes, gsize n_bytes)
{
  for (gsize i = 0; i < n_bytes; i++)
    bytes[i] = (guint8) g_random_int_range (0, 256);

  return TRUE;
}

void
bgc_server_fixture_set_up (BgcServerFixture *self, const char *server_keys, const char *directory_keys)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  self->root = g_dir_make_tmp ("bgc-server-XXXXXX", NULL);
  self->socket_path = g_strconcat (self->root, ".socket", NULL);
  text = g_strdup_printf (
    "[Server]\nListen=unix:%s\n%s\n[Directory drop]\nUrl=/drop\nPath=%s\nUploadEnabled=yes\n%s\n",
    self->socket_path, server_keys != NULL ? server_keys : "", self->root,
    directory_keys != NULL ? directory_keys : "");
  self->server = bgc_server_new (bgc_server_config_parse (text, strlen (text), &error), any_bytes, &error);
  g_assert_no_error (error);
  g_assert_true (bgc_server_listen (self->server, 0, 0, &error));
  g_assert_no_error (error);
}

void
bgc_server_fixture_tear_down (BgcServerFixture *self)
{
  const char *arguments[] = { "rm", "-rf", self->root, self->socket_path, NULL };

  bgc_server_free (self->server);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_true (
    g_spawn_sync (NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (self->root);
  g_free (self->socket_path);
}

typedef struct
{
  const char *socket_path;
  const char *const *pieces;
  char *answer; /* (owned) */
  gint done;    /* atomic */
} Talk;

/* Headers are there, and as many bytes of body as they announce. */
static gboolean
is_whole (const GString *answer)
{
  const char *body = strstr (answer->str, "\r\n\r\n");
  g_autofree char *length = NULL;

  if (body == NULL || g_str_has_prefix (answer->str, "HTTP/1.1 100"))
    return FALSE;
  length = bgc_server_fixture_header (answer->str, "Content-Length");

  return length != NULL
         && answer->len - (gsize)(body + 4 - answer->str) >= g_ascii_strtoull (length, NULL, 10);
}

static gpointer
talk (gpointer data)
{
  Talk *t = data;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (t->socket_path);
  g_autoptr (GSocketConnection) stream
    = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[4096];
  gssize n = 1;

  for (guint i = 0; stream != NULL && t->pieces[i] != NULL; i++)
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (stream)), t->pieces[i],
                               strlen (t->pieces[i]), NULL, NULL, NULL);
  while (stream != NULL && n > 0 && !is_whole (answer))
    {
      n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (stream)), buffer, sizeof buffer,
                               NULL, NULL);
      if (n > 0)
        g_string_append_len (answer, buffer, n);
    }
  t->answer = g_strdup (answer->str);
  g_atomic_int_set (&t->done, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

char *
bgc_server_fixture_ask (BgcServerFixture *self, const char *const *pieces)
{
  Talk t = { self->socket_path, pieces, NULL, FALSE };
  GThread *thread = g_thread_new ("client", talk, &t);

  while (!g_atomic_int_get (&t.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);

  return t.answer;
}

char *
bgc_server_fixture_say (BgcServerFixture *self, const char *request)
{
  const char *pieces[] = { request, NULL };

  return bgc_server_fixture_ask (self, pieces);
}

char *
bgc_server_fixture_session (BgcServerFixture *self, const char *name)
{
  g_autofree char *request
    = g_strdup_printf ("BITS_POST /drop/%s HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Create-Session\r\n"
                       "BITS-Supported-Protocols: {7df0354d-249b-430f-820d-3d2a9bef4931}\r\n\r\n",
                       name);
  g_autofree char *answer = bgc_server_fixture_say (self, request);
  char *session = bgc_server_fixture_header (answer, "BITS-Session-Id");

  g_assert_nonnull (session);

  return session;
}

char *
bgc_server_fixture_fragment (const char *name, const char *session, guint64 first, const char *content,
                             guint64 total)
{
  guint64 length = strlen (content);

  return g_strdup_printf (
    "BITS_POST /drop/%s HTTP/1.1\r\nHost: h\r\nBITS-Packet-Type: Fragment\r\nBITS-Session-Id: %s\r\n"
    "Content-Range: bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\r\n"
    "Content-Length: %" G_GUINT64_FORMAT "\r\n\r\n%s",
    name, session, first, first + length - 1, total, length, content);
}

char *
bgc_server_fixture_published (BgcServerFixture *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);
  char *contents = NULL;

  g_file_get_contents (path, &contents, NULL, NULL);

  return contents;
}

char *
bgc_server_fixture_header (const char *answer, const char *name)
{
  g_autofree char *needle = g_strconcat ("\r\n", name, ": ", NULL);
  const char *begin = strstr (answer, needle);

  if (begin == NULL)
    return NULL;
  begin += strlen (needle);

  return g_strndup (begin, strcspn (begin, "\r"));
}
