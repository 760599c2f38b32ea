/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-job-properties.h"

#include <string.h>

static BgcJob *
make_job (void)
{
  BgcLimits limits;
  BgcJobId id = { { 1, 2, 3 } };

  bgc_limits_init (&limits);
  return bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, 1000, "name", 42, &limits);
}

static GVariant *
parse (const char *text)
{
  GError *error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static const BgcFigures nothing;

static void
reads (const BgcJob *job, const char *name, const char *expected)
{
  const BgcFigures now = { 99, BGC_YIELD_QUEUE, { 1, 2, 3, 4 } };
  g_autoptr (GVariant) value = g_variant_ref_sink (bgc_job_properties_find (name)->get (job, &now));
  g_autofree char *text = g_variant_print (value, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_types (void)
{
  g_autoptr (BgcJob) job = make_job ();

  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      const BgcJobProperty *property = bgc_job_properties_at (i);
      g_autoptr (GVariant) value = g_variant_ref_sink (property->get (job, &nothing));

      g_assert_cmpstr (g_variant_get_type_string (value), ==, property->signature);
      g_assert_true (bgc_job_properties_find (property->name) == property);
    }
  g_assert_null (bgc_job_properties_find ("id"));
}

static void
test_new_job (void)
{
  g_autoptr (BgcJob) job = make_job ();

  reads (job, "Id", "'01020300000000000000000000000000'");
  reads (job, "Type", "'download'");
  reads (job, "Owner", "uint32 1000");
  reads (job, "Rate", "uint64 99");
  reads (job, "YieldsTo", "'queue'");
  reads (job, "Counters", "{'received': uint64 1, 'sent': 2, 'refetched': 3, 'saved': 4}");
  reads (job, "State", "'suspended'");
  reads (job, "DisplayName", "'name'");
  reads (job, "Description", "''");
  reads (job, "Priority", "'normal'");
  reads (job, "BytesTotal", "uint64 0");
  reads (job, "FilesTotal", "uint32 0");
  reads (job, "Rate", "uint64 99");
  reads (job, "CreationTime", "int64 42");
  reads (job, "CompletionTime", "int64 0");
  reads (job, "MinimumRetryDelay", "uint32 600");
  reads (job, "NoProgressTimeout", "uint32 1209600");
  reads (job, "MaximumDownloadTime", "uint32 7776000");
  reads (job, "Error", "@a{sv} {}");
  reads (job, "WaitReason", "'none'");
  reads (job, "NotifyFlags", "['transferred', 'error', 'modification']");
  reads (job, "MinimumNotificationInterval", "uint32 500");
  reads (job, "AutoComplete", "false");
}

static void
test_files (void)
{
  g_autoptr (BgcJob) job = make_job ();
  BgcFile *whole = bgc_file_new (0, "http://a/b", "/tmp/b", ".b");
  BgcFile *unknown = bgc_file_new (1, "http://a/c", "/tmp/c", ".c");

  whole->state = BGC_FILE_WHOLE;
  whole->bytes_total = whole->bytes_transferred = 10;
  bgc_file_list_put (job->files, whole);
  reads (job, "BytesTotal", "uint64 10");
  bgc_file_list_put (job->files, unknown);
  reads (job, "BytesTotal", "uint64 18446744073709551615");
  reads (job, "BytesTransferred", "uint64 10");
  reads (job, "FilesTotal", "uint32 2");
  reads (job, "FilesTransferred", "uint32 1");
}

static void
test_error (void)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) none = NULL;
  BgcFailure *failure = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, FALSE, "gone");
  guint32 number;
  const char *text;

  failure->http_status = 404;
  failure->url = g_strdup ("http://a/b");
  bgc_job_set_error (job, failure);
  reads (job, "Error", "@a{sv} {}");
  bgc_job_restore_state (job, BGC_JOB_STATE_ERROR);
  value = g_variant_ref_sink (bgc_job_properties_find ("Error")->get (job, &nothing));
  g_assert_true (g_variant_lookup (value, "context", "&s", &text));
  g_assert_cmpstr (text, ==, "remote-file");
  g_assert_true (g_variant_lookup (value, "name", "&s", &text));
  g_assert_cmpstr (text, ==, "HttpStatus");
  g_assert_true (g_variant_lookup (value, "http-status", "u", &number));
  g_assert_cmpuint (number, ==, 404);
  g_assert_true (g_variant_lookup (value, "bits-code", "u", &number));
  g_assert_cmphex (number, ==, 0x80190194);
  g_assert_true (g_variant_lookup (value, "message", "&s", &text));
  g_assert_cmpstr (text, ==, "gone");
  g_assert_false (g_variant_lookup (value, "file", "u", &number));
  g_assert_false (g_variant_lookup (value, "protocol", "&s", &text));
  none = g_variant_ref_sink (bgc_job_properties_failure (NULL));
  g_assert_cmpuint (g_variant_n_children (none), ==, 0);
}

