/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bus-fixture.h"
#include "service/bgc-authority-owner.h"
#include "service/bgc-caller.h"

#define UNKNOWN_OBJECT "org.freedesktop.DBus.Error.UnknownObject"
#define NOBODYS_JOB BUS_FIXTURE_ROOT "/Job/00000000000000000000000000000000"

static void
subscribe (BusFixture *f, GDBusConnection *client)
{
  g_free (bus_fixture_call (f, client, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Subscribe", NULL));
}

/* Another user's job and one that never was are answered alike, whatever is asked. */
static void
test_hidden (BusFixture *f, gconstpointer data)
{
  g_autofree char *alices = bus_fixture_make_job (f, "n");
  const char *paths[] = { alices, NOBODYS_JOB };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_JOB, "Cancel", NULL, UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_JOB, "TakeOwnership", NULL, UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_JOB, "ListFiles", "(uint32 0, uint32 0)",
                         UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_PROPERTIES, "Get",
                         "('" BUS_FIXTURE_JOB "', 'State')",
                         UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_PROPERTIES, "GetAll", "('" BUS_FIXTURE_JOB "',)",
                         UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_PROPERTIES, "Set",
                         "('" BUS_FIXTURE_JOB "', 'DisplayName', <'x'>)", UNKNOWN_OBJECT);
      bus_fixture_fails (f, f->bob, paths[i], BUS_FIXTURE_JOB, "Cancel", "(1,)",
                         "org.freedesktop.DBus.Error.InvalidArgs");
    }
  g_assert_cmpuint (bgc_service_subscribers (f->service), ==, 1);
}

static char *
introspect (BusFixture *f, GDBusConnection *client, const char *path)
{
  return bus_fixture_call (f, client, path, "org.freedesktop.DBus.Introspectable", "Introspect", NULL);
}

static void
test_introspection_tells_nothing (BusFixture *f, gconstpointer data)
{
  g_autofree char *alices = bus_fixture_make_job (f, "n");
  g_autofree char *seen = introspect (f, f->alice, alices);
  g_autofree char *hidden = introspect (f, f->bob, alices);
  g_autofree char *absent = introspect (f, f->bob, NOBODYS_JOB);
  g_autofree char *root = introspect (f, f->alice, BUS_FIXTURE_ROOT);
  g_autofree char *jobs = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    bus_fixture_try (f, f->alice, BUS_FIXTURE_ROOT "/Job", "org.freedesktop.DBus.Introspectable",
                     "Introspect", NULL, &error);

  g_assert_cmpstr (hidden, ==, seen);
  g_assert_cmpstr (absent, ==, seen);
  g_assert_nonnull (strstr (seen, BUS_FIXTURE_JOB));
  g_assert_nonnull (strstr (root, BUS_FIXTURE_MANAGER));
  g_assert_nonnull (strstr (root, BUS_FIXTURE_OBJECT_MANAGER));
  g_assert_null (strstr (root, strrchr (alices, '/') + 1));
  if (reply != NULL)
    {
      jobs = g_variant_print (reply, FALSE);
      g_assert_null (strstr (jobs, strrchr (alices, '/') + 1));
    }
}

static void
test_paths_in_one_form_only (BusFixture *f, gconstpointer data)
{
  static const char *const wrong[] = {
    BUS_FIXTURE_ROOT "/Job", BUS_FIXTURE_ROOT "/Job/0", BUS_FIXTURE_ROOT "/Jobs", "/",
    BUS_FIXTURE_ROOT "/Job/000000000000000000000000000000000",
    BUS_FIXTURE_ROOT "/Job/0000000000000000000000000000000A",
    NOBODYS_JOB "/more"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = bus_fixture_try (f, f->alice, wrong[i], BUS_FIXTURE_JOB, "Cancel", NULL,
                                                    &error);
      g_autofree char *name = NULL;

      g_assert_null (reply);
      name = g_dbus_error_get_remote_error (error);
      g_assert_true (g_str_equal (name, UNKNOWN_OBJECT)
                     || g_str_equal (name, "org.freedesktop.DBus.Error.UnknownMethod"));
    }
  bus_fixture_fails (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Fly", NULL,
                     "org.freedesktop.DBus.Error.UnknownMethod");
  bus_fixture_fails (f, f->alice, NOBODYS_JOB, BUS_FIXTURE_MANAGER, "Subscribe", NULL,
                     "org.freedesktop.DBus.Error.UnknownMethod");
}

static void
test_administrator (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *state = bus_fixture_get (f, f->root, path, "State");

  g_assert_cmpstr (state, ==, "'suspended'");
  bus_fixture_record (f, f->root, "root");
  g_free (bus_fixture_call (f, f->root, path, BUS_FIXTURE_JOB, "Cancel", NULL));
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "root PropertiesChanged"), >=, 1);
}

