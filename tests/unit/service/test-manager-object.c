/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bus-fixture.h"
#include "service/bgc-manager-object.h"

#define CALL(f, client, member, parameters) \
  bus_fixture_call (f, (f)->client, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, member, parameters)
#define FAILS(f, client, member, parameters, name) \
  bus_fixture_fails (f, (f)->client, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, member, parameters, name)

#define FILE_A "('http://example.org/a', '/srv/a', @a{sv} {})"

static char *
hex_of (const char *path)
{
  return g_strdup (strrchr (path, '/') + 1);
}

static void
test_create (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "nightly");
  const BgcJob *job = bus_fixture_job (f, path);

  g_assert_cmpstr (job->display_name, ==, "nightly");
  g_assert_cmpuint (job->owner, ==, BUS_FIXTURE_ALICE);
  g_assert_cmpint (job->state, ==, BGC_JOB_STATE_SUSPENDED);
  g_assert_cmpuint (bgc_store_fake_jobs (f->store), ==, 1);
}

static void
test_create_with_properties (BusFixture *f, gconstpointer data)
{
  g_autofree char *reply = CALL (f, alice, "CreateJob",
                                 "('', 'download', {'Priority': <'low'>, 'MinimumRetryDelay': <uint32 60>,"
                                 " 'AutoComplete': <true>, 'Description': <'d'>})");
  g_autoptr (GPtrArray) jobs = bgc_manager_list (f->manager, BUS_FIXTURE_ALICE, 0, 0, 10);
  const BgcJob *job = g_ptr_array_index (jobs, 0);

  g_assert_cmpint (job->priority, ==, BGC_PRIORITY_LOW);
  g_assert_cmpuint (job->minimum_retry_delay, ==, 60);
  g_assert_true (job->auto_complete);
  g_assert_cmpstr (job->description, ==, "d");
}

static void
test_create_refused (BusFixture *f, gconstpointer data)
{
  g_autofree char *name = g_strnfill (257, 'n');
  g_autofree char *too_long = g_strdup_printf ("('%s', 'download', @a{sv} {})", name);
  g_autofree char *mega = g_strnfill (1024 * 1024, 'n');
  g_autofree char *mega_call = g_strdup_printf ("('%s', 'download', @a{sv} {})", mega);

  FAILS (f, alice, "CreateJob", "('n', 'errand', @a{sv} {})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", "('n', 'upload', {'UploadProtocol': <'ftp'>})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", "('n', 'upload', {'ReplyFileName': <'/srv/r'>})", "NotSupported");
  FAILS (f, alice, "CreateJob", "('n', 'upload-reply', {'UploadProtocol': <'tus'>})", "NotSupported");
  FAILS (f, alice, "CreateJob", "('n', 'upload-reply', {'ReplyFileName': <'r'>})", "InvalidPath");
  FAILS (f, alice, "CreateJob", "('n', 'upload', {'ServerCancelPending': <true>})", "ReadOnly");
  FAILS (f, alice, "CreateJob", "('n', 'download', {'UploadProtocol': <'bits'>})", "NotSupported");
  FAILS (f, alice, "CreateJob", "('n', 'download', {'Prority': <'low'>})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", "('n', 'download', {'Priority': <uint32 1>})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", "('n', 'download', {'Priority': <'lowest'>})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", "('n', 'download', {'State': <'queued'>})", "ReadOnly");
  FAILS (f, alice, "CreateJob", "('a\\u0007b', 'download', @a{sv} {})", "InvalidArgument");
  FAILS (f, alice, "CreateJob", too_long, "StringTooLong");
  FAILS (f, alice, "CreateJob", mega_call, "StringTooLong");
  FAILS (f, alice, "CreateJob", "('n',)", "org.freedesktop.DBus.Error.InvalidArgs");
  g_assert_cmpuint (bgc_store_fake_jobs (f->store), ==, 0);
}

static void
test_too_many_jobs (BusFixture *f, gconstpointer data)
{
  f->limits.max_jobs_per_user = 1;
  bgc_manager_set_limits (f->manager, &f->limits);
  g_free (CALL (f, alice, "CreateJob", "('1', 'download', @a{sv} {})"));
  FAILS (f, alice, "CreateJob", "('2', 'download', @a{sv} {})", "TooManyJobs");
  g_free (CALL (f, bob, "CreateJob", "('1', 'download', @a{sv} {})"));
  g_free (CALL (f, root, "CreateJob", "('1', 'download', @a{sv} {})"));
  g_free (CALL (f, root, "CreateJob", "('2', 'download', @a{sv} {})"));
}

