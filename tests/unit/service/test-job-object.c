/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bus-fixture.h"
#include "engine/bgc-conditions.h"

#define CALL(f, client, path, member, parameters) \
  bus_fixture_call (f, (f)->client, path, BUS_FIXTURE_JOB, member, parameters)
#define FAILS(f, client, path, member, parameters, name) \
  bus_fixture_fails (f, (f)->client, path, BUS_FIXTURE_JOB, member, parameters, name)

static void
set (BusFixture *f, const char *path, const char *property, const char *value)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', '%s', <%s>)", BUS_FIXTURE_JOB, property, value);

  g_free (bus_fixture_call (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "Set", parameters));
}

static void
set_fails (BusFixture *f, const char *path, const char *property, const char *value, const char *name)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', '%s', <%s>)", BUS_FIXTURE_JOB, property, value);

  bus_fixture_fails (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "Set", parameters, name);
}

static void
is (BusFixture *f, const char *path, const char *property, const char *expected)
{
  g_autofree char *value = bus_fixture_get (f, f->alice, path, property);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_files (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *second = CALL (f, alice, path, "AddFile",
                                  "('https://example.org/g', '/srv/g', {'size': <uint64 7>})");
  g_autofree char *more = CALL (f, alice, path, "AddFiles",
                                "([('http://example.org/h', '/srv/h', @a{sv} {}),"
                                " ('http://example.org/i', '/srv/i', {'overwrite': <false>})],)");
  g_autofree char *files = NULL;
  g_autofree char *page = NULL;

  g_assert_cmpstr (second, ==, "(1,)");
  g_assert_cmpstr (more, ==, "(2,)");
  is (f, path, "FilesTotal", "4");
  files = CALL (f, alice, path, "ListFiles", "(uint32 0, uint32 0)");
  g_assert_nonnull (strstr (files, "'/srv/f'"));
  g_assert_nonnull (strstr (files, "'/srv/i'"));
  g_free (CALL (f, alice, path, "RemoveFile", "(uint32 1,)"));
  g_free (CALL (f, alice, path, "SetRemoteName", "(uint32 2, 'http://example.net/z')"));
  page = CALL (f, alice, path, "ListFiles", "(uint32 1, uint32 1)");
  g_assert_nonnull (strstr (page, "http://example.net/z"));
  g_assert_null (strstr (page, "'/srv/i'"));
  is (f, path, "FilesTotal", "3");
}

static void
test_files_refused (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *tail = g_strnfill (9000, 'u');
  g_autofree char *long_url = g_strdup_printf ("('http://a/%s', '/srv/g', @a{sv} {})", tail);
  g_autofree char *mega = g_strnfill (1024 * 1024, 'u');
  g_autofree char *mega_path = g_strdup_printf ("('http://a/', '/%s', @a{sv} {})", mega);

  FAILS (f, alice, path, "AddFile", "('ftp://a/b', '/srv/g', @a{sv} {})", "InvalidUrl");
  FAILS (f, alice, path, "AddFile", "('http://u:p@a/b', '/srv/g', @a{sv} {})", "InvalidUrl");
  FAILS (f, alice, path, "AddFile", long_url, "StringTooLong");
  FAILS (f, alice, path, "AddFile", mega_path, "StringTooLong");
  FAILS (f, alice, path, "AddFile", "('http://a/b', 'g', @a{sv} {})", "InvalidPath");
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/f', @a{sv} {})", "FileExists");
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/g', {'checksum': <'crc:0'>})", "InvalidArgument");
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/g', {'colour': <'red'>})", "InvalidArgument");
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/g', {'mirrors': <@as []>})", "NotSupported");
  FAILS (f, alice, path, "AddFiles", "(@a(ssa{sv}) [],)", "Empty");
  FAILS (f, alice, path, "AddFiles",
         "([('http://a/b', '/srv/g', @a{sv} {}), ('http://a/b', '/srv/g', @a{sv} {})],)", "FileExists");
  FAILS (f, alice, path, "RemoveFile", "(uint32 9,)", "NotFound");
  FAILS (f, alice, path, "SetRemoteName", "(uint32 9, 'http://a/b')", "NotFound");
  FAILS (f, alice, path, "SetRemoteName", "(uint32 0, 'gopher://a/b')", "InvalidUrl");
  bgc_workers_fake_set_verdict (f->workers, "/srv/g", BGC_ERROR_INVALID_PATH);
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/g', @a{sv} {})", "InvalidPath");
  f->limits.max_files_per_job = 1;
  bgc_manager_set_limits (f->manager, &f->limits);
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/h', @a{sv} {})", "TooManyFiles");
  is (f, path, "FilesTotal", "1");
}

static void
test_life (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *outcome = NULL;

  bus_fixture_transfer (f, path);
  is (f, path, "State", "'transferred'");
  is (f, path, "BytesTransferred", "10");
  is (f, path, "BytesTotal", "10");
  is (f, path, "FilesTransferred", "1");
  g_free (CALL (f, alice, path, "Suspend", NULL));
  is (f, path, "State", "'suspended'");
  g_free (CALL (f, alice, path, "Resume", NULL));
  is (f, path, "State", "'transferred'");
  outcome = CALL (f, alice, path, "Complete", NULL);
  g_assert_cmpstr (outcome, ==, "('ok',)");
  is (f, path, "State", "'acknowledged'");
  FAILS (f, alice, path, "Complete", NULL, "InvalidState");
  FAILS (f, alice, path, "Cancel", NULL, "InvalidState");
  FAILS (f, alice, path, "Suspend", NULL, "InvalidState");
  FAILS (f, alice, path, "AddFile", "('http://a/b', '/srv/g', @a{sv} {})", "InvalidState");
  set_fails (f, path, "DisplayName", "'late'", "InvalidState");
  bgc_clock_fake_advance (f->clock, 61 * G_USEC_PER_SEC);
  FAILS (f, alice, path, "Complete", NULL, "org.freedesktop.DBus.Error.UnknownObject");
}

static void
test_cancel (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *outcome = CALL (f, alice, path, "Cancel", NULL);

  g_assert_cmpstr (outcome, ==, "('ok',)");
  is (f, path, "State", "'cancelled'");
  FAILS (f, alice, path, "Cancel", NULL, "InvalidState");
}

#define MANAGER_CALL(f, member, parameters) \
  bus_fixture_call (f, (f)->alice, "/org/example/BackgroundCopy", "org.example.BackgroundCopy.Manager", \
                    member, parameters)

/* From CreateJob to the reply's bytes. */
static void
test_upload_reply (BusFixture *f, gconstpointer data)
{
  g_autofree char *answer
    = MANAGER_CALL (f, "CreateJob", "('u', 'upload-reply', {'ReplyFileName': <'/srv/r'>})");
  g_auto (GStrv) parts = g_strsplit (answer, "'", 3);
  const char *path = parts[1];
  g_autofree char *index = NULL;
  g_autofree char *files = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *outcome = NULL;
  g_autoptr (BgcUpload) session = bgc_upload_new ();
  BgcFileReport *sent;

  FAILS (f, alice, path, "GetReplyData", NULL, "InvalidState");
  set_fails (f, path, "ReplyFileName", "'r'", "InvalidPath");
  set_fails (f, path, "UploadProtocol", "'put'", "NotSupported");
  set (f, path, "UploadProtocol", "'bits'");
  index = CALL (f, alice, path, "AddFile", "('http://example.org/u', '/srv/source', @a{sv} {})");
  g_assert_cmpstr (index, ==, "(0,)");
  FAILS (f, alice, path, "AddFile", "('http://example.org/u', '/srv/other', @a{sv} {})", "TooManyFiles");
  FAILS (f, alice, path, "SetRemoteName", "(uint32 0, 'http://example.org/v')", "NotSupported");
  is (f, path, "ReplyFileName", "'/srv/r'");
  set (f, path, "ReplyFileName", "'/srv/s'");
  is (f, path, "ReplyFileName", "'/srv/s'");
  is (f, path, "FilesTotal", "1");
  is (f, path, "BytesTotal", "100");
  files = CALL (f, alice, path, "ListFiles", "(uint32 0, uint32 0)");
  g_assert_nonnull (strstr (files, "'/srv/source'"));
  g_assert_null (strstr (files, "'/srv/s'"));
  FAILS (f, alice, path, "Complete", NULL, "InvalidState");
  g_free (CALL (f, alice, path, "Resume", NULL));
  session->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  session->stage = BGC_UPLOAD_STAGE_SENT;
  session->session_id = g_strdup ("{7}");
  session->reply_url = g_strdup ("http://example.org/r");
  sent = bgc_file_report_new (0, BGC_FILE_EVENT_WHOLE);
  sent->durable = sent->total = 100;
  bgc_clock_fake_advance (f->clock, 0);
  bgc_workers_fake_report_session (f->workers, bus_fixture_job (f, path), session, sent);
  bus_fixture_settle (f);
  is (f, path, "SessionId", "'{7}'");
  set_fails (f, path, "ReplyFileName", "'/srv/t'", "InvalidState");
  set_fails (f, path, "UploadProtocol", "'auto'", "InvalidState");
  bgc_workers_fake_report_whole (f->workers, bus_fixture_job (f, path), 1, 9);
  bus_fixture_settle (f);
  session->stage = BGC_UPLOAD_STAGE_CLOSED;
  bgc_workers_fake_report_session (f->workers, bus_fixture_job (f, path), session, NULL);
  bus_fixture_settle (f);
  is (f, path, "State", "'transferred'");
  is (f, path, "ReplyBytesTotal", "9");
  bytes = CALL (f, alice, path, "GetReplyData", NULL);
  g_assert_cmpstr (bytes, ==, "([0x74, 0x68, 0x65, 0x20, 0x72, 0x65, 0x70, 0x6c, 0x79],)");
  outcome = CALL (f, alice, path, "Complete", NULL);
  g_assert_cmpstr (outcome, ==, "('ok',)");
}

/* Cancelled, its server away: still found and listed, and told until it goes. */
static void
test_cancel_pending (BusFixture *f, gconstpointer data)
{
  g_autofree char *answer
    = MANAGER_CALL (f, "Submit", "('u', 'upload', [('http://a/b', '/srv/source', @a{sv} {})],"
                                 " {'NoProgressTimeout': <uint32 6>})");
  g_auto (GStrv) parts = g_strsplit (answer, "'", 3);
  const char *path = parts[1];
  g_autoptr (BgcUpload) session = bgc_upload_new ();
  g_autofree char *outcome = NULL;
  g_autofree char *listed = NULL;
  g_autofree char *unlisted = NULL;
  BgcFileReport *begun = bgc_file_report_new (0, BGC_FILE_EVENT_PROGRESS);

  bgc_clock_fake_advance (f->clock, 0);
  session->stage = BGC_UPLOAD_STAGE_OPEN;
  session->session_id = g_strdup ("{7}");
  begun->total = 100;
  bgc_workers_fake_report_session (f->workers, bus_fixture_job (f, path), session, begun);
  bus_fixture_settle (f);
  bgc_workers_fake_set_cancel (f->workers, FALSE, NULL);
  outcome = CALL (f, alice, path, "Cancel", NULL);
  g_assert_cmpstr (outcome, ==, "('ok',)");
  bus_fixture_settle (f);
  is (f, path, "State", "'cancelled'");
  is (f, path, "ServerCancelPending", "true");
  is (f, path, "WaitReason", "'server-cancel'");
  is (f, path, "RetryCount", "1");
  FAILS (f, alice, path, "Cancel", NULL, "InvalidState");
  FAILS (f, alice, path, "Complete", NULL, "InvalidState");
  FAILS (f, alice, path, "GetReplyData", NULL, "InvalidState");
  set_fails (f, path, "Priority", "'low'", "InvalidState");
  listed = MANAGER_CALL (f, "ListJobs", "({'state': <['cancelled']>},)");
  g_assert_nonnull (strstr (listed, path));
  bgc_workers_fake_set_cancel (f->workers, TRUE, NULL);
  bgc_network_fake_set (f->network, FALSE);
  bgc_clock_fake_advance (f->clock, BGC_CONDITIONS_BLIP);
  bgc_network_fake_set (f->network, TRUE);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  is (f, path, "ServerCancelPending", "false");
  is (f, path, "CancelDeadline", "0");
  unlisted = MANAGER_CALL (f, "ListJobs", "(@a{sv} {},)");
  g_assert_null (strstr (unlisted, path));
}

static void
test_empty (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");

  g_free (CALL (f, alice, path, "RemoveFile", "(uint32 0,)"));
  FAILS (f, alice, path, "Resume", NULL, "Empty");
  is (f, path, "State", "'suspended'");
}

static void
test_properties (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *all = bus_fixture_call (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "GetAll",
                                           "('" BUS_FIXTURE_JOB "',)");

  g_assert_nonnull (strstr (all, "'MinimumNotificationInterval': <uint32 500>"));
  set (f, path, "DisplayName", "'other'");
  set (f, path, "Description", "'about'");
  set (f, path, "Priority", "'foreground'");
  set (f, path, "MinimumRetryDelay", "uint32 1");
  set (f, path, "NoProgressTimeout", "uint32 0");
  set (f, path, "MaximumDownloadTime", "uint32 99");
  set (f, path, "NotifyFlags", "['error']");
  set (f, path, "MinimumNotificationInterval", "uint32 7");
  set (f, path, "AutoComplete", "true");
  is (f, path, "DisplayName", "'other'");
  is (f, path, "Description", "'about'");
  is (f, path, "Priority", "'foreground'");
  is (f, path, "MinimumRetryDelay", "5");
  is (f, path, "NoProgressTimeout", "0");
  is (f, path, "MaximumDownloadTime", "99");
  is (f, path, "NotifyFlags", "['error']");
  is (f, path, "MinimumNotificationInterval", "7");
  is (f, path, "AutoComplete", "true");
}

static void
test_properties_refused (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");

  set_fails (f, path, "Priority", "'urgent'", "InvalidArgument");
  set_fails (f, path, "NotifyFlags", "['bell']", "InvalidArgument");
  set_fails (f, path, "DisplayName", "'a\\u0001'", "InvalidArgument");
  set_fails (f, path, "MinimumNotificationInterval", "uint32 4000000000", "InvalidArgument");
  set_fails (f, path, "State", "'queued'", "org.freedesktop.DBus.Error.InvalidArgs");
  set_fails (f, path, "Colour", "'red'", "org.freedesktop.DBus.Error.InvalidArgs");
  set_fails (f, path, "DisplayName", "uint32 1", "org.freedesktop.DBus.Error.InvalidArgs");
  bus_fixture_fails (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "Get",
                     "('" BUS_FIXTURE_JOB "', 'HighPerformance')",
                     "org.freedesktop.DBus.Error.InvalidArgs");
  bus_fixture_fails (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "GetAll", "('org.example.Nothing',)",
                     "org.freedesktop.DBus.Error.InvalidArgs");
  is (f, path, "DisplayName", "'n'");
}

static void
test_later (BusFixture *f, gconstpointer data)
{
  static const struct {
    const char *member, *parameters;
  } later[] = {
    { "ReplaceRemotePrefix", "('a', 'b')" },
    { "SetClientCertificate", "('a', 'b')" },
    { "RemoveClientCertificate", NULL },
    { "GetReplyData", NULL },
    { "SetValidationState", "(uint32 0, true)" },
    { "RequestFileRanges", "(uint32 0, @a(tt) [])" },
    { "GetFilledRanges", "(uint32 0,)" },
    { "UpdateDownloadPosition", "(uint32 0, uint64 0)" },
  };
  g_autofree char *path = bus_fixture_make_job (f, "n");

  for (gsize i = 0; i < G_N_ELEMENTS (later); i++)
    FAILS (f, alice, path, later[i].member, later[i].parameters, "NotSupported");
}

/* Given, taken away, and never told. */
static void
test_credentials (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *long_user = g_strnfill (301, 'u');
  g_autofree char *too_large = g_strdup_printf ("('server', 'basic', '%s', 'p')", long_user);
  g_autofree char *removed = NULL;
  g_autofree char *again = NULL;
  g_autofree char *all = NULL;
  const BgcJob *job = bus_fixture_job (f, path);
  const BgcLogin *login;

  bus_fixture_record (f, f->alice, "alice");
  g_free (CALL (f, alice, path, "SetCredentials", "('server', 'basic', 'ali', 'hunter2')"));
  login = bgc_job_secrets_get_login (job->secrets, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BASIC);
  g_assert_cmpstr (login->user, ==, "ali");
  g_assert_cmpstr (login->password, ==, "hunter2");
  g_assert_nonnull (bgc_store_fake_job (f->store, &job->id)->secrets);
  all = bus_fixture_call (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "GetAll",
                          "('" BUS_FIXTURE_JOB "',)");
  g_assert_null (strstr (all, "hunter2"));
  FAILS (f, alice, path, "SetCredentials", too_large, "CredentialsTooLarge");
  FAILS (f, alice, path, "SetCredentials", "('server', 'ntlm', 'u', 'p')", "InvalidArgument");
  FAILS (f, root, path, "SetCredentials", "('server', 'basic', 'u', 'p')", "AccessDenied");
  FAILS (f, root, path, "RemoveCredentials", "('server', 'basic')", "AccessDenied");
  FAILS (f, bob, path, "SetCredentials", "('server', 'basic', 'u', 'p')",
         "org.freedesktop.DBus.Error.UnknownObject");
  removed = CALL (f, alice, path, "RemoveCredentials", "('server', 'basic')");
  g_assert_cmpstr (removed, ==, "(true,)");
  again = CALL (f, alice, path, "RemoveCredentials", "('server', 'basic')");
  g_assert_cmpstr (again, ==, "(false,)");
  g_assert_null (job->secrets);
  g_free (CALL (f, alice, path, "Cancel", NULL));
  FAILS (f, alice, path, "SetCredentials", "('server', 'basic', 'u', 'p')", "InvalidState");
  for (guint i = 0; i < f->signals->len; i++)
    g_assert_null (strstr (g_ptr_array_index (f->signals, i), "hunter2"));
}

/* Shown to their owner, unless he said otherwise; to others never. */
static void
test_custom_headers (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *all = NULL;
  g_autofree char *others = NULL;
  g_autofree char *roots = NULL;

  is (f, path, "CustomHeaders", "[]");
  g_free (CALL (f, alice, path, "SetCustomHeaders", "(['X-Key: hunter2'], false)"));
  is (f, path, "CustomHeaders", "['X-Key: hunter2']");
  all = bus_fixture_call (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "GetAll",
                          "('" BUS_FIXTURE_JOB "',)");
  g_assert_nonnull (strstr (all, "hunter2"));
  others = bus_fixture_call (f, f->root, path, BUS_FIXTURE_PROPERTIES, "GetAll",
                             "('" BUS_FIXTURE_JOB "',)");
  g_assert_null (strstr (others, "hunter2"));
  roots = bus_fixture_get (f, f->root, path, "CustomHeaders");
  g_assert_cmpstr (roots, ==, "[]");
  FAILS (f, root, path, "SetCustomHeaders", "(@as [], false)", "AccessDenied");
  FAILS (f, alice, path, "SetCustomHeaders", "(['Host: evil'], false)", "InvalidArgument");
  is (f, path, "CustomHeaders", "['X-Key: hunter2']");
  g_free (CALL (f, alice, path, "SetCustomHeaders", "(['X-Key: hunter2'], true)"));
  is (f, path, "CustomHeaders", "[]");
  g_assert_nonnull (bus_fixture_job (f, path)->secrets);
  g_free (CALL (f, alice, path, "SetCustomHeaders", "(@as [], false)"));
  g_assert_null (bus_fixture_job (f, path)->secrets);
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/job-object/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("credentials", test_credentials);
  ADD ("custom-headers", test_custom_headers);
  ADD ("files", test_files);
  ADD ("files-refused", test_files_refused);
  ADD ("life", test_life);
  ADD ("cancel", test_cancel);
  ADD ("empty", test_empty);
  ADD ("properties", test_properties);
  ADD ("properties-refused", test_properties_refused);
  ADD ("later", test_later);
  ADD ("upload-reply", test_upload_reply);
  ADD ("cancel-pending", test_cancel_pending);
  return g_test_run ();
}
