/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-upload-json.h"

#include <string.h>

#include "bgc-store-sample.h"

static BgcUpload *
read_text (const char *text, const char **reason)
{
  return bgc_upload_json_read (text, strlen (text), reason);
}

static void
test_round_trip (void)
{
  for (guint n = 0; n < 60; n++)
    {
      g_autoptr (BgcJob) job = sample_job (1);
      g_autoptr (BgcJob) other = sample_job (1);
      g_autofree char *text = NULL;
      const char *reason;

      sample_make_upload (job, n);
      text = bgc_upload_json_write (job->upload);
      other->upload = read_text (text, &reason);
      other->upload_protocol = job->upload_protocol;
      g_assert_nonnull (other->upload);
      g_assert_null (reason);
      sample_assert_jobs_equal (job, other);
    }
}

static void
test_nonsense (void)
{
#define WORDS "\"protocol\":\"bits\",\"stage\":\"open\""
#define HOST "\"host-fallback\":-1,\"host-silent-since\":0,\"fragment\":0,\"can-terminate\":true"
#define SOURCE "\"source-size\":0,\"source-device\":0,\"source-inode\":0,\"source-mtime\":0"
  const char *const bad[] = {
    "",
    "{}",
    "{" WORDS "}",
    "{" HOST "," SOURCE "}",
    "{\"protocol\":\"ftp\",\"stage\":\"open\"," HOST "," SOURCE "}",
    "{\"protocol\":\"bits\",\"stage\":\"ajar\"," HOST "," SOURCE "}",
    "{\"protocol\":\"bits\",\"stage\":1," HOST "," SOURCE "}",
    "{" WORDS "," SOURCE ",\"host-fallback\":-2,\"host-silent-since\":0,\"fragment\":0,"
    "\"can-terminate\":true}",
    "{" WORDS "," SOURCE ",\"host-fallback\":-1,\"host-silent-since\":0,\"fragment\":0,\"can-terminate\":1}",
    "{" WORDS "," HOST ",\"source-size\":\"0\",\"source-device\":0,\"source-inode\":0,\"source-mtime\":0}",
  };
  const char *reason;
  g_autoptr (BgcUpload) good = read_text ("{" WORDS "," HOST "," SOURCE ",\"unheard-of\":[]}", &reason);

  g_assert_nonnull (good);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (read_text (bad[i], &reason));
      g_assert_nonnull (reason);
    }
}

static void
test_check (void)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();
  g_autofree char *text = NULL;
  const char *reason;

  g_assert_true (bgc_upload_json_check (upload, &reason));
  upload->protocol = BGC_N_UPLOAD_PROTOCOLS;
  g_assert_false (bgc_upload_json_check (upload, &reason));
  upload->protocol = BGC_UPLOAD_PROTOCOL_TUS;
  upload->stage = BGC_N_UPLOAD_STAGES;
  g_assert_false (bgc_upload_json_check (upload, &reason));
  upload->stage = BGC_UPLOAD_STAGE_OPEN;
  upload->resource = g_strnfill (BGC_URL_MAX_BYTES + 1, 'r');
  g_assert_false (bgc_upload_json_check (upload, &reason));
  text = bgc_upload_json_write (upload);
  g_assert_null (read_text (text, &reason));
  g_free (upload->resource);
  upload->resource = g_strdup ("\xff");
  g_assert_false (bgc_upload_json_check (upload, &reason));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upload-json/round-trip", test_round_trip);
  g_test_add_func ("/upload-json/nonsense", test_nonsense);
  g_test_add_func ("/upload-json/check", test_check);
  return g_test_run ();
}
