/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The second run of a file of which the first brought a part: what is asked, what is believed, whether
 * the file began again, and that the bytes are those of one version. */

#include <string.h>

#include "bgc-transfer-scene.h"

#define SIZE 200000
#define HELD 150000

typedef struct
{
  const char *path;  /* of the test */
  const char *query; /* besides size and the cut of the first run */
  guint version;     /* of the second run */
  gboolean restarted;
  const char *requests; /* of the second run */
} Resume;

/* 84464 is HELD less the overlap. LM1 stands for the first version's Last-Modified. */
#define LM1     "Thu, 02 Jan 2020 00:00:00 GMT"
#define IF_TAG  "bytes=150000- \"v1\" "
#define IF_DATE "bytes=150000- " LM1 " "
#define RANGE   "bytes=150000- - "
#define OVERLAP "bytes=84464- - "
#define WHOLE   "- - 200"

static const Resume resumes[] = {
  { "/strong/same", "", 1, FALSE, IF_TAG "206" },
  { "/strong/changed", "", 2, TRUE, IF_TAG "200" },
  { "/strong/changed-ignores-if-range", "noifrange", 2, TRUE, IF_TAG "206, " WHOLE },
  { "/strong/no-date/same", "lm=none", 1, FALSE, IF_TAG "206" },
  { "/strong/no-date/changed-ignores-if-range", "lm=none&noifrange", 2, TRUE, IF_TAG "206, " WHOLE },
  { "/strong/200-to-if-range/same", "ifrange200", 1, FALSE, IF_TAG "200, " RANGE "206" },
  { "/strong/200-to-if-range/changed", "ifrange200", 2, TRUE, IF_TAG "200" },
  { "/strong/no-ranges/same", "norange", 1, TRUE, IF_TAG "200, " RANGE "200" },
  { "/strong/no-ranges/changed", "norange", 2, TRUE, IF_TAG "200" },
  { "/weak/same", "etag=weak", 1, FALSE, IF_DATE "206" },
  { "/weak/changed", "etag=weak", 2, TRUE, IF_DATE "200" },
  { "/weak/changed-ignores-if-range", "etag=weak&noifrange", 2, TRUE, IF_DATE "206, " WHOLE },
  { "/weak/alone/same", "etag=weak&lm=none", 1, FALSE, OVERLAP "206" },
  { "/weak/alone/changed", "etag=weak&lm=none", 2, TRUE, OVERLAP "206, " WHOLE },
  { "/date/same", "etag=none", 1, FALSE, IF_DATE "206" },
  { "/date/changed", "etag=none", 2, TRUE, IF_DATE "200" },
  { "/date/changed-ignores-if-range", "etag=none&noifrange", 2, TRUE, IF_DATE "206, " WHOLE },
  { "/date/200-to-if-range", "etag=none&ifrange200", 1, FALSE, IF_DATE "200, " RANGE "206" },
  { "/young-date/same", "etag=none&lm=recent", 1, FALSE, OVERLAP "206" },
  { "/young-date/changed", "etag=none&lm=recent", 2, TRUE, OVERLAP "206, " WHOLE },
  { "/undated/same", "etag=none&date=none", 1, FALSE, OVERLAP "206" },
  { "/neither/same", "etag=none&lm=none", 1, FALSE, OVERLAP "206" },
  { "/neither/changed", "etag=none&lm=none", 2, TRUE, OVERLAP "206, " WHOLE },
  { "/neither/no-ranges", "etag=none&lm=none&norange", 1, TRUE, OVERLAP "200" },
  { "/rotating/same", "etag=rotate", 1, FALSE, "bytes=150000- \"v1-1\" 200, " OVERLAP "206" },
  { "/rotating/same-ignores-if-range", "etag=rotate&noifrange", 1, FALSE,
    "bytes=150000- \"v1-1\" 206, " OVERLAP "206" },
  { "/rotating/changed", "etag=rotate&noifrange", 2, TRUE, "bytes=150000- \"v1-1\" 206, " WHOLE },
  { "/rotating/no-date", "etag=rotate&lm=none", 1, TRUE, "bytes=150000- \"v1-1\" 200" },
  { "/wrong-start", "wrongstart=5", 1, TRUE, IF_TAG "206, " WHOLE },
  { "/wrong-start/overlap", "wrongstart=-5&etag=none&lm=none", 1, TRUE, OVERLAP "206, " WHOLE },
  { "/wrong-total", "wrongtotal=1", 1, TRUE, IF_TAG "206, " WHOLE },
  { "/unknown-total", "startotal", 1, TRUE, IF_TAG "206, " WHOLE },
  { "/no-content-range", "nocontentrange", 1, TRUE, IF_TAG "206, " WHOLE },
  { "/multipart", "multipart", 1, TRUE, IF_TAG "206, " WHOLE },
  { "/unsatisfied/fits", "s416=150000", 1, TRUE, IF_TAG "416, " WHOLE },
  { "/unsatisfied/other", "s416=99", 1, TRUE, IF_TAG "416, " WHOLE },
  { "/chunked-parts", "chunked=999", 1, TRUE, WHOLE },
};

