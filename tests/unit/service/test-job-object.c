/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bus-fixture.h"

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
                     "('" BUS_FIXTURE_JOB "', 'BandwidthLimit')",
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
    { "TakeOwnership", NULL },
    { "SetCredentials", "('server', 'basic', 'u', 'p')" },
    { "RemoveCredentials", "('server', 'basic')" },
    { "SetCustomHeaders", "(@as [], false)" },
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
  FAILS (f, root, path, "SetCredentials", "('server', 'basic', 'u', 'p')", "AccessDenied");
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/job-object/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("files", test_files);
  ADD ("files-refused", test_files_refused);
  ADD ("life", test_life);
  ADD ("cancel", test_cancel);
  ADD ("empty", test_empty);
  ADD ("properties", test_properties);
  ADD ("properties-refused", test_properties_refused);
  ADD ("later", test_later);
  return g_test_run ();
}