static void
test_unknown_caller (BusFixture *f, gconstpointer data)
{
  GDBusConnection *stranger = bus_fixture_connect (f, 1);

  bgc_credentials_fake_refuse (f->credentials, g_dbus_connection_get_unique_name (stranger));
  bus_fixture_fails (f, stranger, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Subscribe", NULL, "AccessDenied");
  bus_fixture_fails (f, stranger, BUS_FIXTURE_ROOT, BUS_FIXTURE_PROPERTIES, "GetAll",
                     "('" BUS_FIXTURE_MANAGER "',)",
                     "AccessDenied");
  g_assert_cmpuint (bgc_service_subscribers (f->service), ==, 0);
  g_dbus_connection_close_sync (stranger, NULL, NULL);
  g_object_unref (stranger);
}

/* Signals go to the owner's subscribers alone: who only has a match rule hears nothing. */
static void
test_signals_are_unicast (BusFixture *f, gconstpointer data)
{
  GDBusConnection *curious = bus_fixture_connect (f, BUS_FIXTURE_ALICE);
  g_autofree char *path = NULL;

  bus_fixture_record (f, f->alice, "alice");
  bus_fixture_record (f, f->bob, "bob");
  bus_fixture_record (f, curious, "curious");
  subscribe (f, f->alice);
  subscribe (f, f->bob);
  path = bus_fixture_make_job (f, "n");
  bus_fixture_transfer (f, path);
  g_free (bus_fixture_call (f, f->alice, path, BUS_FIXTURE_JOB, "Complete", NULL));
  bus_fixture_settle (f);
  g_free (bus_fixture_call (f, curious, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetErrorDescription",
                            "('Empty',)"));
  g_assert_cmpuint (bus_fixture_heard (f, "alice InterfacesAdded"), ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "alice PropertiesChanged"), >=, 2);
  g_assert_cmpuint (bus_fixture_heard (f, "alice Transferred"), ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "alice InterfacesRemoved"), ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "bob"), ==, 0);
  g_assert_cmpuint (bus_fixture_heard (f, "curious"), ==, 0);
  g_dbus_connection_close_sync (curious, NULL, NULL);
  g_object_unref (curious);
}

static void
test_using_a_job_is_listening (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *other = NULL;

  bus_fixture_record (f, f->alice, "alice");
  g_free (bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "CreateJob",
                            "('m', 'download', @a{sv} {})"));
  bus_fixture_settle (f);
  g_assert_cmpuint (f->signals->len, ==, 0);
  bus_fixture_transfer (f, path);
  g_assert_cmpuint (bus_fixture_heard (f, "alice Transferred"), ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "alice Interfaces"), ==, 0);
  g_free (bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Unsubscribe", NULL));
  g_assert_cmpuint (bgc_service_subscribers (f->service), ==, 0);
}

static void
test_changes_are_coalesced (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");

  subscribe (f, f->alice);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  bus_fixture_settle (f);
  bus_fixture_record (f, f->alice, "alice");
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *parameters = g_strdup_printf ("('%s', 'DisplayName', <'n%u'>)", BUS_FIXTURE_JOB, i);

      g_free (bus_fixture_call (f, f->alice, path, BUS_FIXTURE_PROPERTIES, "Set", parameters));
    }
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "alice PropertiesChanged"), ==, 1);
  bgc_clock_fake_advance (f->clock, 500 * 1000);
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "alice PropertiesChanged"), ==, 2);
  g_assert_nonnull (strstr (g_ptr_array_index (f->signals, 1), "'DisplayName': <'n19'>"));
  g_assert_null (strstr (g_ptr_array_index (f->signals, 1), "'Description'"));
  g_assert_null (strstr (g_ptr_array_index (f->signals, 1), "'State'"));
}

static void
test_late_subscriber (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  GDBusConnection *late = bus_fixture_connect (f, BUS_FIXTURE_ALICE);
  g_autofree char *state = NULL;

  bus_fixture_transfer (f, path);
  bus_fixture_record (f, late, "late");
  subscribe (f, late);
  bus_fixture_settle (f);
  g_free (bus_fixture_call (f, late, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetErrorDescription",
                            "('Empty',)"));
  g_assert_cmpuint (bus_fixture_heard (f, "late Transferred"), ==, 1);
  g_dbus_connection_close_sync (late, NULL, NULL);
  g_object_unref (late);
  late = bus_fixture_connect (f, BUS_FIXTURE_ALICE);
  bus_fixture_record (f, late, "later");
  state = bus_fixture_get (f, late, path, "State");
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "later Transferred"), ==, 1);
  g_dbus_connection_close_sync (late, NULL, NULL);
  g_object_unref (late);
}