static void
test_store_failed (BusFixture *f, gconstpointer data)
{
  bgc_store_fake_fail (f->store, 1, BGC_ERROR_STORE_FAILED);
  FAILS (f, alice, "CreateJob", "('n', 'download', @a{sv} {})", "StoreFailed");
  g_assert_cmpuint (bgc_manager_count (f->manager, G_MAXUINT32), ==, 0);
}

static void
test_submit (BusFixture *f, gconstpointer data)
{
  g_autofree char *reply = CALL (f, alice, "Submit",
                                 "('s', 'download', [" FILE_A ", ('http://example.org/b', '/srv/b',"
                                 " {'size': <uint64 5>, 'overwrite': <false>})], {'Priority': <'high'>})");
  g_autoptr (GPtrArray) jobs = bgc_manager_list (f->manager, BUS_FIXTURE_ALICE, 0, 0, 10);
  const BgcJob *job = g_ptr_array_index (jobs, 0);

  g_assert_cmpuint (bgc_file_list_length (job->files), ==, 2);
  g_assert_cmpuint (bgc_file_list_at (job->files, 1)->expected_size, ==, 5);
  g_assert_false (bgc_file_list_at (job->files, 1)->overwrite);
  g_assert_true (bgc_job_state_is_runnable (job->state));
}

static void
test_submit_refused (BusFixture *f, gconstpointer data)
{
  FAILS (f, alice, "Submit", "('s', 'download', @a(ssa{sv}) [], @a{sv} {})", "Empty");
  FAILS (f, alice, "Submit", "('s', 'download', [('ftp://a/b', '/srv/b', @a{sv} {})], @a{sv} {})",
         "InvalidUrl");
  FAILS (f, alice, "Submit", "('s', 'download', [('http://u:p@a/b', '/srv/b', @a{sv} {})], @a{sv} {})",
         "InvalidUrl");
  FAILS (f, alice, "Submit", "('s', 'download', [('http://a/b', 'srv/b', @a{sv} {})], @a{sv} {})",
         "InvalidPath");
  FAILS (f, alice, "Submit", "('s', 'download', [" FILE_A ", " FILE_A "], @a{sv} {})", "FileExists");
  FAILS (f, alice, "Submit", "('s', 'download', [('http://a/b', '/srv/b', {'siz': <uint64 1>})], @a{sv} {})",
         "InvalidArgument");
  FAILS (f, alice, "Submit", "('s', 'download', [" FILE_A "], {'Nothing': <1>})", "InvalidArgument");
  FAILS (f, alice, "Submit", "('s', 'upload', [" FILE_A ", " FILE_A "], @a{sv} {})", "TooManyFiles");
  bgc_workers_fake_set_source (f->workers, "/srv/a", BGC_ERROR_NOT_FOUND, 0);
  FAILS (f, alice, "Submit", "('s', 'upload', [" FILE_A "], @a{sv} {})", "NotFound");
  bgc_workers_fake_set_verdict (f->workers, "/srv/a", BGC_ERROR_ACCESS_DENIED);
  FAILS (f, alice, "Submit", "('s', 'download', [" FILE_A "], @a{sv} {})", "AccessDenied");
  g_assert_cmpuint (bgc_store_fake_jobs (f->store), ==, 0);
}

static void
test_get_job (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *hex = hex_of (path);
  g_autofree char *upper = g_ascii_strup (hex, -1);
  g_autofree char *plain = g_strdup_printf ("('%s',)", upper);
  g_autofree char *dashed =
    g_strdup_printf ("('%.8s-%.4s-%.4s-%.4s-%s',)", hex, hex + 8, hex + 12, hex + 16, hex + 20);
  g_autofree char *expected = g_strdup_printf ("('%s',)", path);
  g_autofree char *by_hex = CALL (f, alice, "GetJob", plain);
  g_autofree char *by_uuid = CALL (f, alice, "GetJob", dashed);
  g_autofree char *by_root = CALL (f, root, "GetJob", dashed);

  g_assert_nonnull (strstr (by_hex, path));
  g_assert_cmpstr (by_uuid, ==, by_hex);
  g_assert_cmpstr (by_root, ==, by_hex);
  FAILS (f, bob, "GetJob", plain, "NotFound");
  FAILS (f, alice, "GetJob", "('00000000000000000000000000000000',)", "NotFound");
  FAILS (f, alice, "GetJob", "('0',)", "InvalidArgument");
  g_free (bus_fixture_call (f, f->alice, path, BUS_FIXTURE_JOB, "Cancel", NULL));
  FAILS (f, alice, "GetJob", plain, "NotFound");
}

