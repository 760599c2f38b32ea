/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-guard.h"

#include <string.h>

#include "base/bgc-error.h"

#define SIGNAL 4
#define ANSWER 2
#define CALL   1

/* A frame of @kind, its fields and body all zero. */
static GBytes *
make_frame (guint8 kind, guint32 fields, guint32 body)
{
  gsize size = 16 + (fields + 7) / 8 * 8 + body;
  guint8 *frame = g_malloc0 (size);

  frame[0] = 'l';
  frame[1] = kind;
  frame[3] = 1;
  memcpy (frame + 4, &body, 4);
  memcpy (frame + 12, &fields, 4);
  return g_bytes_new_take (frame, size);
}

/* Pushes @bytes through in steps of @step; TRUE if all came out unchanged. */
static gboolean
push (BgcWorkerGuard *guard, GBytes *bytes, gsize step)
{
  gsize size;
  const guint8 *in = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *out = g_malloc (size);

  for (gsize done = 0; done < size;)
    {
      gsize read, written;
      GConverterResult result = g_converter_convert (G_CONVERTER (guard), in + done, MIN (step, size - done),
                                                     out + done, size - done, 0, &read, &written, NULL);

      if (result != G_CONVERTER_CONVERTED)
        return FALSE;
      g_assert_cmpuint (read, ==, written);
      done += read;
    }
  return memcmp (in, out, size) == 0;
}

static gboolean
push_frame (BgcWorkerGuard *guard, guint8 kind, guint32 fields, guint32 body)
{
  g_autoptr (GBytes) frame = make_frame (kind, fields, body);

  return push (guard, frame, G_MAXSIZE);
}

static void
test_steps (void)
{
  for (gsize step = 1; step < 40; step++)
    {
      g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();
      g_autoptr (GBytes) frame = make_frame (SIGNAL, 11, 17);

      for (guint i = 0; i < 3; i++)
        g_assert_true (push (guard, frame, step));
    }
}

static void
test_size (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();

  g_assert_true (push_frame (guard, SIGNAL, 16, 1024 * 1024 - 32));
  g_assert_false (push_frame (guard, SIGNAL, 16, 1024 * 1024 - 31));
}

/* A header that asks for more than there is memory is not waited for. */
static void
test_huge (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();
  g_autoptr (BgcWorkerGuard) other = bgc_worker_guard_new ();
  const guint8 body[16] = { 'l', SIGNAL, 0, 1, 0xff, 0xff, 0xff, 0xff };
  const guint8 fields[16] = { 'B', SIGNAL, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff };
  g_autoptr (GBytes) first = g_bytes_new_static (body, sizeof body);
  g_autoptr (GBytes) second = g_bytes_new_static (fields, sizeof fields);

  g_assert_false (push (guard, first, 5));
  g_assert_false (push (other, second, 5));
}

static void
test_kinds (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();
  g_autoptr (BgcWorkerGuard) other = bgc_worker_guard_new ();
  g_autoptr (BgcWorkerGuard) third = bgc_worker_guard_new ();
  g_autoptr (GBytes) noise = g_bytes_new_static ("GET / HTTP/1.1\r\n\r\n", 18);

  bgc_worker_guard_expect_answer (guard);
  g_assert_true (push_frame (guard, ANSWER, 8, 8));
  g_assert_false (push_frame (guard, ANSWER, 8, 8));
  g_assert_false (push_frame (other, CALL, 8, 8));
  g_assert_false (push (third, noise, G_MAXSIZE));
}

static void
test_unread (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();

  for (guint i = 0; i < 64; i++)
    g_assert_true (push_frame (guard, SIGNAL, 8, 8));
  bgc_worker_guard_handled (guard);
  g_assert_true (push_frame (guard, SIGNAL, 8, 8));
  g_assert_false (push_frame (guard, SIGNAL, 8, 8));
}

static void
test_unread_bytes (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();
  guint taken = 0;

  while (taken < 64 && push_frame (guard, SIGNAL, 8, 1024 * 1000))
    taken++;
  g_assert_cmpuint (taken, ==, 4);
}

static void
test_end (void)
{
  g_autoptr (BgcWorkerGuard) guard = bgc_worker_guard_new ();
  guint8 out[8];
  gsize read, written;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_converter_convert (G_CONVERTER (guard), NULL, 0, out, sizeof out,
                                        G_CONVERTER_INPUT_AT_END, &read, &written, NULL),
                   ==, G_CONVERTER_FINISHED);
  g_assert_cmpint (
    g_converter_convert (G_CONVERTER (guard), NULL, 0, out, sizeof out, 0, &read, &written, &error), ==,
    G_CONVERTER_ERROR);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker-guard/steps", test_steps);
  g_test_add_func ("/worker-guard/size", test_size);
  g_test_add_func ("/worker-guard/huge", test_huge);
  g_test_add_func ("/worker-guard/kinds", test_kinds);
  g_test_add_func ("/worker-guard/unread", test_unread);
  g_test_add_func ("/worker-guard/unread-bytes", test_unread_bytes);
  g_test_add_func ("/worker-guard/end", test_end);
  return g_test_run ();
}
