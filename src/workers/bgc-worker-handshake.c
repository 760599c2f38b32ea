/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-handshake.h"

#include <string.h>

#include "base/bgc-error.h"

/* Bytes; the whole of it is under a hundred. */
#define MAX_BYTES 1024

typedef struct
{
  GSocketConnection *socket; /* (owned) */
  guint32 uid;
  gboolean asked;           /* for the mechanisms, once */
  gboolean accepted;        /* AUTH was right */
  char text[MAX_BYTES + 1]; /* what came and is not yet a whole line */
  gsize have;
  char *answer; /* (owned) (nullable) on its way */
} Handshake;

static void
read_more (GTask *task);

static void
handshake_free (Handshake *shake)
{
  g_clear_object (&shake->socket);
  g_free (shake->answer);
  g_free (shake);
}

/* Takes @task. */
static void
refuse (GTask *task, const char *why)
{
  g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker did not authenticate: %s",
                           why);
  g_object_unref (task);
}

static void
on_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    refuse (task, error->message);
  else
    read_more (task);
}

static void
answer (GTask *task, const char *line)
{
  Handshake *shake = g_task_get_task_data (task);
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (shake->socket));

  g_free (shake->answer);
  shake->answer = g_strconcat (line, "\r\n", NULL);
  g_output_stream_write_all_async (out, shake->answer, strlen (shake->answer), G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task), on_written, task);
}

/* "AUTH EXTERNAL " and the decimal uid in hex digits, as a client sends it that knows its mind. */
static gboolean
is_auth (const Handshake *shake, const char *line)
{
  g_autoptr (GString) expected = g_string_new ("AUTH EXTERNAL ");
  g_autofree char *decimal = g_strdup_printf ("%u", shake->uid);

  for (const char *digit = decimal; *digit != '\0'; digit++)
    g_string_append_printf (expected, "%02x", (guint)*digit);
  return g_ascii_strcasecmp (line, expected->str) == 0;
}

static void
take_line (GTask *task, const char *line)
{
  Handshake *shake = g_task_get_task_data (task);

  if (!shake->asked && !shake->accepted && g_str_equal (line, "AUTH"))
    {
      /* A client that wants to know what there is. */
      shake->asked = TRUE;
      answer (task, "REJECTED EXTERNAL");
    }
  else if (!shake->accepted && is_auth (shake, line))
    {
      g_autofree char *guid = g_dbus_generate_guid ();
      g_autofree char *ok = g_strconcat ("OK ", guid, NULL);

      shake->accepted = TRUE;
      answer (task, ok);
    }
  else if (shake->accepted && g_str_equal (line, "NEGOTIATE_UNIX_FD"))
    {
      answer (task, "AGREE_UNIX_FD");
    }
  else if (!shake->accepted || !g_str_equal (line, "BEGIN"))
    {
      refuse (task, "not with EXTERNAL as its owner");
    }
  else if (shake->have > 0)
    {
      refuse (task, "it spoke before it was asked");
    }
  else
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

/* Takes the first line out of what came, or reads on. */
static void
next_line (GTask *task)
{
  Handshake *shake = g_task_get_task_data (task);
  char *end = memchr (shake->text, '\n', shake->have);
  g_autofree char *line = NULL;
  gsize length;

  if (end == NULL)
    {
      read_more (task);
      return;
    }
  length = end - shake->text;
  if (length > 0 && end[-1] == '\r')
    line = g_strndup (shake->text, length - 1);
  shake->have -= length + 1;
  memmove (shake->text, end + 1, shake->have);
  if (line == NULL)
    refuse (task, "a line does not end as one");
  else
    take_line (task, line);
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Handshake *shake = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, &error);

  if (count <= 0)
    {
      refuse (task, error == NULL ? "it closed the connection" : error->message);
      return;
    }
  shake->have += count;
  next_line (task);
}

static void
read_more (GTask *task)
{
  Handshake *shake = g_task_get_task_data (task);
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (shake->socket));

  if (memchr (shake->text, '\n', shake->have) != NULL)
    next_line (task);
  else if (shake->have == MAX_BYTES)
    refuse (task, "it talks too much");
  else
    g_input_stream_read_async (in, shake->text + shake->have, MAX_BYTES - shake->have, G_PRIORITY_DEFAULT,
                               g_task_get_cancellable (task), on_read, task);
}

/* The byte before the first line carries credentials on systems that need it to. */
static void
on_first_byte (GObject *stream, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Handshake *shake = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, &error);

  if (count != 1 || shake->text[0] != '\0')
    refuse (task, error == NULL ? "its first byte is not 0" : error->message);
  else
    read_more (task);
}

static gboolean
peer_is (GSocketConnection *socket, guint32 uid)
{
  g_autoptr (GCredentials) credentials
    = g_socket_get_credentials (g_socket_connection_get_socket (socket), NULL);

  return credentials != NULL && g_credentials_get_unix_user (credentials, NULL) == (uid_t)uid;
}

void
bgc_worker_handshake_async (GSocketConnection *socket, guint32 uid, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);
  Handshake *shake = g_new0 (Handshake, 1);

  g_task_set_source_tag (task, bgc_worker_handshake_async);
  g_task_set_task_data (task, shake, (GDestroyNotify)handshake_free);
  shake->socket = g_object_ref (socket);
  shake->uid = uid;
  if (!peer_is (socket, uid))
    refuse (task, "it is another user");
  else
    g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (socket)), shake->text, 1,
                               G_PRIORITY_DEFAULT, cancellable, on_first_byte, task);
}

gboolean
bgc_worker_handshake_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
