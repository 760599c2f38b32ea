/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a courier does itself and what it hands over; how a whole file comes out of that is tested with
 * downloads and transfers. */

#include "transfer/bgc-courier.h"

#include <sys/stat.h>

#include "bgc-transfer-scene.h"
#include "model/bgc-path.h"

/* Microseconds in which a body comes on any machine. */
#define BODY_TIME (30 * G_TIME_SPAN_SECOND)

typedef struct
{
  BgcCourierHost host;
  BgcCourier *courier;
  GMutex lock;
  GQueue files;      /* (element-type BgcFile) for next */
  GPtrArray *stored; /* (element-type BgcErrand) */
  GPtrArray *handed; /* (element-type BgcHttpSent) */
  guint asked;
  gboolean is_back;
} World;

static BgcFile *
on_next (gpointer data)
{
  World *world = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&world->lock);

  world->asked++;
  return g_queue_pop_head (&world->files);
}

static void
on_stored (BgcErrand *errand, gpointer data)
{
  World *world = data;

  g_ptr_array_add (world->stored, errand);
}

static void
on_handed (BgcFile *file, BgcHttpSent *sent, gpointer data)
{
  World *world = data;

  g_test_message ("handed over: %s, %s", file->remote,
                  sent->error != NULL ? sent->error->message : "no error");
  bgc_file_free (file);
  g_ptr_array_add (world->handed, sent);
}

static void
on_back (BgcCourier *courier, gpointer data)
{
  World *world = data;

  world->is_back = TRUE;
}

static void
set_up (World *world, gconstpointer data)
{
  g_mutex_init (&world->lock);
  g_queue_init (&world->files);
  world->stored = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_courier_drop);
  world->handed = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_http_line_drop);
  world->host = (BgcCourierHost){ .threads = bgc_io_pool_new (2),
                                  .directories = bgc_local_file_directory_cache_new (),
                                  .next = on_next,
                                  .stored = on_stored,
                                  .handed = on_handed,
                                  .back = on_back,
                                  .data = world };
  world->courier = bgc_courier_new (&world->host, "test");
}

static void
tear_down (World *world, gconstpointer data)
{
  bgc_courier_free (world->courier);
  g_ptr_array_unref (world->stored);
  g_ptr_array_unref (world->handed);
  g_queue_clear_full (&world->files, (GDestroyNotify)bgc_file_free);
  bgc_io_pool_free (world->host.threads);
  bgc_local_file_directory_cache_free (world->host.directories);
  g_mutex_clear (&world->lock);
}

static BgcFile *
add (World *world, const char *query)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (query);
  BgcFile *file = bgc_file_copy (scene->file);

  g_queue_push_tail (&world->files, file);
  return file;
}

static void
wait_back (World *world)
{
  while (!world->is_back)
    g_main_context_iteration (NULL, TRUE);
  world->is_back = FALSE;
}

static void
send (World *world)
{
  bgc_courier_send (world->courier);
  wait_back (world);
}

static void
test_stores (World *world, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    add (world, i == 0 ? "size=0" : "size=1234");
  send (world);
  g_assert_cmpuint (world->stored->len, ==, 3);
  g_assert_cmpuint (world->asked, ==, 4);
  for (guint i = 0; i < 3; i++)
    {
      const BgcErrand *errand = g_ptr_array_index (world->stored, i);
      g_autofree char *directory = bgc_path_directory (errand->file->local);
      g_autofree char *path = g_build_filename (directory, errand->file->temporary, NULL);
      struct stat status;

      g_assert_cmpint (stat (path, &status), ==, 0);
      g_assert_cmpuint (errand->total, ==, i == 0 ? 0 : 1234);
      g_assert_cmpint (status.st_size, ==, i == 0 ? 0 : 1234);
      g_assert_cmpint (status.st_mode & 07777, ==, 0600);
      g_assert_cmpuint (status.st_ino, ==, errand->inode);
      g_assert_cmpuint (status.st_dev, ==, errand->device);
      g_assert_nonnull (errand->file->etag);
    }
}