static BgcTransferScene *
make_held (const char *query)
{
  g_autofree char *whole = g_strdup_printf ("size=%d&cut=%d&first=1&%s", SIZE, HELD, query);
  BgcTransferScene *scene = bgc_transfer_scene_new (whole);
  g_autofree char *forgotten = NULL;
  g_autofree char *log = NULL;

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  log = bgc_transfer_scene_tell_server ("/log?name=%s", scene->name);
  g_assert_cmpstr (log, ==, "GET - - 200\n");
  if (strstr (query, "less") == NULL)
    g_assert_cmpuint (scene->file->bytes_transferred, ==, strstr (query, "chunked") == NULL ? HELD : 0);
  return scene;
}

/* The server's count of requests goes on, so that faults with first=1 are over. */
static void
assert_second_run (BgcTransferScene *scene, const char *requests)
{
  g_autofree char *log = bgc_transfer_scene_tell_server ("/log?name=%s", scene->name);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (log), "\n", 0);
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 1; lines[i] != NULL; i++)
    g_string_append_printf (got, "%s%s", i > 1 ? ", " : "", lines[i] + 4);
  g_assert_cmpstr (got->str, ==, requests);
}

static void
test_resume (gconstpointer data)
{
  const Resume *resume = data;
  g_autoptr (BgcTransferScene) scene = make_held (resume->query);
  g_autofree char *told = NULL;

  told = bgc_transfer_scene_tell_server ("/control?name=%s&version=%u", scene->name, resume->version);
  if (resume->requests == NULL)
    return;
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, resume->version, SIZE);
  g_assert_cmpint (strchr (scene->events->str, 'R') != NULL, ==,
                   resume->restarted && strstr (resume->query, "chunked") == NULL);
  assert_second_run (scene, resume->requests);
}

/* Parts that are shorter than asked for are gone on from, as long as each leads somewhere. */
static void
test_short_parts (void)
{
  g_autoptr (BgcTransferScene) scene = make_held ("short206=10000");
  g_autoptr (BgcTransferScene) large
    = bgc_transfer_scene_new ("size=2000000&cut=100000&first=1&short206=200000");

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE);
  g_assert_cmpuint (scene->file->bytes_transferred, ==, HELD + 40000);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);

  bgc_transfer_scene_run (large, NULL);
  bgc_transfer_scene_run (large, NULL);
  bgc_transfer_scene_assert_whole (large, 1, 2000000);
}

/* Cut once more: what is held grows from run to run, also where it is compared. */
static void
test_many_cuts (void)
{
  g_autoptr (BgcTransferScene) strong = bgc_transfer_scene_new ("size=1000000&cut=300000&first=3");
  g_autoptr (BgcTransferScene) neither
    = bgc_transfer_scene_new ("size=1000000&cut=300000&etag=none&lm=none&first=4");

  for (guint run = 1; run <= 3; run++)
    {
      bgc_transfer_scene_run (strong, NULL);
      g_assert_cmpuint (strong->file->bytes_transferred, ==, run * 300000);
    }
  bgc_transfer_scene_run (strong, NULL);
  bgc_transfer_scene_assert_whole (strong, 1, 1000000);
  for (guint run = 1; run <= 3; run++)
    bgc_transfer_scene_run (neither, NULL);
  g_assert_cmpuint (neither->file->bytes_transferred, ==, 300000 + 2 * (300000 - 65536));
  bgc_transfer_scene_run (neither, NULL);
  bgc_transfer_scene_assert_whole (neither, 1, 1000000);
}

/* All bytes were durable when the daemon was killed: nothing needs to be asked. */
static void
test_nothing_missing (void)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=200000");

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 200000);
  bgc_transfer_scene_assert_requests (scene, "- - 200");
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 200000);
  bgc_transfer_scene_assert_requests (scene, "");
}

/* Between asking and answer the server changes its mind twice: nothing is asked for ever. */
static void
test_fatal_on_resume (void)
{
  g_autoptr (BgcTransferScene) scene = make_held ("");

  g_free (scene->file->remote);
  scene->file->remote = bgc_transfer_scene_url (scene, "size=200000&status=404");
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_HTTP_STATUS, FALSE);
  /* What is held stays held: the file may come back. */
  g_assert_cmpuint (scene->file->bytes_transferred, ==, HELD);
  g_free (scene->file->remote);
  scene->file->remote = bgc_transfer_scene_url (scene, "size=200000");
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  g_assert_cmpuint (scene->received, ==, SIZE - HELD);
}

/* The same file under another URL, a redirect and another origin. */
static void
test_redirected_resume (void)
{
  g_autoptr (BgcTransferScene) scene = make_held ("");
  g_autofree char *query = g_strdup_printf ("redirect=http://localhost:%u/f/%s%%3Fsize%%3D200000",
                                            bgc_transfer_scene_port (FALSE), scene->name);

  g_free (scene->file->remote);
  scene->file->remote = bgc_transfer_scene_url (scene, query);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, SIZE);
  assert_second_run (scene, IF_TAG "302, " IF_TAG "206");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (resumes); i++)
    {
      g_autofree char *path = g_strconcat ("/http-request", resumes[i].path, NULL);

      g_test_add_data_func (path, &resumes[i], test_resume);
    }
  g_test_add_func ("/http-request/short-parts", test_short_parts);
  g_test_add_func ("/http-request/many-cuts", test_many_cuts);
  g_test_add_func ("/http-request/nothing-missing", test_nothing_missing);
  g_test_add_func ("/http-request/fatal-on-resume", test_fatal_on_resume);
  g_test_add_func ("/http-request/redirected", test_redirected_resume);
  return bgc_transfer_scene_run_tests ();
}
