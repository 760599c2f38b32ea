/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One file against a server that is right, or wrong in one way at a time: what is taken for whole, what
 * fails and how, and what a second run asks for. */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bgc-transfer-scene.h"

/* ---- one run -------------------------------------------------------------------------------------- */

typedef struct
{
  const char *path; /* of the test */
  const char *query;
  guint64 expected_size; /* 0 = the caller does not say */
  gsize size;            /* what becomes whole; 0 with code = it fails */
  BgcErrorCode code;
  gboolean transient;
  const char *requests;
} Single;

static const Single singles[] = {
  { "/download/plain", "size=100000", 0, 100000, 0, 0, "- - 200" },
  { "/download/large", "size=3000000", 0, 3000000, 0, 0, "- - 200" },
  { "/download/exact-buffer", "size=262144", 0, 262144, 0, 0, "- - 200" },
  { "/download/one-byte", "size=1", 0, 1, 0, 0, "- - 200" },
  { "/download/size-agrees", "size=100000", 100000, 100000, 0, 0, "- - 200" },
  { "/download/size-differs", "size=100000", 99999, 0, BGC_ERROR_VALIDATION_FAILED, FALSE, "- - 200" },
  { "/download/chunked", "size=100000&chunked=777", 0, 100000, 0, 0, "- - 200" },
  { "/download/chunked-large", "size=3000000&chunked=100000", 0, 3000000, 0, 0, "- - 200" },
  { "/download/chunked-close", "size=100000&chunked&close", 0, 100000, 0, 0, "- - 200" },
  { "/download/chunked-size-differs", "size=100000&chunked", 5, 0, BGC_ERROR_VALIDATION_FAILED, FALSE,
    "- - 200" },
  { "/download/chunked-short", "size=100&chunked", 101, 0, BGC_ERROR_VALIDATION_FAILED, FALSE, "- - 200" },
  { "/download/chunked-cut", "size=100000&chunked=10000&cut=50000", 0, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE,
    "- - 200" },
  { "/download/chunked-cut-at-once", "size=100000&chunked=10000&cut=0", 0, 0, BGC_ERROR_CONNECTION_CLOSED,
    TRUE, "- - 200" },
  { "/download/chunked-junk", "size=100000&chunked&junk", 0, 0, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE,
    "- - 200" },
  { "/download/no-end", "size=1000&eof", 0, 0, BGC_ERROR_MISSING_FILE_SIZE, FALSE, "- - 200" },
  { "/download/no-end-but-size", "size=1000&eof", 1000, 1000, 0, 0, "- - 200" },
  { "/download/no-end-cut", "size=1000&eof&cut=999", 1000, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE, "- - 200" },
  { "/download/connection-close", "size=100000&close", 0, 100000, 0, 0, "- - 200" },
  { "/download/connection-close-cut", "size=100000&close&cut=99999", 0, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE,
    "- - 200" },
  { "/download/cut", "size=100000&cut=60000", 0, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE, "- - 200" },
  { "/download/announces-more", "size=100000&more=1", 0, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE, "- - 200" },
  { "/download/announces-less", "size=5000&less=100", 0, 0, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE,
    "- - 200" },
  { "/download/announces-less-than-expected", "size=100000&less=1", 100000, 0, BGC_ERROR_VALIDATION_FAILED,
    FALSE, "- - 200" },
  { "/download/stall", "size=100000&stall=60000", 0, 0, BGC_ERROR_TIMEOUT, TRUE, "- - 200" },
  { "/download/stall-head", "stallhead", 0, 0, BGC_ERROR_TIMEOUT, TRUE, "- - 0" },
  { "/download/drip", "size=5000&drip=20", 0, 5000, 0, 0, "- - 200" },
  { "/download/part-unasked", "size=1000&whole206", 0, 0, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE,
    "- - 206" },
  { "/download/not-found", "status=404", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 404" },
  { "/download/unauthorized", "status=401", 0, 0, BGC_ERROR_AUTHENTICATION_REQUIRED, FALSE, "- - 401" },
  { "/download/no-content", "status=204", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 204" },
  { "/download/server-error", "status=500", 0, 0, BGC_ERROR_HTTP_STATUS, TRUE, "- - 500" },
  { "/download/not-implemented", "status=501", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 501" },
  { "/download/range-unasked", "status=416", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 416" },
  { "/download/huge-head", "size=1000&hugehead", 0, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE, "- - 200" },
  { "/download/encoded", "size=1000&gzip", 0, 1000, 0, 0, "- - 200" },
  { "/download/redirect-loop", "loop&redirect=x", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, NULL },
  { "/download/redirect-ftp", "redirect=ftp://127.0.0.1/x", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 302" },
  { "/download/redirect-nowhere", "redirect=http://", 0, 0, BGC_ERROR_HTTP_STATUS, FALSE, "- - 302" },
};

static void
test_single (gconstpointer data)
{
  const Single *single = data;
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (single->query);

  if (single->expected_size > 0)
    scene->file->expected_size = scene->file->bytes_total = single->expected_size;
  bgc_transfer_scene_run (scene, NULL);
  if (single->size > 0)
    bgc_transfer_scene_assert_whole (scene, 1, single->size);
  else
    bgc_transfer_scene_assert_failed (scene, single->code, single->transient);
  if (single->requests != NULL)
    bgc_transfer_scene_assert_requests (scene, single->requests);
}

static void
test_empty (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=0");
  struct stat status;
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);

  bgc_transfer_scene_run (scene, NULL);
  g_assert_cmpint (scene->file->state, ==, BGC_FILE_WHOLE);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 0);
  g_assert_cmpuint (scene->file->inode, ==, status.st_ino);
}

/* A body without length is not taken to its end to find out that it is too long. */
static void
test_chunked_beyond_size (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=3000000&chunked=100000");

  scene->file->expected_size = scene->file->bytes_total = 150000;
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_VALIDATION_FAILED, FALSE);
  g_assert_cmpuint (scene->received, <=, 150000);
}

static void
test_metadata (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=100000");
  g_autofree char *path = bgc_transfer_scene_temporary_path (scene);
  struct stat status;

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 100000);
  g_assert_cmpstr (scene->events->str, ==, "W");
  g_assert_cmpstr (scene->file->etag, ==, "\"v1\"");
  g_assert_cmpstr (scene->file->last_modified, ==, "Thu, 02 Jan 2020 00:00:00 GMT");
  g_assert_cmpint (scene->file->server_date, >, 1577836800);
  g_assert_cmpuint (scene->received, ==, 100000);
  g_assert_true (scene->connected);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mtime, ==, 1577836800 + 86400);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
  g_assert_cmpuint (scene->file->device, ==, status.st_dev);
  g_assert_cmpuint (scene->file->inode, ==, status.st_ino);
}

