/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-call.h"

#include "bus-fixture.h"

static void
ignored_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  *(gboolean *) data = TRUE;
}

static void
call_without_waiting (BusFixture *f, GDBusConnection *client, const char *member, GVariant *parameters,
                      gboolean *done)
{
  g_dbus_connection_call (client, g_dbus_connection_get_unique_name (f->server), BUS_FIXTURE_ROOT,
                          BUS_FIXTURE_MANAGER, member, parameters, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          ignored_cb, done);
}

/* Nobody waits for the answer any more; what was asked for happens all the same. */
static void
test_caller_leaves_meanwhile (BusFixture *f, gconstpointer data)
{
  GDBusConnection *guest = bus_fixture_connect (f, BUS_FIXTURE_ALICE);
  gboolean done = FALSE;

  bgc_store_fake_hold (f->store);
  call_without_waiting (f, guest, "CreateJob", g_variant_new ("(ssa{sv})", "n", "download", NULL), &done);
  while (bgc_store_fake_waiting (f->store) == 0)
    bus_fixture_step (f, TRUE);
  g_dbus_connection_close_sync (guest, NULL, NULL);
  bus_fixture_wait (f, &done);
  g_object_unref (guest);
  bus_fixture_settle (f);
  bgc_store_fake_release (f->store, 1);
  bus_fixture_settle (f);
  g_assert_cmpuint (bgc_manager_count (f->manager, BUS_FIXTURE_ALICE), ==, 1);
  g_assert_cmpuint (bgc_service_calls (f->service), ==, 0);
}

/* The service goes while a call is being worked on: the call is still answered. */
static void
test_service_goes_meanwhile (BusFixture *f, gconstpointer data)
{
  gboolean done = FALSE;

  bgc_store_fake_hold (f->store);
  call_without_waiting (f, f->alice, "CreateJob", g_variant_new ("(ssa{sv})", "n", "download", NULL), &done);
  while (bgc_store_fake_waiting (f->store) == 0)
    bus_fixture_step (f, TRUE);
  bgc_service_unexport (f->service);
  bgc_store_fake_release (f->store, 1);
  bus_fixture_wait (f, &done);
  g_assert_cmpuint (bgc_store_fake_jobs (f->store), ==, 1);
}

static void
test_no_reply_wanted (BusFixture *f, gconstpointer data)
{
  g_autoptr (GDBusMessage) message =
    g_dbus_message_new_method_call (g_dbus_connection_get_unique_name (f->server), BUS_FIXTURE_ROOT,
                                    BUS_FIXTURE_MANAGER, "CreateJob");
  GError *error = NULL;

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (message, g_variant_new ("(ssa{sv})", "n", "download", NULL));
  g_dbus_connection_send_message (f->alice, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, &error);
  g_assert_no_error (error);
  bus_fixture_settle (f);
  while (bgc_manager_count (f->manager, BUS_FIXTURE_ALICE) == 0)
    bus_fixture_step (f, TRUE);
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/call/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("caller-leaves-meanwhile", test_caller_leaves_meanwhile);
  ADD ("service-goes-meanwhile", test_service_goes_meanwhile);
  ADD ("no-reply-wanted", test_no_reply_wanted);
  return g_test_run ();
}
