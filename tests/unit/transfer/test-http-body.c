/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-body.h"

#include <string.h>

#include "bgc-transfer-scene.h"

typedef struct
{
  SoupSession *session;
  SoupMessage *message;
  BgcHttpBody *body;
} Scene;

static void
on_sent (GObject *session, GAsyncResult *result, gpointer data)
{
  Scene *scene = data;
  g_autoptr (GError) error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);

  g_assert_no_error (error);
  scene->body = bgc_http_body_new (g_object_ref (scene->message), stream);
}

static void
ask (Scene *scene, const char *query)
{
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/body?%s", bgc_transfer_scene_port (FALSE), query);

  g_clear_object (&scene->message);
  scene->message = soup_message_new ("GET", url);
  scene->body = NULL;
  soup_session_send_async (scene->session, scene->message, 0, NULL, on_sent, scene);
  while (scene->body == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
on_readable (gpointer data)
{
  *(gboolean *)data = TRUE;
  return TRUE;
}

/* Reads to the end; the number of bytes, or -1 with @error. */
static gssize
read_all (Scene *scene, gsize step, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (step);
  gboolean readable = FALSE;
  gssize sum = 0;
  gssize n;

  while ((n = bgc_http_body_read (scene->body, bytes, step, error)) != 0)
    {
      if (n > 0)
        sum += n;
      else if (!g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return -1;
      else
        {
          g_clear_error (error);
          bgc_http_body_watch (scene->body, on_readable, &readable);
          g_assert_true (bgc_http_body_is_watched (scene->body));
          for (readable = FALSE; !readable;)
            g_main_context_iteration (NULL, TRUE);
          bgc_http_body_unwatch (scene->body);
          g_assert_false (bgc_http_body_is_watched (scene->body));
        }
    }
  g_assert_cmpint (bgc_http_body_read (scene->body, bytes, step, error), ==, 0);
  return sum;
}

/* What was put back comes again, then the error that was, for good. */
static void
test_unread (Scene *scene, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint8 bytes[64];
  guint8 again[64];
  gssize n;

  ask (scene, "size=1000");
  while ((n = bgc_http_body_read (scene->body, bytes, sizeof bytes, NULL)) < 0)
    continue;
  bgc_http_body_unread (scene->body, bytes, (gsize)n, NULL);
  g_assert_cmpint (bgc_http_body_read (scene->body, again, 10, NULL), ==, 10);
  g_assert_cmpint (bgc_http_body_read (scene->body, again + 10, 54, NULL), ==, n - 10);
  g_assert_cmpmem (again, n, bytes, n);
  g_assert_cmpint (read_all (scene, 4096, &error), ==, 1000 - n);
  g_assert_no_error (error);
  bgc_http_body_free (scene->body);

  ask (scene, "size=1000");
  bgc_http_body_unread (scene->body, bytes, 5, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "x"));
  g_assert_cmpint (bgc_http_body_read (scene->body, again, sizeof again, NULL), ==, 5);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (bgc_http_body_read (scene->body, again, sizeof again, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      g_clear_error (&error);
    }
  bgc_http_body_free (scene->body);
}

static void
test_wait (Scene *scene, gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gint64 now = g_get_monotonic_time ();
  guint8 bytes[4096];
  gsize sum = 0;

  ask (scene, "size=1000&stall=500");
  while (sum < 500)
    {
      gssize n = bgc_http_body_read (scene->body, bytes, sizeof bytes, NULL);

      if (n > 0)
        sum += (gsize)n;
      else
        g_assert_true (bgc_http_body_wait (scene->body, context, now + 10 * G_USEC_PER_SEC));
    }
  g_assert_false (bgc_http_body_wait (scene->body, context, g_get_monotonic_time () + 1000));
  bgc_http_body_free (scene->body);
}

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->session = soup_session_new ();
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  g_object_unref (scene->message);
  g_object_unref (scene->session);
}

static void
test_whole (Scene *scene, gconstpointer data)
{
  static const char *const queries[]
    = { "size=100000", "size=100000&chunked=123", "size=100000&chunked&close", "size=100000&close",
        "size=100000&eof" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    for (gsize step = 100; step < 1000000; step *= 37)
      {
        ask (scene, queries[i]);
        g_assert_cmpint (bgc_http_body_is_framed (scene->body), ==, strstr (queries[i], "eof") == NULL);
        g_assert_cmpint (read_all (scene, step, &error), ==, 100000);
        g_assert_no_error (error);
        bgc_http_body_free (scene->body);
      }
}

/* However it is cut, it is noticed. */
static void
test_cut (Scene *scene, gconstpointer data)
{
  static const char *const queries[] = {
    "size=100000&cut=99999",     "size=100000&close&cut=99999",         "size=100000&chunked=10000&cut=50000",
    "size=100000&chunked&cut=0", "size=100000&chunked&close&cut=50000", "size=100000&more=1"
  };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (GError) error = NULL;

      ask (scene, queries[i]);
      g_assert_cmpint (read_all (scene, 65536, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
      bgc_http_body_free (scene->body);
    }
}

static void
test_nonsense (Scene *scene, gconstpointer data)
{
  static const char *const queries[] = { "size=1000&less=1", "size=1000&chunked&junk" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autoptr (GError) error = NULL;

      ask (scene, queries[i]);
      g_assert_cmpint (read_all (scene, 65536, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      bgc_http_body_free (scene->body);
    }
}

/* A body that was read to its end, or is small and there, leaves its connection; a large one takes it along.
 */
static void
test_drop (Scene *scene, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint64 first;

  ask (scene, "size=1000");
  first = soup_message_get_connection_id (scene->message);
  g_assert_cmpint (read_all (scene, 1000, &error), ==, 1000);
  bgc_http_body_drop (scene->body);
  ask (scene, "size=5000000");
  g_assert_cmpuint (soup_message_get_connection_id (scene->message), ==, first);
  bgc_http_body_drop (scene->body);
  ask (scene, "size=0");
  g_assert_cmpuint (soup_message_get_connection_id (scene->message), !=, first);
  first = soup_message_get_connection_id (scene->message);
  bgc_http_body_drop (scene->body);
  ask (scene, "size=1000");
  g_assert_cmpuint (soup_message_get_connection_id (scene->message), ==, first);
  bgc_http_body_free (scene->body);
}

#define ADD(path, function) g_test_add ("/http-body/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("whole", test_whole);
  ADD ("cut", test_cut);
  ADD ("nonsense", test_nonsense);
  ADD ("drop", test_drop);
  ADD ("unread", test_unread);
  ADD ("wait", test_wait);
  return bgc_transfer_scene_run_tests ();
}