/* Handed over, it comes back at once, and can be sent again. */
static void
test_hands_over (World *world, gconstpointer data)
{
  static const char *const queries[]
    = { "size=262145", "size=100&chunked=10", "status=404", "size=10000&cut=5000", "redirect=/elsewhere" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      add (world, queries[i]);
      add (world, "size=10");
      send (world);
      g_assert_cmpuint (world->handed->len, ==, i + 1);
      g_assert_cmpuint (world->stored->len, ==, i);
      send (world);
      g_assert_cmpuint (world->handed->len, ==, i + 1);
      g_assert_cmpuint (world->stored->len, ==, i + 1);
    }
}

/* Of a job that may move no more it hands over what came, which then counts once. */
static void
test_throttled (World *world, gconstpointer data)
{
  g_autoptr (BgcThrottle) throttle = bgc_throttle_new (1);
  g_autoptr (GMainContext) context = g_main_context_new ();
  BgcHttpSent *sent;
  guint8 bytes[2000];

  world->host.throttle = throttle;
  add (world, "size=1000");
  send (world);
  g_assert_cmpuint (world->handed->len, ==, 1);
  sent = g_ptr_array_index (world->handed, 0);
  g_assert_nonnull (sent->reply);
  while (bgc_http_body_read (sent->reply->body, bytes, sizeof bytes, NULL) < 0)
    g_assert_true (bgc_http_body_wait (sent->reply->body, context, g_get_monotonic_time () + BODY_TIME));
  bgc_throttle_set_rate (throttle, 1000000000);
  while (bgc_throttle_take (throttle, 1000000) == 0)
    g_thread_yield ();
  add (world, "size=1000");
  send (world);
  g_assert_cmpuint (world->stored->len, ==, 1);
  world->host.throttle = NULL;
}

static void
test_wrong_size (World *world, gconstpointer data)
{
  add (world, "size=100")->expected_size = 99;
  send (world);
  g_assert_cmpuint (world->handed->len, ==, 1);
}

/* A place where nothing can be made: that is for the download to find out, all bytes in hand. */
static void
test_no_place (World *world, gconstpointer data)
{
  BgcFile *file = add (world, "size=1000");
  BgcHttpSent *sent;
  guint8 bytes[2000];

  g_free (file->local);
  file->local = g_strdup ("/nowhere/at/all");
  send (world);
  g_assert_cmpuint (world->handed->len, ==, 1);
  sent = g_ptr_array_index (world->handed, 0);
  g_assert_cmpint (bgc_http_body_read (sent->reply->body, bytes, sizeof bytes, NULL), ==, 1000);
  g_assert_cmpint (bgc_http_body_read (sent->reply->body, bytes, sizeof bytes, NULL), ==, 0);
}

static void
wait_asked (World *world)
{
  guint asked = 0;

  while (asked == 0)
    {
      g_thread_yield ();
      g_mutex_lock (&world->lock);
      asked = world->asked;
      g_mutex_unlock (&world->lock);
    }
}

static void
test_silence (World *world, gconstpointer data)
{
  const BgcHttpSent *sent;

  add (world, "stallhead");
  bgc_courier_send (world->courier);
  wait_asked (world);
  while (!world->is_back)
    {
      bgc_courier_check_silence (world->courier, 0);
      bgc_courier_check_silence (world->courier, g_get_monotonic_time ());
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (world->handed->len, ==, 1);
  sent = g_ptr_array_index (world->handed, 0);
  g_assert_error (sent->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  world->is_back = FALSE;
  add (world, "size=10");
  send (world);
  g_assert_cmpuint (world->stored->len, ==, 1);
}

static void
test_stop (World *world, gconstpointer data)
{
  add (world, "stallhead");
  add (world, "size=10");
  bgc_courier_send (world->courier);
  wait_asked (world);
  bgc_courier_stop (world->courier);
  wait_back (world);
  g_assert_cmpuint (world->stored->len, ==, 0);
  g_assert_cmpuint (world->asked, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add ("/courier/" path, World, NULL, set_up, function, tear_down)
  ADD ("throttled", test_throttled);
  ADD ("stores", test_stores);
  ADD ("hands-over", test_hands_over);
  ADD ("wrong-size", test_wrong_size);
  ADD ("no-place", test_no_place);
  ADD ("silence", test_silence);
  ADD ("stop", test_stop);
  return bgc_transfer_scene_run_tests ();
}