/* Validators that are not fit to be kept are none. */
static void
test_hostile_etags (gconstpointer data)
{
  g_autoptr (BgcTransferScene) binary = bgc_transfer_scene_new ("size=1000&etag=binary");
  g_autoptr (BgcTransferScene) huge = bgc_transfer_scene_new ("size=1000&etag=long");

  bgc_transfer_scene_run (binary, NULL);
  bgc_transfer_scene_assert_whole (binary, 1, 1000);
  g_assert_true (binary->file->etag == NULL || g_utf8_validate (binary->file->etag, -1, NULL));
  bgc_transfer_scene_run (huge, NULL);
  bgc_transfer_scene_assert_whole (huge, 1, 1000);
  g_assert_null (huge->file->etag);
}

static void
test_retry_after (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("status=503&retryafter=120");

  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_HTTP_STATUS, TRUE);
  g_assert_cmpuint (scene->failure->http_status, ==, 503);
  g_assert_cmpuint (scene->failure->retry_after, ==, 120);
  g_assert_cmpint (scene->failure->wait, ==, BGC_WAIT_RETRY);
}

static void
test_redirect (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("");
  g_autofree char *query = g_strdup_printf ("hops=3&redirect=/f/%s%%3Fsize%%3D5000", scene->name);

  g_free (scene->file->remote);
  scene->file->remote = bgc_transfer_scene_url (scene, query);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 5000);
  bgc_transfer_scene_assert_requests (scene, "- - 302, - - 302, - - 302, - - 200");
}

static void
test_refused (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("");

  g_free (scene->file->remote);
  scene->file->remote = g_strdup ("http://127.0.0.1:1/x?secret=1");
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_CONNECT_FAILED, TRUE);
  g_assert_cmpstr (scene->failure->url, ==, "http://127.0.0.1:1/x");
  g_assert_false (scene->connected);
}