static void
applies (BgcJob *job, const char *text)
{
  g_autoptr (GVariant) properties = parse (text);
  g_autoptr (GError) error = NULL;

  bgc_job_properties_check (properties, &error);
  g_assert_no_error (error);
  bgc_job_properties_apply (job, properties, &error);
  g_assert_no_error (error);
}

static void
refuses (const char *text, BgcErrorCode code, const char *named)
{
  g_autoptr (GVariant) properties = parse (text);
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (GError) error = NULL;

  if (bgc_job_properties_check (properties, &error))
    g_assert_false (bgc_job_properties_apply (job, properties, &error));
  g_assert_error (error, BGC_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, named));
}

static void
test_setters (void)
{
  g_autoptr (BgcJob) job = make_job ();

  applies (job, "{'DisplayName': <'n'>, 'Description': <'d\\te\\nf'>, 'Priority': <'foreground'>,"
                " 'MinimumRetryDelay': <uint32 1>, 'NoProgressTimeout': <uint32 0>,"
                " 'MaximumDownloadTime': <uint32 7>, 'NotifyFlags': <['error', 'disable', 'error']>,"
                " 'MinimumNotificationInterval': <uint32 0>, 'AutoComplete': <true>}");
  reads (job, "DisplayName", "'n'");
  reads (job, "Priority", "'foreground'");
  reads (job, "MinimumRetryDelay", "uint32 5");
  reads (job, "NoProgressTimeout", "uint32 0");
  reads (job, "MaximumDownloadTime", "uint32 7");
  reads (job, "MinimumNotificationInterval", "uint32 0");
  reads (job, "AutoComplete", "true");
  g_assert_cmpuint (job->notify_flags, ==, BGC_NOTIFY_ERROR | BGC_NOTIFY_DISABLE);
  applies (job, "{'NotifyFlags': <@as []>}");
  g_assert_cmpuint (job->notify_flags, ==, 0);
}

static void
test_refusals (void)
{
  refuses ("{'Colour': <'blue'>}", BGC_ERROR_INVALID_ARGUMENT, "Colour");
  refuses ("{'State': <'queued'>}", BGC_ERROR_READ_ONLY, "State");
  refuses ("{'AutoComplete': <'yes'>}", BGC_ERROR_INVALID_ARGUMENT, "AutoComplete");
  refuses ("{'AutoComplete': <true>, 'AutoComplete': <true>}", BGC_ERROR_INVALID_ARGUMENT, "twice");
  refuses ("{'Priority': <'urgent'>}", BGC_ERROR_INVALID_ARGUMENT, "urgent");
  refuses ("{'NotifyFlags': <['transferred', 'bell']>}", BGC_ERROR_INVALID_ARGUMENT, "bell");
  refuses ("{'MinimumNotificationInterval': <uint32 3600001>}", BGC_ERROR_INVALID_ARGUMENT, "3600000");
  refuses ("{'UploadProtocol': <'bits'>}", BGC_ERROR_NOT_SUPPORTED, "upload");
  refuses ("{'UploadProtocol': <'ftp'>}", BGC_ERROR_INVALID_ARGUMENT, "ftp");
  refuses ("{'ReplyFileName': <'/srv/r'>}", BGC_ERROR_NOT_SUPPORTED, "reply");
  refuses ("{'SessionId': <'x'>}", BGC_ERROR_READ_ONLY, "SessionId");
  refuses ("{'CancelDeadline': <int64 1>}", BGC_ERROR_READ_ONLY, "CancelDeadline");
  refuses ("{'DisplayName': <'a\\u0007b'>}", BGC_ERROR_INVALID_ARGUMENT, "display name");
}