static void
test_failure_is_told (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  const BgcJob *job = bus_fixture_job (f, path);
  g_autofree char *error = NULL;

  bus_fixture_record (f, f->alice, "alice");
  g_free (bus_fixture_call (f, f->alice, path, BUS_FIXTURE_JOB, "Resume", NULL));
  for (guint i = 0; i < 100 && !bgc_workers_fake_is_running (f->workers, &job->id); i++)
    bus_fixture_settle (f);
  bgc_workers_fake_report_failed (f->workers, job, 0, bgc_failure_new (BGC_CONTEXT_REMOTE_FILE,
                                                                       BGC_ERROR_HTTP_STATUS,
                                                                       FALSE, "not there"));
  bus_fixture_settle (f);
  bus_fixture_settle (f);
  error = bus_fixture_get (f, f->alice, path, "Error");
  g_assert_nonnull (strstr (error, "'not there'"));
  g_assert_cmpuint (bus_fixture_heard (f, "alice Failed ({"), ==, 1);
}

static void
test_leaving_ends_listening (BusFixture *f, gconstpointer data)
{
  GDBusConnection *guest = bus_fixture_connect (f, BUS_FIXTURE_ALICE);

  subscribe (f, guest);
  g_assert_cmpuint (bgc_service_subscribers (f->service), ==, 1);
  g_dbus_connection_close_sync (guest, NULL, NULL);
  g_object_unref (guest);
  while (bgc_service_subscribers (f->service) > 0)
    bus_fixture_step (f, TRUE);
}

/* A call that the bus does not count, so that our own bound is met before the bus's. */
static void
send_create (BusFixture *f)
{
  g_autoptr (GDBusMessage) message =
    g_dbus_message_new_method_call (g_dbus_connection_get_unique_name (f->server), BUS_FIXTURE_ROOT,
                                    BUS_FIXTURE_MANAGER, "CreateJob");
  GError *error = NULL;

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (message, g_variant_new ("(ssa{sv})", "n", "download", NULL));
  g_dbus_connection_send_message (f->alice, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error);
  g_assert_no_error (error);
}

/* A connection may have only so many calls unanswered, and one that does stands in nobody's way. */
static void
test_flood (BusFixture *f, gconstpointer data)
{
  bgc_store_fake_hold (f->store);
  for (guint i = 0; i < BGC_CALLER_MAX_CALLS + 50; i++)
    send_create (f);
  bus_fixture_fails (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "(@a{sv} {},)",
                     "LimitsExceeded");
  g_assert_cmpuint (bgc_service_calls (f->service), ==, BGC_CALLER_MAX_CALLS);
  g_assert_cmpuint (bgc_store_fake_waiting (f->store), ==, BGC_CALLER_MAX_WORKING);
  g_free (bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "(@a{sv} {},)"));
  while (bgc_service_calls (f->service) > 0)
    {
      bgc_store_fake_release (f->store, 1);
      bus_fixture_step (f, FALSE);
    }
  g_assert_cmpuint (bgc_manager_count (f->manager, BUS_FIXTURE_ALICE), ==, BGC_CALLER_MAX_CALLS);
  g_free (bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "(@a{sv} {},)"));
}

static void
count_closed (BgcService *service, gboolean *closed)
{
  *closed = TRUE;
}

static void
test_closed (BusFixture *f, gconstpointer data)
{
  gboolean closed = FALSE;

  g_signal_connect (f->service, "closed", G_CALLBACK (count_closed), &closed);
  g_assert_true (g_dbus_connection_close_sync (f->server, NULL, NULL));
  bus_fixture_wait (f, &closed);
}

static void
test_export_twice_is_refused (BusFixture *f, gconstpointer data)
{
  g_autoptr (BgcService) other = NULL;
  g_autoptr (BgcAuthority) authority = NULL;
  g_autoptr (GError) error = NULL;

  authority = g_object_new (BGC_TYPE_AUTHORITY_OWNER, NULL);
  other = bgc_service_new (f->server, f->manager, BGC_CLOCK (f->clock), authority,
                           BGC_CREDENTIALS (f->credentials));
  g_assert_false (bgc_service_export (other, &error));
  g_assert_nonnull (error);
  g_free (bus_fixture_make_job (f, "still served"));
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/service/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("hidden", test_hidden);
  ADD ("introspection-tells-nothing", test_introspection_tells_nothing);
  ADD ("paths-in-one-form-only", test_paths_in_one_form_only);
  ADD ("administrator", test_administrator);
  ADD ("unknown-caller", test_unknown_caller);
  ADD ("signals-are-unicast", test_signals_are_unicast);
  ADD ("using-a-job-is-listening", test_using_a_job_is_listening);
  ADD ("changes-are-coalesced", test_changes_are_coalesced);
  ADD ("late-subscriber", test_late_subscriber);
  ADD ("failure-is-told", test_failure_is_told);
  ADD ("leaving-ends-listening", test_leaving_ends_listening);
  ADD ("flood", test_flood);
  ADD ("closed", test_closed);
  ADD ("export-twice-is-refused", test_export_twice_is_refused);
  return g_test_run ();
}
