/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include <string.h>

#include "bus-fixture.h"
#include "dbus/bgc-interface.h"

#define NOBODYS_ID     "5e1f0000000000000000000000000bad"
#define UNKNOWN_OBJECT "org.freedesktop.DBus.Error.UnknownObject"
#define ACCESS_DENIED  "org.example.BackgroundCopy.Error.AccessDenied"

/* A value that is right in form, whatever it means. */
static GVariant *
sample (const char *signature)
{
  g_autofree char *text = NULL;

  switch (signature[0])
    {
    case 's':
      return g_variant_new_string ("x");
    case 'u':
      return g_variant_new_uint32 (0);
    case 't':
      return g_variant_new_uint64 (1);
    case 'b':
      return g_variant_new_boolean (TRUE);
    case 'x':
      return g_variant_new_int64 (1);
    default:
      g_assert_cmpint (signature[0], ==, 'a');
      return g_variant_new_array (G_VARIANT_TYPE (signature + 1), NULL, 0);
    }
}

/* What @client is told, whole, with the id taken out. */
static char *
told (BusFixture *f, GDBusConnection *client, const char *id, const char *interface, const char *member,
      GVariant *parameters)
{
  g_autofree char *path = g_strconcat (BUS_FIXTURE_ROOT "/Job/", id, NULL);
  g_autofree char *arguments = g_variant_print (parameters, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = bus_fixture_try (f, client, path, interface, member, arguments, &error);
  g_autofree char *text = reply != NULL ? g_variant_print (reply, TRUE) : g_strdup (error->message);
  g_auto (GStrv) parts = g_strsplit (text, id, -1);

  return g_strjoinv ("ID", parts);
}

typedef void (*AnswersFunc) (const char *member, const char *about_alices, const char *about_none);

static void
compare (BusFixture *f, const char *alices, const char *interface, const char *member, GVariant *parameters,
         AnswersFunc function)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (parameters);
  g_autofree char *about_alices = told (f, f->bob, alices, interface, member, sunk);
  g_autofree char *about_none = told (f, f->bob, NOBODYS_ID, interface, member, sunk);

  function (member, about_alices, about_none);
}

/* Every method, and every property read, written, and read among all. */
static void
compare_all (BusFixture *f, const char *alices, AnswersFunc function)
{
  const GDBusInterfaceInfo *job = &org_example_background_copy_job_interface;

  for (guint i = 0; job->methods[i] != NULL; i++)
    {
      GVariantBuilder arguments;

      g_variant_builder_init (&arguments, G_VARIANT_TYPE_TUPLE);
      for (guint j = 0; job->methods[i]->in_args != NULL && job->methods[i]->in_args[j] != NULL; j++)
        g_variant_builder_add_value (&arguments, sample (job->methods[i]->in_args[j]->signature));
      compare (f, alices, BUS_FIXTURE_JOB, job->methods[i]->name, g_variant_builder_end (&arguments),
               function);
    }
  for (guint i = 0; job->properties[i] != NULL; i++)
    {
      const char *name = job->properties[i]->name;

      compare (f, alices, BUS_FIXTURE_PROPERTIES, "Get", g_variant_new ("(ss)", BUS_FIXTURE_JOB, name),
               function);
      compare (f, alices, BUS_FIXTURE_PROPERTIES, "Set",
               g_variant_new ("(ssv)", BUS_FIXTURE_JOB, name, sample (job->properties[i]->signature)),
               function);
    }
  compare (f, alices, BUS_FIXTURE_PROPERTIES, "GetAll", g_variant_new ("(s)", BUS_FIXTURE_JOB), function);
  compare (f, alices, BUS_FIXTURE_PROPERTIES, "Get", g_variant_new ("(ss)", BUS_FIXTURE_JOB, "?"), function);
  compare (f, alices, BUS_FIXTURE_JOB, "NoSuchMethod", g_variant_new ("()"), function);
  compare (f, alices, "no.such.Interface", "Get", g_variant_new ("()"), function);
  compare (f, alices, "org.freedesktop.DBus.Introspectable", "Introspect", g_variant_new ("()"), function);
}

static void
assert_alike (const char *member, const char *about_alices, const char *about_none)
{
  if (!g_str_equal (about_alices, about_none))
    g_error ("%s: \"%s\", and of a job that is none \"%s\"", member, about_alices, about_none);
}