static void
test_lengths (void)
{
  static const struct {
    const char *name;
    guint most;
  } cases[] = { { "DisplayName", 256 }, { "Description", 1024 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *fits = g_strnfill (cases[i].most, 'x');
      g_autofree char *good = g_strdup_printf ("{'%s': <'%s'>}", cases[i].name, fits);
      g_autofree char *bad = g_strdup_printf ("{'%s': <'%sx'>}", cases[i].name, fits);
      g_autoptr (BgcJob) job = make_job ();

      applies (job, good);
      refuses (bad, BGC_ERROR_STRING_TOO_LONG, "characters");
    }
}

static void
test_brief (void)
{
  g_autoptr (BgcJob) job = make_job ();
  g_autoptr (GVariant) brief = g_variant_ref_sink (bgc_job_properties_all (job, &nothing, TRUE));
  g_autoptr (GVariant) all = g_variant_ref_sink (bgc_job_properties_all (job, &nothing, FALSE));

  g_assert_cmpuint (g_variant_n_children (brief), ==, 13);
  g_assert_cmpuint (g_variant_n_children (all), ==, BGC_JOB_PROPERTIES_COUNT);
  g_assert_cmpuint (g_variant_get_size (brief), <, 8 * 1024);
}

static void
mutate (BgcJob *job, guint step)
{
  switch (step)
    {
    case 0:
      job->owner++;
      break;
    case 1:
      bgc_job_restore_state (job, BGC_JOB_STATE_QUEUED);
      break;
    case 2:
      g_assert_true (bgc_job_set_display_name (job, "other", NULL));
      break;
    case 3:
      g_assert_true (bgc_job_set_description (job, "about", NULL));
      break;
    case 4:
      job->priority = BGC_PRIORITY_LOW;
      break;
    case 5:
      bgc_file_list_put (job->files, bgc_file_new (0, "http://a/b", "/tmp/b", ".b"));
      break;
    case 6:
      job->modification_time = job->completion_time = job->next_attempt = 77;
      break;
    case 7:
      job->minimum_retry_delay = job->no_progress_timeout = job->maximum_download_time = 78;
      break;
    case 8:
      job->error_count = job->retry_count = 79;
      break;
    case 9:
      bgc_job_set_error (job, bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, FALSE, "slow"));
      break;
    case 10:
      bgc_job_restore_state (job, BGC_JOB_STATE_ERROR);
      break;
    case 11:
      bgc_job_set_error (job, bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, FALSE, "slow"));
      break;
    case 12:
      job->wait_reason = BGC_WAIT_STORAGE;
      break;
    case 13:
      job->notify_flags = BGC_NOTIFY_DISABLE;
      break;
    case 14:
      job->minimum_notification_interval = 80;
      break;
    default:
      job->auto_complete = TRUE;
      break;
    }
}

/* A stamp changes exactly where its value does, or somebody would not be told. */
static void
test_stamps (void)
{
  g_autoptr (BgcJob) job = make_job ();

  for (guint step = 0; step < 16; step++)
    {
      GVariant *values[BGC_JOB_PROPERTIES_COUNT];
      guint64 stamps[BGC_JOB_PROPERTIES_COUNT] = { 0 };
      guint n_changed = 0;
      BgcFigures now = { step, BGC_YIELD_NOBODY, { 0 } };

      for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
        {
          const BgcJobProperty *property = bgc_job_properties_at (i);

          values[i] = g_variant_ref_sink (property->get (job, &now));
          stamps[i] = property->stamp != NULL ? property->stamp (job, &now) : 0;
        }
      mutate (job, step);
      now.yields_to = step == 15 ? BGC_YIELD_OTHERS : BGC_YIELD_NOBODY;
      for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
        {
          const BgcJobProperty *property = bgc_job_properties_at (i);
          g_autoptr (GVariant) value = g_variant_ref_sink (property->get (job, &now));
          gboolean changed = !g_variant_equal (value, values[i]);

          n_changed += changed;
          if (property->stamp != NULL)
            g_assert_cmpint (property->stamp (job, &now) != stamps[i], ==, changed);
          else
            g_assert_false (changed);
          g_variant_unref (values[i]);
        }
      g_assert_cmpint (n_changed > 0, ==, step != 9);
    }
}

