/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-courtesy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "bgc-transfer-scene.h"
#include "transfer/bgc-http-line.h"

/* A request for a body that the session's connection is seen with. */
typedef struct
{
  SoupSession *soup;   /* (owned) */
  GInputStream *stream; /* (owned) the body */
  GSocket *socket;     /* (owned) of the connection */
  int lower_effort;    /* whether it was marked when it began to connect */
} Fetch;

static int
option (GSocket *socket, int level, int name)
{
  int value = -1;
  g_autoptr (GError) error = NULL;

  g_socket_get_option (socket, level, name, &value, &error);
  g_assert_no_error (error);
  return value;
}

static void
on_event (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer data)
{
  Fetch *fetch = data;
  GSocket *socket;

  if (!G_IS_SOCKET_CONNECTION (stream))
    return;
  socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
  if (event == G_SOCKET_CLIENT_CONNECTING)
    fetch->lower_effort = option (socket, IPPROTO_IP, IP_TOS) == 4;
  g_set_object (&fetch->socket, socket);
}

static void
on_sent (GObject *soup, GAsyncResult *result, gpointer data)
{
  Fetch *fetch = data;
  g_autoptr (GError) error = NULL;

  fetch->stream = soup_session_send_finish (SOUP_SESSION (soup), result, &error);
  g_assert_no_error (error);
}

static Fetch
fetch (BgcCourtesy *courtesy, BgcPriority priority, BgcCourtesyWay way)
{
  g_autofree char *text
    = g_strdup_printf ("http://127.0.0.1:%u/f/polite?size=2000000", bgc_transfer_scene_port (FALSE));
  g_autoptr (SoupMessage) message = soup_message_new ("GET", text);
  Fetch self = { .soup = bgc_http_line_soup (1, "test") };

  bgc_courtesy_watch (courtesy, self.soup, priority, way);
  g_signal_connect_after (message, "network-event", G_CALLBACK (on_event), &self);
  soup_session_send_async (self.soup, message, G_PRIORITY_DEFAULT, NULL, on_sent, &self);
  while (self.stream == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handlers_disconnect_by_data (message, &self);
  return self;
}

static void
fetch_rest (Fetch *self)
{
  gsize got = 0;
  gssize n;
  guint8 bytes[8192];
  g_autoptr (GError) error = NULL;

  while ((n = g_input_stream_read (self->stream, bytes, sizeof bytes, NULL, &error)) > 0)
    {
      got += (gsize)n;
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_no_error (error);
  g_assert_cmpuint (got, ==, 2000000);
}

static void
fetch_end (Fetch *self)
{
  g_input_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->stream);
  soup_session_abort (self->soup);
  g_object_unref (self->soup);
  g_object_unref (self->socket);
}

static void
wait_until_gone (BgcCourtesy *courtesy)
{
  while (bgc_courtesy_window (courtesy) != 0)
    g_main_context_iteration (NULL, TRUE);
}

static guint64
window_of (const Fetch *self)
{
  return (guint64)option (self->socket, IPPROTO_TCP, TCP_WINDOW_CLAMP);
}

static void
test_receiving (void)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (TRUE);
  Fetch one = fetch (courtesy, BGC_PRIORITY_NORMAL, BGC_COURTESY_RECEIVING);
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  g_assert_true (one.lower_effort);
  g_assert_cmpuint (bgc_courtesy_window (courtesy), >, 0);
  /* The kernel opens the window with the first data, until the next look. */
  while (window_of (&one) >= 1 << 20)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (NULL, TRUE);
    }
  fetch_rest (&one);
  fetch_end (&one);
  wait_until_gone (courtesy);
  bgc_courtesy_unref (courtesy);
}

/* Two connections to one peer. */
static void
test_two (void)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (TRUE);
  Fetch one = fetch (courtesy, BGC_PRIORITY_LOW, BGC_COURTESY_RECEIVING);
  Fetch two = fetch (courtesy, BGC_PRIORITY_LOW, BGC_COURTESY_RECEIVING);

  fetch_rest (&two);
  fetch_rest (&one);
  fetch_end (&one);
  fetch_end (&two);
  wait_until_gone (courtesy);
  bgc_courtesy_unref (courtesy);
}

static void
test_sending (void)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (TRUE);
  Fetch one = fetch (courtesy, BGC_PRIORITY_NORMAL, BGC_COURTESY_SENDING);

  g_assert_true (one.lower_effort);
  g_assert_cmpint (option (one.socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT), ==, 65536);
  g_assert_cmpint (option (one.socket, SOL_SOCKET, SO_MAX_PACING_RATE), >, 0);
  fetch_rest (&one);
  fetch_end (&one);
  wait_until_gone (courtesy);
  bgc_courtesy_unref (courtesy);
}

static void
assert_untouched (BgcCourtesy *courtesy, BgcPriority priority)
{
  Fetch one = fetch (courtesy, priority, BGC_COURTESY_RECEIVING);

  g_assert_false (one.lower_effort);
  if (courtesy != NULL)
    g_assert_cmpuint (bgc_courtesy_window (courtesy), ==, 0);
  fetch_rest (&one);
  fetch_end (&one);
}

static void
test_untouched (void)
{
  BgcCourtesy *everywhere = bgc_courtesy_new (TRUE);
  BgcCourtesy *elsewhere = bgc_courtesy_new (FALSE);

  assert_untouched (everywhere, BGC_PRIORITY_FOREGROUND);
  assert_untouched (elsewhere, BGC_PRIORITY_LOW);
  assert_untouched (NULL, BGC_PRIORITY_LOW);
  bgc_courtesy_unref (everywhere);
  bgc_courtesy_unref (elsewhere);
}

/* A line's, which is on a thread of its own, as couriers' are. */
static gpointer
ask_on_thread (gpointer data)
{
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/polite?size=100", bgc_transfer_scene_port (FALSE));
  BgcHttpLine *line = bgc_http_line_new ("test");

  bgc_http_line_keep_behind (line, data, BGC_PRIORITY_LOW);
  for (guint i = 0; i < 20; i++)
    bgc_http_line_drop (bgc_http_line_get (line, url, NULL));
  bgc_http_line_free (line);
  return NULL;
}

static void
test_threads (void)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (TRUE);
  GThread *threads[4];
  gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  gboolean seen = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("line", ask_on_thread, courtesy);
  while (!seen && g_get_monotonic_time () < end)
    seen = bgc_courtesy_window (courtesy) > 0;
  g_assert_true (seen);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  wait_until_gone (courtesy);
  bgc_courtesy_unref (courtesy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/courtesy/receiving", test_receiving);
  g_test_add_func ("/courtesy/two", test_two);
  g_test_add_func ("/courtesy/sending", test_sending);
  g_test_add_func ("/courtesy/untouched", test_untouched);
  g_test_add_func ("/courtesy/threads", test_threads);
  return bgc_transfer_scene_run_tests ();
}