static guint differing;

static void
count_differing (const char *member, const char *about_alices, const char *about_none)
{
  differing += !g_str_equal (about_alices, about_none);
}

static char *
id_of (const char *path)
{
  return g_strdup (strrchr (path, '/') + 1);
}

/* Bob's answer is byte for byte that for an id that nobody has, and so is what is asked about him. */
static void
test_anothers_job_does_not_exist (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *alices = id_of (path);
  guint asked;

  bus_fixture_record (f, f->bob, "bob");
  for (guint interactive = 0; interactive < 2; interactive++)
    {
      f->interactive = interactive;
      compare_all (f, alices, assert_alike);
    }
  asked = bgc_authority_fake_asked (f->authority);
  g_assert_cmpuint (asked, >, 100);
  g_assert_cmpuint (asked % 2, ==, 0);
  bus_fixture_settle (f);
  g_assert_cmpuint (f->signals->len, ==, 0);
  /* Nothing has happened to it, and the comparison does find a difference where there is one. */
  g_assert_cmpint (bus_fixture_job (f, path)->state, ==, BGC_JOB_STATE_SUSPENDED);
  g_assert_cmpstr (bus_fixture_job (f, path)->display_name, ==, "n");
  bgc_authority_fake_grant (f->authority, g_dbus_connection_get_unique_name (f->bob), BGC_RULE_SEE, FALSE);
  differing = 0;
  compare_all (f, alices, count_differing);
  g_assert_cmpuint (differing, >=, 40);
}

static void
test_ids_of_others_in_the_manager (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *alices = id_of (path);
  const char *ids[] = { alices, NOBODYS_ID };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *arguments = g_strdup_printf ("('%s',)", ids[i]);

      bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetJob", arguments, "NotFound");
      g_assert_cmpuint (bgc_authority_fake_asked (f->authority), ==, i + 1);
    }
  bgc_authority_fake_grant (f->authority, g_dbus_connection_get_unique_name (f->bob), BGC_RULE_SEE, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *arguments = g_strdup_printf ("('%s',)", ids[i]);

      if (i == 0)
        g_free (bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetJob", arguments));
      else
        bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "GetJob", arguments, "NotFound");
    }
}

static void
test_list_all (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  const char *bob = g_dbus_connection_get_unique_name (f->bob);
  g_autofree char *all = NULL;
  g_autofree char *roots = NULL;
  g_autofree char *own = NULL;

  bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "({'all-users': <true>},)",
                     ACCESS_DENIED);
  bgc_authority_fake_grant (f->authority, bob, BGC_RULE_MANAGE, TRUE);
  bus_fixture_fails (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "({'all-users': <true>},)",
                     ACCESS_DENIED);
  f->interactive = TRUE;
  all = bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs",
                          "({'all-users': <true>},)");
  own = bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs", "(@a{sv} {},)");
  roots = bus_fixture_call (f, f->root, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "ListJobs",
                            "({'all-users': <true>},)");
  g_assert_nonnull (strstr (all, path));
  g_assert_null (strstr (own, path));
  g_assert_cmpstr (roots, ==, all);
  g_assert_cmpuint (bgc_authority_fake_asked (f->authority), ==, 3);
}

static void
test_rights (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  const char *bob = g_dbus_connection_get_unique_name (f->bob);

  /* Who may change need not be able to see, and the other way round. */
  bgc_authority_fake_grant (f->authority, bob, BGC_RULE_SEE, FALSE);
  g_free (bus_fixture_get (f, f->bob, path, "State"));
  bus_fixture_fails (f, f->bob, path, BUS_FIXTURE_JOB, "Suspend", NULL, UNKNOWN_OBJECT);
  bgc_authority_fake_grant (f->authority, bob, BGC_RULE_CHANGE, FALSE);
  g_free (bus_fixture_call (f, f->bob, path, BUS_FIXTURE_JOB, "Suspend", NULL));
  /* Nobody gives another's job secrets, root included. */
  bus_fixture_fails (f, f->bob, path, BUS_FIXTURE_JOB, "SetCredentials", "('server','basic','u','p')",
                     ACCESS_DENIED);
  bus_fixture_fails (f, f->root, path, BUS_FIXTURE_JOB, "SetCredentials", "('server','basic','u','p')",
                     ACCESS_DENIED);
  /* The owner sees it, and so is told why. */
  bus_fixture_fails (f, f->alice, path, BUS_FIXTURE_JOB, "TakeOwnership", NULL, ACCESS_DENIED);
}