static BgcJob *
make_upload (BgcJobType type)
{
  BgcJob *job = make_job ();
  BgcFile *source = bgc_file_new (BGC_UPLOAD_FILE, "http://a/b", "/srv/a", "");

  job->type = type;
  job->upload = bgc_upload_new ();
  source->bytes_total = source->expected_size = 100;
  source->bytes_transferred = 40;
  bgc_file_list_put (job->files, source);
  return job;
}

static void
test_upload (void)
{
  g_autoptr (BgcJob) download = make_job ();
  g_autoptr (BgcJob) job = make_upload (BGC_JOB_TYPE_UPLOAD);

  reads (download, "UploadProtocol", "'auto'");
  reads (download, "SessionId", "''");
  reads (download, "ReplyFileName", "''");
  reads (download, "ReplyBytesTotal", "uint64 0");
  reads (download, "ServerCancelPending", "false");
  reads (download, "CancelDeadline", "int64 0");
  reads (job, "ReplyBytesTotal", "uint64 0");
  reads (job, "SessionId", "''");
  applies (job, "{'UploadProtocol': <'tus'>}");
  reads (job, "UploadProtocol", "'tus'");
  job->upload->resource = g_strdup ("http://a/files/1");
  reads (job, "SessionId", "'http://a/files/1'");
  job->upload->session_id = g_strdup ("{1}");
  reads (job, "SessionId", "'{1}'");
  bgc_job_restore_state (job, BGC_JOB_STATE_CANCELLED);
  job->server_cancel = bgc_deadline_new ("", 5, 1000000, 6000000);
  reads (job, "ServerCancelPending", "true");
  reads (job, "CancelDeadline", "int64 7000000");
}

/* The reply counts in its own properties alone. */
static void
test_reply (void)
{
  g_autoptr (BgcJob) job = make_upload (BGC_JOB_TYPE_UPLOAD_REPLY);
  BgcFile *reply = bgc_file_new (BGC_UPLOAD_REPLY, "", "/srv/r", ".bgcopy-00000000000000000000000000000001");

  reads (job, "ReplyBytesTotal", "uint64 18446744073709551615");
  applies (job, "{'ReplyFileName': <'/srv/q'>}");
  reads (job, "ReplyFileName", "'/srv/q'");
  reply->bytes_transferred = 7;
  bgc_file_list_put (job->files, reply);
  reads (job, "ReplyFileName", "'/srv/r'");
  reads (job, "ReplyBytesTotal", "uint64 18446744073709551615");
  reads (job, "ReplyBytesTransferred", "uint64 7");
  reads (job, "BytesTotal", "uint64 100");
  reads (job, "BytesTransferred", "uint64 40");
  reads (job, "FilesTotal", "uint32 1");
  reads (job, "FilesTransferred", "uint32 0");
  reply = bgc_file_copy (reply);
  reply->state = BGC_FILE_WHOLE;
  reply->bytes_total = 9;
  bgc_file_list_put (job->files, reply);
  reads (job, "ReplyBytesTotal", "uint64 9");
  reads (job, "FilesTransferred", "uint32 0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-properties/types", test_types);
  g_test_add_func ("/job-properties/new-job", test_new_job);
  g_test_add_func ("/job-properties/files", test_files);
  g_test_add_func ("/job-properties/error", test_error);
  g_test_add_func ("/job-properties/setters", test_setters);
  g_test_add_func ("/job-properties/refusals", test_refusals);
  g_test_add_func ("/job-properties/lengths", test_lengths);
  g_test_add_func ("/job-properties/brief", test_brief);
  g_test_add_func ("/job-properties/stamps", test_stamps);
  g_test_add_func ("/job-properties/upload", test_upload);
  g_test_add_func ("/job-properties/reply", test_reply);
  return g_test_run ();
}
