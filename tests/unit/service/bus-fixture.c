/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bus-fixture.h"

#include <string.h>

#include "service/bgc-object-path.h"

#define WALL (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define BOOT (1000 * G_USEC_PER_SEC)

GDBusConnection *
bus_fixture_connect (BusFixture *self, guint32 uid)
{
  GError *error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                            NULL, NULL, &error);

  g_assert_no_error (error);
  if (self->credentials != NULL)
    bgc_credentials_fake_set (self->credentials, g_dbus_connection_get_unique_name (connection), uid);
  return connection;
}

void
bus_fixture_set_up (BusFixture *self, gconstpointer data)
{
  GError *error = NULL;

  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->server = bus_fixture_connect (self, 0);
  self->credentials = bgc_credentials_fake_new (BUS_FIXTURE_BOB);
  self->authority = bgc_authority_fake_new ();
  self->store = bgc_store_fake_new ();
  self->workers = bgc_workers_fake_new ();
  self->clock = bgc_clock_fake_new (WALL, BOOT);
  self->network = bgc_network_fake_new (TRUE);
  self->random = g_rand_new_with_seed (1);
  bgc_limits_init (&self->limits);
  self->manager = bgc_manager_new (BGC_STORE (self->store), BGC_WORKERS (self->workers),
                                   BGC_CLOCK (self->clock),
                                   BGC_NETWORK (self->network), self->random, &self->limits);
  g_assert_true (bgc_manager_load (self->manager, &error));
  bgc_manager_start (self->manager);
  self->service = bgc_service_new (self->server, self->manager, BGC_CLOCK (self->clock),
                                   BGC_AUTHORITY (self->authority), BGC_CREDENTIALS (self->credentials));
  bgc_service_export (self->service, &error);
  g_assert_no_error (error);
  self->alice = bus_fixture_connect (self, BUS_FIXTURE_ALICE);
  self->bob = bus_fixture_connect (self, BUS_FIXTURE_BOB);
  self->root = bus_fixture_connect (self, 0);
  self->signals = g_ptr_array_new_with_free_func (g_free);
}

static void
close_connection (GDBusConnection *connection)
{
  g_dbus_connection_close_sync (connection, NULL, NULL);
  g_object_unref (connection);
}

void
bus_fixture_tear_down (BusFixture *self, gconstpointer data)
{
  close_connection (self->alice);
  close_connection (self->bob);
  close_connection (self->root);
  bgc_service_unexport (self->service);
  g_object_unref (self->service);
  g_object_unref (self->manager);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  close_connection (self->server);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_object_unref (self->authority);
  g_object_unref (self->credentials);
  g_object_unref (self->network);
  g_object_unref (self->workers);
  g_object_unref (self->store);
  g_object_unref (self->clock);
  g_rand_free (self->random);
  g_ptr_array_unref (self->signals);
  g_test_dbus_down (self->bus);
  g_object_unref (self->bus);
}

typedef struct {
  BusFixture *fixture;
  const char *user; /* static */
} Recorder;

static void
heard_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
          const char *signal, GVariant *parameters, gpointer data)
{
  const Recorder *recorder = data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (recorder->fixture->signals, g_strdup_printf ("%s %s %s", recorder->user, signal, text));
}

void
bus_fixture_record (BusFixture *self, GDBusConnection *connection, const char *user)
{
  Recorder *recorder = g_new0 (Recorder, 1);

  recorder->fixture = self;
  recorder->user = user;
  /* With a match rule: whoever is only curious would hear what is broadcast. */
  g_dbus_connection_signal_subscribe (connection, g_dbus_connection_get_unique_name (self->server), NULL,
                                      NULL,
                                      NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, heard_cb, recorder, g_free);
}

typedef struct {
  gboolean done;
  GVariant *reply;
  GError *error;
} Answer;

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;

  answer->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &answer->error);
  answer->done = TRUE;
}

void
bus_fixture_step (BusFixture *self, gboolean may_block)
{
  gint64 next = bgc_clock_fake_next (self->clock);

  /* Calls take turns at alarms that are due at once. */
  if (next >= 0 && next <= bgc_clock_boot (BGC_CLOCK (self->clock)))
    bgc_clock_fake_advance (self->clock, 0);
  else
    g_main_context_iteration (NULL, may_block);
}