/* The old owner sees it go and the new one sees it come; then it is the new one's alone. */
static void
test_taken_over (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  g_autofree char *owner = NULL;

  bus_fixture_record (f, f->alice, "alice");
  bus_fixture_record (f, f->bob, "bob");
  g_free (bus_fixture_call (f, f->bob, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Subscribe", NULL));
  g_free (bus_fixture_call (f, f->alice, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Subscribe", NULL));
  bgc_authority_fake_grant (f->authority, g_dbus_connection_get_unique_name (f->bob), BGC_RULE_TAKE, TRUE);
  bus_fixture_fails (f, f->bob, path, BUS_FIXTURE_JOB, "TakeOwnership", NULL, UNKNOWN_OBJECT);
  f->interactive = TRUE;
  g_free (bus_fixture_call (f, f->bob, path, BUS_FIXTURE_JOB, "TakeOwnership", NULL));
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "alice InterfacesRemoved"), ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "bob InterfacesAdded"), ==, 1);
  owner = bus_fixture_get (f, f->bob, path, "Owner");
  g_assert_cmpstr (owner, ==, "1001");
  bus_fixture_fails (f, f->alice, path, BUS_FIXTURE_JOB, "Suspend", NULL, UNKNOWN_OBJECT);
  g_ptr_array_set_size (f->signals, 0);
  g_free (bus_fixture_call (f, f->bob, path, BUS_FIXTURE_PROPERTIES, "Set",
                            "('" BUS_FIXTURE_JOB "', 'DisplayName', <'mine'>)"));
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  bus_fixture_settle (f);
  g_assert_cmpuint (bus_fixture_heard (f, "alice"), ==, 0);
  g_assert_cmpuint (bus_fixture_heard (f, "bob PropertiesChanged"), >=, 1);
}

/* Who leaves while somebody is asked about him is not waited for. */
static void
test_leaves_while_asked (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");
  GDBusConnection *guest = bus_fixture_connect (f, BUS_FIXTURE_BOB);

  bgc_authority_fake_hold (f->authority);
  g_dbus_connection_call (guest, g_dbus_connection_get_unique_name (f->server), path, BUS_FIXTURE_JOB,
                          "Cancel", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  while (bgc_authority_fake_held (f->authority) == 0)
    bus_fixture_step (f, TRUE);
  g_assert_cmpuint (bgc_service_calls (f->service), ==, 1);
  g_dbus_connection_close_sync (guest, NULL, NULL);
  while (bgc_authority_fake_held (f->authority) > 0)
    bus_fixture_step (f, TRUE);
  while (bgc_service_calls (f->service) > 0)
    bus_fixture_step (f, TRUE);
  g_assert_cmpuint (bgc_authority_fake_forgotten (f->authority), ==, 1);
  g_assert_cmpint (bus_fixture_job (f, path)->state, ==, BGC_JOB_STATE_SUSPENDED);
  g_object_unref (guest);
}

/* The service ends meanwhile. */
static void
test_ends_while_asked (BusFixture *f, gconstpointer data)
{
  g_autofree char *path = bus_fixture_make_job (f, "n");

  bgc_authority_fake_hold (f->authority);
  g_dbus_connection_call (f->bob, g_dbus_connection_get_unique_name (f->server), path, BUS_FIXTURE_JOB,
                          "Cancel", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  while (bgc_authority_fake_held (f->authority) == 0)
    bus_fixture_step (f, TRUE);
  bgc_service_unexport (f->service);
  g_assert_cmpuint (bgc_authority_fake_held (f->authority), ==, 0);
}

int
main (int argc, char **argv)
{
#define ADD(name, function)                                                                                  \
  g_test_add ("/door/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("anothers-job-does-not-exist", test_anothers_job_does_not_exist);
  ADD ("ids-of-others-in-the-manager", test_ids_of_others_in_the_manager);
  ADD ("list-all", test_list_all);
  ADD ("rights", test_rights);
  ADD ("taken-over", test_taken_over);
  ADD ("leaves-while-asked", test_leaves_while_asked);
  ADD ("ends-while-asked", test_ends_while_asked);
  return g_test_run ();
}
