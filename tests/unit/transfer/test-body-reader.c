/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-body-reader.h"

#include "bgc-transfer-scene.h"

typedef struct
{
  BgcBufferPool *buffers;
  SoupSession *session;
  SoupMessage *message;
  BgcHttpBody *body;
  BgcBodyReader *reader;
  BgcThrottle *throttle;
  GString *bytes; /* handed over */
  guint handed;   /* buffers */
  guint64 received;
  guint64 fresh;
  gboolean hold; /* keeps the buffers, as a slow disk does */
  GQueue held;
  gboolean ended;
  BgcBodyEnd how;
} Scene;

static void
on_filled (BgcBuffer *buffer, gpointer data)
{
  Scene *scene = data;

  scene->handed++;
  g_assert_cmpuint (buffer->length, >, 0);
  g_string_append_len (scene->bytes, (const char *)buffer->data, (gssize)buffer->length);
  if (scene->hold)
    g_queue_push_tail (&scene->held, buffer);
  else
    bgc_buffer_pool_give (scene->buffers, buffer);
}

static void
on_received (gsize bytes, gsize fresh, gpointer data)
{
  Scene *scene = data;

  scene->received += bytes;
  scene->fresh += fresh;
}

static void
on_ended (BgcBodyEnd how, const GError *error, gpointer data)
{
  Scene *scene = data;

  g_assert_false (scene->ended);
  g_assert_cmpint (error != NULL, ==, how == BGC_BODY_END_FAILED);
  scene->ended = TRUE;
  scene->how = how;
}

static const BgcBodyReaderFunctions functions = {
  .filled = on_filled,
  .received = on_received,
  .ended = on_ended,
};

static void
set_up (Scene *scene, gconstpointer data)
{
  scene->buffers = bgc_buffer_pool_new ();
  scene->session = soup_session_new ();
  scene->throttle = bgc_throttle_new (BGC_TOKEN_BUCKET_UNLIMITED);
  scene->reader = bgc_body_reader_new (scene->buffers, scene->throttle, &functions, scene);
  scene->bytes = g_string_new (NULL);
}

static void
tear_down (Scene *scene, gconstpointer data)
{
  bgc_body_reader_free (scene->reader);
  bgc_throttle_unref (scene->throttle);
  bgc_http_body_free (scene->body);
  g_object_unref (scene->message);
  g_object_unref (scene->session);
  g_string_free (scene->bytes, TRUE);
  bgc_buffer_pool_free (scene->buffers);
}

static void
on_sent (GObject *session, GAsyncResult *result, gpointer data)
{
  Scene *scene = data;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (session), result, NULL);

  g_assert_nonnull (stream);
  scene->body = bgc_http_body_new (g_object_ref (scene->message), stream);
}

static void
ask (Scene *scene, const char *query)
{
  g_autofree char *url
    = g_strdup_printf ("http://127.0.0.1:%u/f/reader?%s", bgc_transfer_scene_port (FALSE), query);

  scene->message = soup_message_new ("GET", url);
  soup_session_send_async (scene->session, scene->message, 0, NULL, on_sent, scene);
  while (scene->body == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_ended (Scene *scene)
{
  while (!scene->ended)
    g_main_context_iteration (NULL, TRUE);
}

static void
assert_bytes (Scene *scene, gsize skipped, gsize size)
{
  g_autofree guint8 *expected = bgc_transfer_scene_content (1, size);

  g_assert_cmpmem (scene->bytes->str, scene->bytes->len, expected + skipped, size - skipped);
}

/* What is not a full buffer stays until it is flushed. */
static void
test_whole (Scene *scene, gconstpointer data)
{
  ask (scene, "size=600000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 600000);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_COMPLETE);
  g_assert_cmpuint (scene->handed, ==, 2);
  bgc_body_reader_flush (scene->reader);
  g_assert_cmpuint (scene->handed, ==, 3);
  bgc_body_reader_flush (scene->reader);
  g_assert_cmpuint (scene->handed, ==, 3);
  g_assert_cmpuint (scene->received, ==, 600000);
  assert_bytes (scene, 0, 600000);
}

/* Not faster than it may, to the last byte, which comes although there is nothing left to take: and while it
 * waits for that, nobody takes the server for silent. */
static void
test_throttled (Scene *scene, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();
  guint waits = 0;

  bgc_throttle_set_rate (scene->throttle, 2000000);
  ask (scene, "size=600000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 600000);
  while (!scene->ended)
    {
      waits += !bgc_body_reader_is_waiting_for_server (scene->reader);
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_COMPLETE);
  g_assert_cmpuint (scene->received, ==, 600000);
  g_assert_cmpuint (waits, >, 1);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 300000);
  bgc_body_reader_flush (scene->reader);
  assert_bytes (scene, 0, 600000);
}

/* Chunks and what is not framed at all, a few bytes at a time; then the limit goes. */
static void
test_throttled_slices (Scene *scene, gconstpointer data)
{
  bgc_throttle_set_rate (scene->throttle, 1000);
  ask (scene, data);
  bgc_body_reader_start (scene->reader, scene->body, NULL, BGC_SIZE_UNKNOWN);
  while (scene->received < 100)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (scene->received, <, 10000);
  g_assert_false (scene->ended);
  bgc_throttle_set_rate (scene->throttle, BGC_TOKEN_BUCKET_UNLIMITED);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_COMPLETE);
  bgc_body_reader_flush (scene->reader);
  assert_bytes (scene, 0, 100000);
}

/* Stopped while it waits: no call comes any more. */
static void
test_throttled_stop (Scene *scene, gconstpointer data)
{
  bgc_throttle_set_rate (scene->throttle, 1);
  ask (scene, "size=600000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 600000);
  g_assert_false (bgc_body_reader_is_waiting_for_server (scene->reader));
  bgc_body_reader_stop (scene->reader);
  bgc_throttle_set_rate (scene->throttle, BGC_TOKEN_BUCKET_UNLIMITED);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (scene->received, ==, 0);
  g_assert_false (scene->ended);
}

static void
test_front (Scene *scene, gconstpointer data)
{
  guint8 *front = bgc_transfer_scene_content (1, 300000);

  ask (scene, "size=600000");
  bgc_body_reader_start (scene->reader, scene->body, g_bytes_new_take (front, 300000), 300000);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_COMPLETE);
  bgc_body_reader_flush (scene->reader);
  g_assert_cmpuint (scene->received, ==, 600000);
  g_assert_cmpuint (scene->fresh, ==, 300000);
  assert_bytes (scene, 300000, 600000);
}

static void
test_different (Scene *scene, gconstpointer data)
{
  guint8 *front = bgc_transfer_scene_content (1, 300000);

  front[299999] ^= 1;
  ask (scene, "size=600000");
  bgc_body_reader_start (scene->reader, scene->body, g_bytes_new_take (front, 300000), 300000);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_DIFFERENT);
  bgc_body_reader_flush (scene->reader);
  g_assert_cmpuint (scene->bytes->len, ==, 0);
}

/* What fills a turn to the last byte ends too, though nothing more comes to wake it. Not every time does all
 * of it come in one turn. */
static void
test_whole_turn (void)
{
  for (guint i = 0; i < 60; i++)
    {
      Scene scene = { 0 };

      set_up (&scene, NULL);
      ask (&scene, "size=1048576");
      /* Until it waits in the socket. */
      g_usleep (2000);
      bgc_body_reader_start (scene.reader, scene.body, NULL, 1048576);
      wait_ended (&scene);
      g_assert_cmpint (scene.how, ==, BGC_BODY_END_COMPLETE);
      bgc_body_reader_flush (scene.reader);
      g_assert_cmpuint (scene.bytes->len, ==, 1048576);
      tear_down (&scene, NULL);
    }
}

static void
test_lengths (Scene *scene, gconstpointer data)
{
  ask (scene, "size=1000&chunked");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 1001);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_SHORT);
}

