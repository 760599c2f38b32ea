/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-channel.h"

#include <string.h>

#include "bgc-upload-scene.h"

/* One call in a thread of its own, as uploads make it. */
typedef struct
{
  BgcUploadScene *scene;
  BgcUploadChannel *channel;
  BgcLocalFileSource source;
  BgcUploadAnswer answer;
  gboolean ask_first;
  gint moved; /* atomic */
  gint ended; /* atomic */
} World;

static void
on_moved (gpointer data)
{
  World *world = data;

  g_atomic_int_inc (&world->moved);
}

static gpointer
call (gpointer data)
{
  World *world = data;
  BgcFailure *failure = NULL;
  BgcUploadRequest *request = bgc_upload_request_new ("PUT", world->scene->file->remote, &failure);

  g_assert_null (failure);
  bgc_upload_request_set_body (request, &world->source, 0, world->source.size, world->ask_first);
  bgc_upload_channel_enter (world->channel, on_moved, world);
  bgc_upload_channel_call (world->channel, request, &world->answer);
  bgc_upload_channel_leave (world->channel);
  g_atomic_int_set (&world->ended, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static World *
world_new (const char *query, gsize size)
{
  const BgcUploadChannelSettings settings = { .stall_seconds = 1, .answer_seconds = 1, .user_agent = "test" };
  World *self = g_new0 (World, 1);

  g_test_message ("%s", query);
  self->scene = bgc_upload_scene_new ("put", query, size);
  self->source = (BgcLocalFileSource)BGC_LOCAL_FILE_SOURCE_NONE;
  g_assert_null (bgc_local_file_source_open (&self->source, self->scene->file->local));
  self->channel = bgc_upload_channel_new (&settings);
  return self;
}

static void
world_call (World *self, gboolean stops)
{
  GThread *thread = g_thread_new ("call", call, self);

  while (g_atomic_int_get (&self->ended) == 0)
    {
      if (stops && bgc_upload_channel_sent (self->channel) > 0)
        bgc_upload_channel_stop (self->channel);
      g_main_context_iteration (NULL, TRUE);
    }
  g_thread_join (thread);
}

static void
world_free (World *self)
{
  bgc_upload_answer_clear (&self->answer);
  bgc_upload_channel_free (self->channel);
  bgc_local_file_source_clear (&self->source);
  bgc_upload_scene_free (self->scene);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static void
test_call (void)
{
  g_autoptr (World) world = world_new ("", 3000000);

  world_call (world, FALSE);
  g_assert_cmpuint (world->answer.status, ==, 201);
  g_assert_null (world->answer.failure);
  g_assert_cmpuint (bgc_upload_channel_sent (world->channel), ==, 3000000);
  g_assert_cmpuint (bgc_upload_channel_requests (world->channel), ==, 1);
  g_assert_true (bgc_upload_channel_is_connected (world->channel));
  g_assert_cmpint (world->moved, >, 0);
  bgc_upload_scene_assert_published (world->scene);
}

/* Whatever comes back, the call ends, and soon. */
static void
test_hostile (void)
{
  static const struct
  {
    const char *query;
    BgcErrorCode code; /* where there is no answer */
    guint status;
  } cases[] = {
    { "do=put:hang", BGC_ERROR_TIMEOUT, 0 },
    { "do=put:hang=100000", BGC_ERROR_TIMEOUT, 0 },
    { "do=put:drip", BGC_ERROR_TIMEOUT, 0 },
    { "do=put:huge", BGC_ERROR_INVALID_SERVER_RESPONSE, 0 },
    { "do=put:junk", BGC_ERROR_INVALID_SERVER_RESPONSE, 0 },
    { "do=put:cut", BGC_ERROR_CONNECTION_CLOSED, 0 },
    /* The head is all that is wanted. */
    { "do=put:done,endless,status=200", 0, 200 },
    { "do=put:done,more,status=200", 0, 200 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (World) world = world_new (cases[i].query, 3000000);
      gint64 begin = g_get_monotonic_time ();

      world_call (world, FALSE);
      g_assert_cmpuint (world->answer.status, ==, cases[i].status);
      g_assert_cmpint (world->answer.failure != NULL, ==, cases[i].status == 0);
      /* With what was sent, though not all of them answered. */
      g_assert_true (bgc_upload_channel_is_connected (world->channel));
      if (cases[i].status == 0)
        g_assert_cmpstr (bgc_error_name (world->answer.failure->code), ==, bgc_error_name (cases[i].code));
      g_assert_cmpint (g_get_monotonic_time () - begin, <, 20 * G_USEC_PER_SEC);
    }
}

static void
test_stop (void)
{
  g_autoptr (World) world = world_new ("do=put:hang=100000", 30000000);
  g_autoptr (World) late = world_new ("", 10);

  world_call (world, TRUE);
  g_assert_cmpuint (world->answer.status, ==, 0);
  g_assert_null (world->answer.failure);
  g_assert_true (bgc_upload_channel_is_stopped (world->channel));
  bgc_upload_channel_stop (late->channel);
  world_call (late, FALSE);
  g_assert_cmpuint (late->answer.status, ==, 0);
  g_assert_null (late->answer.failure);
  bgc_upload_scene_assert_log (late->scene, NULL, NULL);
}

static void
test_asking (void)
{
  g_autoptr (World) refused = world_new ("do=put:status=403", 3000000);
  g_autoptr (World) ignorant = world_new ("do=put=1:status=417", 3000000);

  refused->ask_first = ignorant->ask_first = TRUE;
  world_call (refused, FALSE);
  g_assert_cmpuint (refused->answer.status, ==, 403);
  g_assert_cmpuint (bgc_upload_channel_sent (refused->channel), ==, 0);
  world_call (ignorant, FALSE);
  g_assert_cmpuint (ignorant->answer.status, ==, 201);
  g_assert_cmpuint (bgc_upload_channel_requests (ignorant->channel), ==, 2);
  bgc_upload_scene_assert_published (ignorant->scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-channel/call", test_call);
  g_test_add_func ("/upload-channel/hostile", test_hostile);
  g_test_add_func ("/upload-channel/stop", test_stop);
  g_test_add_func ("/upload-channel/asking", test_asking);
  return bgc_upload_scene_run_tests ();
}