static guint
count_listed (BusFixture *f, GDBusConnection *client, const char *options)
{
  g_autofree char *parameters = g_strdup_printf ("(@a{sv} %s,)", options);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) paths = NULL;
  GError *error = NULL;

  reply = bus_fixture_try (f, client, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", parameters, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(@ao)", &paths);
  return (guint) g_variant_n_children (paths);
}

static void
test_list (BusFixture *f, gconstpointer data)
{
  g_autofree char *first = bus_fixture_make_job (f, "1");
  g_autofree char *second = bus_fixture_make_job (f, "2");
  g_autofree char *page = NULL;

  g_free (CALL (f, bob, "CreateJob", "('b', 'download', @a{sv} {})"));
  g_assert_cmpuint (count_listed (f, f->alice, "{}"), ==, 2);
  g_assert_cmpuint (count_listed (f, f->bob, "{}"), ==, 1);
  g_assert_cmpuint (count_listed (f, f->root, "{}"), ==, 0);
  g_assert_cmpuint (count_listed (f, f->root, "{'all-users': <true>}"), ==, 3);
  g_assert_cmpuint (count_listed (f, f->alice, "{'all-users': <false>}"), ==, 2);
  g_assert_cmpuint (count_listed (f, f->alice, "{'limit': <uint32 1>}"), ==, 1);
  g_assert_cmpuint (count_listed (f, f->alice, "{'offset': <uint32 1>}"), ==, 1);
  g_assert_cmpuint (count_listed (f, f->alice, "{'offset': <uint32 4294967295>}"), ==, 0);
  g_assert_cmpuint (count_listed (f, f->alice, "{'state': <['suspended', 'error']>}"), ==, 2);
  g_assert_cmpuint (count_listed (f, f->alice, "{'state': <['queued']>}"), ==, 0);
  g_assert_cmpuint (count_listed (f, f->alice, "{'state': <@as []>}"), ==, 0);
  page = CALL (f, alice, "ListJobs", "({'limit': <uint32 1>},)");
  g_assert_nonnull (strstr (page, first));
  FAILS (f, alice, "ListJobs", "({'all-users': <true>},)", "AccessDenied");
  FAILS (f, alice, "ListJobs", "({'state': <['busy']>},)", "InvalidArgument");
  FAILS (f, alice, "ListJobs", "({'limit': <1>},)", "InvalidArgument");
  FAILS (f, alice, "ListJobs", "({'page': <1>},)", "InvalidArgument");
}

static void
test_pages_and_managed_objects (BusFixture *f, gconstpointer data)
{
  g_autofree char *objects = NULL;

  for (guint i = 0; i < 1000; i++)
    g_free (CALL (f, alice, "CreateJob", "('n', 'download', @a{sv} {})"));
  objects = bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_OBJECT_MANAGER, "GetManagedObjects",
                              NULL);
  g_assert_nonnull (strstr (objects, "'DisplayName'"));
  g_assert_null (strstr (objects, "'Description'"));
  g_free (CALL (f, alice, "CreateJob", "('n', 'download', @a{sv} {})"));
  bus_fixture_fails (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_OBJECT_MANAGER, "GetManagedObjects", NULL,
                     "LimitsExceeded");
  g_assert_cmpuint (count_listed (f, f->alice, "{}"), ==, 1000);
  g_assert_cmpuint (count_listed (f, f->alice, "{'limit': <uint32 1000>}"), ==, 1000);
  FAILS (f, alice, "ListJobs", "({'limit': <uint32 1001>},)", "InvalidArgument");
  FAILS (f, alice, "ListJobs", "({'limit': <uint32 0>},)", "InvalidArgument");
  g_assert_cmpuint (count_listed (f, f->alice, "{'offset': <uint32 1000>}"), ==, 1);
  g_free (bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_OBJECT_MANAGER, "GetManagedObjects",
                            NULL));
}