static void
test_no_url (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("");

  g_free (scene->file->remote);
  scene->file->remote = g_strdup ("http://u:p@127.0.0.1/x");
  bgc_transfer_scene_run (scene, NULL);
  g_assert_cmpint (scene->file->state, ==, BGC_FILE_FAILED);
  g_assert_cmpint (scene->failure->code, ==, BGC_ERROR_INVALID_URL);
}

/* ---- checksums ------------------------------------------------------------------------------------ */

static char *
checksum_of (guint version, gsize size, GChecksumType type)
{
  g_autofree guint8 *bytes = bgc_transfer_scene_content (version, size);
  g_autofree char *hex = g_compute_checksum_for_data (type, bytes, size);

  return g_strconcat (type == G_CHECKSUM_SHA256 ? "sha256:" : "sha512:", hex, NULL);
}

static void
test_checksum (gconstpointer data)
{
  static const gsize sizes[] = { 0, 10, 100000, 3000000 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[i / 2];
      g_autofree char *query = g_strdup_printf ("size=%" G_GSIZE_FORMAT, size);
      g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (query);

      scene->file->checksum = checksum_of (1, size, i % 2 == 0 ? G_CHECKSUM_SHA256 : G_CHECKSUM_SHA512);
      bgc_transfer_scene_run (scene, NULL);
      bgc_transfer_scene_assert_whole (scene, 1, size);
    }
}

static void
test_wrong_checksum (gconstpointer data)
{
  static const gsize sizes[] = { 10, 3000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *query = g_strdup_printf ("size=%" G_GSIZE_FORMAT, sizes[i]);
      g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new (query);

      scene->file->checksum = checksum_of (2, sizes[i], G_CHECKSUM_SHA256);
      bgc_transfer_scene_run (scene, NULL);
      bgc_transfer_scene_assert_failed (scene, BGC_ERROR_CHECKSUM_MISMATCH, FALSE);
      g_assert_true (g_str_has_suffix (scene->events->str, "RF"));
      g_assert_cmpuint (scene->file->bytes_transferred, ==, 0);
      /* The bytes held are forgotten: once the server has the right ones the file comes. */
      g_clear_pointer (&scene->file->checksum, g_free);
      scene->file->checksum = checksum_of (1, sizes[i], G_CHECKSUM_SHA256);
      bgc_transfer_scene_run (scene, NULL);
      bgc_transfer_scene_assert_whole (scene, 1, sizes[i]);
    }
}

/* The part held before goes through the checksum again. */
static void
test_checksum_resumed (gconstpointer data)
{
  g_autoptr (BgcTransferScene) scene = bgc_transfer_scene_new ("size=900000&cut=600000&first=1");

  scene->file->checksum = checksum_of (1, 900000, G_CHECKSUM_SHA256);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_failed (scene, BGC_ERROR_CONNECTION_CLOSED, TRUE);
  bgc_transfer_scene_run (scene, NULL);
  bgc_transfer_scene_assert_whole (scene, 1, 900000);
  g_assert_cmpuint (scene->received, ==, 300000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (singles); i++)
    bgc_transfer_scene_add (singles[i].path, &singles[i], test_single);
  bgc_transfer_scene_add ("/download/empty", NULL, test_empty);
  bgc_transfer_scene_add ("/download/chunked-beyond-size", NULL, test_chunked_beyond_size);
  bgc_transfer_scene_add ("/download/metadata", NULL, test_metadata);
  bgc_transfer_scene_add ("/download/hostile-etags", NULL, test_hostile_etags);
  bgc_transfer_scene_add ("/download/retry-after", NULL, test_retry_after);
  bgc_transfer_scene_add ("/download/redirect", NULL, test_redirect);
  bgc_transfer_scene_add ("/download/refused", NULL, test_refused);
  bgc_transfer_scene_add ("/download/no-url", NULL, test_no_url);
  bgc_transfer_scene_add ("/download/checksum", NULL, test_checksum);
  bgc_transfer_scene_add ("/download/wrong-checksum", NULL, test_wrong_checksum);
  bgc_transfer_scene_add ("/download/checksum-resumed", NULL, test_checksum_resumed);
  return bgc_transfer_scene_run_tests ();
}
