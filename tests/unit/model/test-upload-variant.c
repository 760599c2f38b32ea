/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-upload-variant.h"

#include <string.h>

#include "base/bgc-error.h"

static BgcUpload *
carry (const BgcUpload *upload)
{
  g_autoptr (GVariant) dict = g_variant_ref_sink (bgc_upload_variant_new (upload));
  g_autoptr (GError) error = NULL;
  BgcUpload *read = bgc_upload_variant_read (dict, &error);

  g_assert_no_error (error);
  return read;
}

static BgcUpload *
read_text (const char *text)
{
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  BgcUpload *upload = bgc_upload_variant_read (dict, &error);

  g_assert_true (upload != NULL || g_error_matches (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT));
  return upload;
}

static void
test_whole (void)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();
  g_autoptr (BgcUpload) read = NULL;

  upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  upload->stage = BGC_UPLOAD_STAGE_SENT;
  upload->session_id = g_strdup ("{7df0354d-249b-430f-820d-3d2a9bef4931}");
  upload->resource = g_strdup ("https://example.org/files/1");
  upload->host_id = g_strdup ("node-2.example.org");
  upload->reply_url = g_strdup ("https://example.org/reply/1?x=y");
  upload->host_fallback = 60;
  upload->host_silent_since = 1700000000;
  upload->fragment = 65536;
  upload->can_terminate = FALSE;
  upload->source_size = 5;
  upload->source_device = G_MAXUINT64;
  upload->source_inode = 7;
  upload->source_mtime = -8;
  read = carry (upload);
  g_assert_cmpint (read->protocol, ==, BGC_UPLOAD_PROTOCOL_BITS);
  g_assert_cmpint (read->stage, ==, BGC_UPLOAD_STAGE_SENT);
  g_assert_cmpstr (read->session_id, ==, upload->session_id);
  g_assert_cmpstr (read->resource, ==, upload->resource);
  g_assert_cmpstr (read->host_id, ==, upload->host_id);
  g_assert_cmpstr (read->reply_url, ==, upload->reply_url);
  g_assert_cmpint (read->host_fallback, ==, 60);
  g_assert_cmpint (read->host_silent_since, ==, 1700000000);
  g_assert_cmpuint (read->fragment, ==, 65536);
  g_assert_false (read->can_terminate);
  g_assert_cmpuint (read->source_size, ==, 5);
  g_assert_cmpuint (read->source_device, ==, G_MAXUINT64);
  g_assert_cmpuint (read->source_inode, ==, 7);
  g_assert_cmpint (read->source_mtime, ==, -8);
}

static void
test_nothing_begun (void)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();
  g_autoptr (BgcUpload) read = carry (upload);

  g_assert_cmpint (read->protocol, ==, BGC_UPLOAD_PROTOCOL_AUTO);
  g_assert_cmpint (read->stage, ==, BGC_UPLOAD_STAGE_NONE);
  g_assert_null (read->session_id);
  g_assert_cmpint (read->host_fallback, ==, -1);
  g_assert_true (read->can_terminate);
}

/* What a server said, or a damaged database holds, never makes something that cannot be read. */
static void
test_wild (void)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();
  g_autoptr (BgcUpload) read = NULL;

  upload->session_id = g_strnfill (1025, 'x');
  upload->host_id = g_strdup ("\xff");
  upload->resource = g_strdup ("file:///etc/passwd");
  upload->reply_url = g_strdup ("https://me:secret@example.org/");
  upload->host_fallback = G_MAXINT64;
  upload->host_silent_since = G_MININT64;
  upload->fragment = G_MAXUINT64;
  upload->source_size = G_MAXUINT64;
  read = carry (upload);
  g_assert_null (read->session_id);
  g_assert_null (read->host_id);
  g_assert_null (read->resource);
  g_assert_null (read->reply_url);
  g_assert_cmpint (read->host_silent_since, ==, 0);
}

static void
test_lies (void)
{
  g_autofree char *name = g_strnfill (1025, 'x');
  g_autofree char *path = g_strnfill (8192, 'x');
  g_autofree char *long_name
    = g_strdup_printf ("{'protocol': <'bits'>, 'stage': <uint32 1>, 'session-id': <'%s'>}", name);
  g_autofree char *long_url
    = g_strdup_printf ("{'protocol': <'bits'>, 'stage': <uint32 1>, 'reply-url': <'http://a/%s'>}", path);
  const char *lies[] = {
    "{'stage': <uint32 1>}",
    "{'protocol': <'gopher'>, 'stage': <uint32 1>}",
    "{'protocol': <uint32 1>, 'stage': <uint32 1>}",
    "{'protocol': <'bits'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 4>}",
    "{'protocol': <'bits'>, 'stage': <'open'>}",
    "{'protocol': <'auto'>, 'stage': <uint32 1>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'session-id': <''>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'session-id': <'a\\nb'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'host-id': <'a\\u0007b'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'resource': <'ftp://example.org/'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'reply-url': <'/etc/passwd'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'reply-url': <'http://u:p@example.org/'>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'host-fallback': <int64 -2>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'host-silent-since': <int64 -1>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'host-silent-since': <int64 253402300800>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'fragment': <uint64 9223372036854775808>}",
    "{'protocol': <'bits'>, 'stage': <uint32 1>, 'source-size': <uint64 9223372036854775808>}",
    long_name,
    long_url,
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (BgcUpload) upload = read_text (lies[i]);

      g_test_message ("%.100s", lies[i]);
      g_assert_null (upload);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-variant/whole", test_whole);
  g_test_add_func ("/upload-variant/nothing-begun", test_nothing_begun);
  g_test_add_func ("/upload-variant/wild", test_wild);
  g_test_add_func ("/upload-variant/lies", test_lies);
  return g_test_run ();
}