static void
test_too_long (Scene *scene, gconstpointer data)
{
  ask (scene, "size=1000&chunked");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 999);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_LONG);
  bgc_body_reader_flush (scene->reader);
  g_assert_cmpuint (scene->bytes->len, <=, 999);
}

static void
test_short_front (Scene *scene, gconstpointer data)
{
  guint8 *front = bgc_transfer_scene_content (1, 2000);

  ask (scene, "size=1000");
  bgc_body_reader_start (scene->reader, scene->body, g_bytes_new_take (front, 2000), 0);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_SHORT);
}

static void
test_failed (Scene *scene, gconstpointer data)
{
  ask (scene, "size=1000000&cut=700000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 1000000);
  wait_ended (scene);
  g_assert_cmpint (scene->how, ==, BGC_BODY_END_FAILED);
  bgc_body_reader_flush (scene->reader);
  assert_bytes (scene, 0, 700000);
}

/* No more is read than there are buffers, and reading goes on when they come back. */
static void
test_slow_disk (Scene *scene, gconstpointer data)
{
  scene->hold = TRUE;
  ask (scene, "size=9000000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 9000000);
  while (scene->handed < BGC_BUFFER_COUNT || bgc_body_reader_is_waiting_for_server (scene->reader))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (scene->handed, ==, BGC_BUFFER_COUNT);
  /* The last buffers may be handed over before they are full. */
  g_assert_cmpuint (scene->received, ==, scene->bytes->len);
  g_assert_cmpuint (scene->received, <=, BGC_BUFFER_COUNT * BGC_BUFFER_BYTES);
  g_assert_false (bgc_body_reader_is_waiting_for_server (scene->reader));
  scene->hold = FALSE;
  while (!g_queue_is_empty (&scene->held))
    bgc_buffer_pool_give (scene->buffers, g_queue_pop_head (&scene->held));
  wait_ended (scene);
  bgc_body_reader_flush (scene->reader);
  assert_bytes (scene, 0, 9000000);
}

static void
test_stop (Scene *scene, gconstpointer data)
{
  ask (scene, "size=1000000&stall=500000");
  bgc_body_reader_start (scene->reader, scene->body, NULL, 1000000);
  while (scene->received < 500000)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (bgc_body_reader_is_waiting_for_server (scene->reader));
  bgc_body_reader_stop (scene->reader);
  g_assert_false (bgc_body_reader_is_waiting_for_server (scene->reader));
  bgc_body_reader_flush (scene->reader);
  g_assert_false (scene->ended);
  assert_bytes (scene, 0, 500000);
  bgc_body_reader_forget (scene->reader);
}

#define ADD(path, function) g_test_add ("/body-reader/" path, Scene, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/body-reader/whole-turn", test_whole_turn);
  ADD ("whole", test_whole);
  ADD ("throttled", test_throttled);
  g_test_add ("/body-reader/throttled-chunks", Scene, "size=100000&chunked=3000", set_up,
              test_throttled_slices, tear_down);
  g_test_add ("/body-reader/throttled-eof", Scene, "size=100000&eof", set_up, test_throttled_slices,
              tear_down);
  ADD ("throttled-stop", test_throttled_stop);
  ADD ("front", test_front);
  ADD ("different", test_different);
  ADD ("lengths", test_lengths);
  ADD ("too-long", test_too_long);
  ADD ("short-front", test_short_front);
  ADD ("failed", test_failed);
  ADD ("slow-disk", test_slow_disk);
  ADD ("stop", test_stop);
  return bgc_transfer_scene_run_tests ();
}
