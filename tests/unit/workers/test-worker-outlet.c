/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-outlet.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GSocketConnection *connection; /* (owned) the outlet's */
  int far;                       /* (owned) who reads what it writes */
  BgcWorkerOutlet *outlet;       /* (owned) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocket) socket = NULL;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  socket = g_socket_new_from_fd (ends[0], NULL);
  fixture->connection = g_socket_connection_factory_create_connection (socket);
  fixture->far = ends[1];
  fixture->outlet = bgc_worker_outlet_new (fixture->connection);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->outlet);
  g_clear_object (&fixture->connection);
  close (fixture->far);
}

/* A call of @method with @length bytes. */
static GBytes *
make_call (const char *method, gsize length)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (NULL, "/", "a.b", method);
  g_autofree guint8 *payload = g_malloc0 (length);
  gsize size;
  guchar *blob;

  g_dbus_message_set_serial (message, 1);
  g_dbus_message_set_body (
    message,
    g_variant_new ("(@ayh)", g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, payload, length, 1), 0));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  return g_bytes_new_take (blob, size);
}

/* As many bytes from @at on as it takes. */
static gssize
write_some (Fixture *fixture, GBytes *bytes, gsize at, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (fixture->outlet), data + at,
                                                     size - at, NULL, error);
}

/* Reads @count bytes; how many descriptors came with them. */
static guint
read_bytes (Fixture *fixture, gsize count)
{
  union
  {
    char bytes[CMSG_SPACE (sizeof (int) * 16)];
    struct cmsghdr align;
  } control;
  g_autofree char *data = g_malloc (count);
  guint descriptors = 0;

  while (count > 0)
    {
      struct iovec vector = { data, count };
      struct msghdr message = { .msg_iov = &vector,
                                .msg_iovlen = 1,
                                .msg_control = control.bytes,
                                .msg_controllen = sizeof control.bytes };
      gssize got = recvmsg (fixture->far, &message, MSG_CMSG_CLOEXEC);

      g_assert_cmpint (got, >, 0);
      count -= (gsize)got;
      for (struct cmsghdr *one = CMSG_FIRSTHDR (&message); one != NULL; one = CMSG_NXTHDR (&message, one))
        for (gsize i = 0; i < (one->cmsg_len - CMSG_LEN (0)) / sizeof (int); i++)
          {
            int fd;

            memcpy (&fd, CMSG_DATA (one) + i * sizeof fd, sizeof fd);
            close (fd);
            descriptors++;
          }
    }
  return descriptors;
}

static void
attach (Fixture *fixture, const char *method, guint count)
{
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();

  for (guint i = 0; i < count; i++)
    g_assert_cmpint (g_unix_fd_list_append (list, fixture->far, NULL), ==, (int)i);
  bgc_worker_outlet_attach (fixture->outlet, method, list);
}

/* Each with its own call, and none with others. */
static void
test_attached (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) other = make_call ("Other", 10), own = make_call ("Own", 10);

  attach (fixture, "Own", 3);
  attach (fixture, "Own", 2);
  g_assert_cmpint (write_some (fixture, other, 0, NULL), ==, g_bytes_get_size (other));
  g_assert_cmpuint (read_bytes (fixture, g_bytes_get_size (other)), ==, 0);
  for (guint due = 3; due >= 2; due--)
    {
      g_assert_cmpint (write_some (fixture, own, 0, NULL), ==, g_bytes_get_size (own));
      g_assert_cmpuint (read_bytes (fixture, g_bytes_get_size (own)), ==, due);
    }
  g_assert_cmpint (write_some (fixture, own, 0, NULL), ==, g_bytes_get_size (own));
  g_assert_cmpuint (read_bytes (fixture, g_bytes_get_size (own)), ==, 0);
}

/* A socket that takes a part of a message, or nothing: the descriptors go once, with the message that they
 * are of. */
static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) large = make_call ("Other", 4 << 20), own = make_call ("Own", 4 << 20);
  g_autoptr (GError) error = NULL;
  gsize at = 0, size = g_bytes_get_size (own);
  guint descriptors = 0;
  gssize written;

  attach (fixture, "Own", 1);
  for (GBytes *message = large;; at = 0, message = own)
    {
      while (at < size || message == large)
        {
          written = write_some (fixture, message, at, &error);
          if (written < 0)
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
              g_clear_error (&error);
              descriptors += read_bytes (fixture, 1000);
              continue;
            }
          at += (gsize)written;
          if (at == g_bytes_get_size (message))
            break;
        }
      if (message == own)
        break;
      g_assert_cmpuint (descriptors, ==, 0);
    }
  /* What is left is less than what the socket holds. */
  for (char byte; recv (fixture->far, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;)
    descriptors += read_bytes (fixture, 1);
  g_assert_cmpuint (descriptors, ==, 1);
}

/* They are closed with it. */
static void
test_unused (Fixture *fixture, gconstpointer data)
{
  int pipe_ends[2];
  char byte;
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();

  g_assert_cmpint (pipe2 (pipe_ends, O_CLOEXEC), ==, 0);
  g_unix_fd_list_append (list, pipe_ends[1], NULL);
  bgc_worker_outlet_attach (fixture->outlet, "Never", list);
  g_clear_object (&list);
  close (pipe_ends[1]);
  g_clear_object (&fixture->outlet);
  g_assert_cmpint (read (pipe_ends[0], &byte, 1), ==, 0);
  close (pipe_ends[0]);
}

#define ADD(name, function) g_test_add ("/worker-outlet/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("attached", test_attached);
  ADD ("full", test_full);
  ADD ("unused", test_unused);
  return g_test_run ();
}