static void
test_descriptions (BusFixture *f, gconstpointer data)
{
  g_autofree char *by_name = CALL (f, bob, "GetErrorDescription", "('Empty',)");
  g_autofree char *by_bus_name = CALL (f, bob, "GetErrorDescription", "('" BGC_ERROR_PREFIX "Empty',)");
  g_autofree char *code =
    g_strdup_printf ("('0x%08X',)", bgc_error_bits_code (BGC_ERROR_EMPTY));
  g_autofree char *by_code = CALL (f, bob, "GetErrorDescription", code);
  g_autofree char *by_status = CALL (f, bob, "GetErrorDescription", "('0x80190194',)");

  g_assert_cmpstr (by_bus_name, ==, by_name);
  g_assert_cmpstr (by_code, ==, by_name);
  g_assert_nonnull (strstr (by_status, "404"));
  FAILS (f, bob, "GetErrorDescription", "('',)", "InvalidArgument");
  FAILS (f, bob, "GetErrorDescription", "('0x',)", "InvalidArgument");
  FAILS (f, bob, "GetErrorDescription", "('0x123456789',)", "InvalidArgument");
  FAILS (f, bob, "GetErrorDescription", "('0xDEADBEEF',)", "NotFound");
  FAILS (f, bob, "GetErrorDescription", "('Sorrow',)", "NotFound");
}

static void
test_properties (BusFixture *f, gconstpointer data)
{
  g_autofree char *all = bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "GetAll",
                                           "('" BUS_FIXTURE_MANAGER "',)");
  g_autofree char *version = bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Get",
                                               "('" BUS_FIXTURE_MANAGER "', 'Version')");

  g_assert_nonnull (strstr (all, "'checksum-sha512'"));
  g_assert_nonnull (strstr (all, "'MaxJobsPerUser': <uint32 10000>"));
  g_assert_nonnull (strstr (version, PACKAGE_VERSION));
  g_free (bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "GetAll",
                            "('" BUS_FIXTURE_OBJECT_MANAGER "',)"));
  bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Get",
                     "('" BUS_FIXTURE_MANAGER "', 'Colour')", "org.freedesktop.DBus.Error.InvalidArgs");
  bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Set",
                     "('" BUS_FIXTURE_MANAGER "', 'Version', <'2'>)",
                     "org.freedesktop.DBus.Error.InvalidArgs");
  g_assert_null (bgc_manager_object_property (f->manager, G_MAXUINT32, "Colour"));
}

/* One's own jobs; all of them for who may manage those. */
static void
test_counters (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "counted");
  g_autofree char *alices = NULL, *bobs = NULL, *roots = NULL, *jobs = NULL;
  const char *arguments = "('" BUS_FIXTURE_MANAGER "', 'Counters')";

  bus_fixture_transfer (f, path);
  alices = bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Get", arguments);
  bobs = bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Get", arguments);
  roots = bus_fixture_call (f, f->root, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "Get", arguments);
  jobs = bus_fixture_get (f, f->alice, path, "Counters");
  g_assert_null (strstr (alices, "'received': uint64 0"));
  g_assert_nonnull (strstr (bobs, "'received': uint64 0, 'sent': 0, 'refetched': 0, 'saved': 0"));
  g_assert_cmpstr (roots, ==, alices);
  g_assert_nonnull (strstr (jobs, "'received': "));
  g_assert_null (strstr (jobs, "'received': uint64 0"));
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/manager-object/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("create", test_create);
  ADD ("create-with-properties", test_create_with_properties);
  ADD ("create-refused", test_create_refused);
  ADD ("too-many-jobs", test_too_many_jobs);
  ADD ("store-failed", test_store_failed);
  ADD ("submit", test_submit);
  ADD ("submit-refused", test_submit_refused);
  ADD ("get-job", test_get_job);
  ADD ("list", test_list);
  ADD ("pages-and-managed-objects", test_pages_and_managed_objects);
  ADD ("descriptions", test_descriptions);
  ADD ("properties", test_properties);
  ADD ("counters", test_counters);
  return g_test_run ();
}