void
bus_fixture_wait (BusFixture *self, const gboolean *done)
{
  while (!*done)
    bus_fixture_step (self, TRUE);
}

GVariant *
bus_fixture_try (BusFixture *self, GDBusConnection *client, const char *path, const char *interface,
                 const char *member, const char *parameters, GError **error)
{
  Answer answer = { 0 };
  GVariant *arguments = NULL;

  if (parameters != NULL)
    {
      GError *syntax = NULL;

      arguments = g_variant_parse (NULL, parameters, NULL, NULL, &syntax);
      g_assert_no_error (syntax);
    }
  g_dbus_connection_call (client, g_dbus_connection_get_unique_name (self->server), path, interface, member,
                          arguments, NULL,
                          self->interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                                            : G_DBUS_CALL_FLAGS_NONE,
                          -1, NULL, answered_cb, &answer);
  g_clear_pointer (&arguments, g_variant_unref);
  bus_fixture_wait (self, &answer.done);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);
  return answer.reply;
}

char *
bus_fixture_call (BusFixture *self, GDBusConnection *client, const char *path, const char *interface,
                  const char *member, const char *parameters)
{
  GError *error = NULL;
  g_autoptr (GVariant) reply = bus_fixture_try (self, client, path, interface, member, parameters, &error);

  g_assert_no_error (error);
  return g_variant_print (reply, FALSE);
}

void
bus_fixture_fails (BusFixture *self, GDBusConnection *client, const char *path, const char *interface,
                   const char *member, const char *parameters, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = bus_fixture_try (self, client, path, interface, member, parameters, &error);
  g_autofree char *got = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;
  g_autofree char *expected =
    strchr (name, '.') != NULL ? g_strdup (name) : g_strconcat (BGC_ERROR_PREFIX, name, NULL);

  if (reply != NULL)
    g_error ("%s (%s) should fail with %s", member, parameters, expected);
  g_assert_cmpstr (got, ==, expected);
}

char *
bus_fixture_get (BusFixture *self, GDBusConnection *client, const char *path, const char *property)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', '%s')", BUS_FIXTURE_JOB, property);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
    bus_fixture_try (self, client, path, BUS_FIXTURE_PROPERTIES, "Get", parameters, &error);
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  return g_variant_print (value, FALSE);
}

void
bus_fixture_settle (BusFixture *self)
{
  GDBusConnection *clients[] = { self->alice, self->bob, self->root };

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    g_free (bus_fixture_call (self, clients[i], BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetErrorDescription",
                              "('Empty',)"));
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

char *
bus_fixture_make_job (BusFixture *self, const char *name)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', 'download', @a{sv} {})", name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = bus_fixture_try (self, self->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER,
                                                "CreateJob",
                                                parameters, &error);
  char *path = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(o)", &path);
  g_free (bus_fixture_call (self, self->alice, path, BUS_FIXTURE_JOB, "AddFile",
                            "('http://example.org/f', '/srv/f', @a{sv} {})"));
  return path;
}

const BgcJob *
bus_fixture_job (BusFixture *self, const char *path)
{
  BgcJobId id;

  g_assert_true (bgc_object_path_parse (path, &id));
  return bgc_manager_find (self->manager, &id);
}

void
bus_fixture_transfer (BusFixture *self, const char *path)
{
  const BgcJob *job = bus_fixture_job (self, path);

  g_free (bus_fixture_call (self, self->alice, path, BUS_FIXTURE_JOB, "Resume", NULL));
  for (guint i = 0; i < 100 && !bgc_workers_fake_is_running (self->workers, &job->id); i++)
    bus_fixture_settle (self);
  g_assert_true (bgc_workers_fake_is_running (self->workers, &job->id));
  bgc_workers_fake_report_whole (self->workers, job, 0, 10);
  bus_fixture_settle (self);
  bus_fixture_settle (self);
}

guint
bus_fixture_heard (BusFixture *self, const char *prefix)
{
  guint n_heard = 0;

  for (guint i = 0; i < self->signals->len; i++)
    {
      if (g_str_has_prefix (g_ptr_array_index (self->signals, i), prefix))
        n_heard++;
    }
  return n_heard;
}
