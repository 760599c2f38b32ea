/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Ten thousand calls made from the published interfaces at every method and property, right ones, nearly
 * right ones and nonsense, up to 128 pending on each of three connections, while the clock moves, jobs run
 * and fail and connections leave. Each call is answered with values as published or with a named error,
 * nothing is logged as a warning (they are fatal in tests), and the service still serves at the end.
 *
 * --seed=… as GLib prints it repeats the calls; FUZZ_BUS_CALLS is their number. */

#include <stdlib.h>
#include <string.h>

#include "../unit/service/bus-fixture.h"
#include "base/bgc-error.h"
#include "fuzz-value.h"

#define CALLS_DEFAULT 10000u
/* Of one connection; what a bus allows. */
#define PENDING_MAX 128u
#define N_CLIENTS 3u

typedef struct Fuzz Fuzz;

typedef struct {
  Fuzz *fuzz;                  /* borrowed */
  GDBusConnection *connection; /* (owned) */
  guint32 uid;
  guint pending;
  gboolean leaving;            /* we close it: its calls end without an answer */
} Client;

struct Fuzz {
  BusFixture bus;
  GDBusNodeInfo *node;   /* (owned) as published */
  Client clients[N_CLIENTS];
  GPtrArray *words;      /* (owned) (element-type utf8) strings worth trying */
  GPtrArray *paths;      /* (owned) (element-type utf8) of jobs that there are, or were */
  guint n_sent, n_answered, n_good, n_ours, n_binding, n_closed;
};

/* One call under way. */
typedef struct {
  Client *client;        /* borrowed */
  char *what;            /* (owned) for messages */
  char *reply_type;      /* (owned) (nullable) as published; NULL = the call itself was wrong */
} Shot;

static GVariant *
value_for (Fuzz *fuzz, const char *signature)
{
  g_autofree char *other = NULL;

  if (fuzz_value_once_in (12))
    signature = other = fuzz_value_signature ();
  return fuzz_value_of_type (G_VARIANT_TYPE (signature), fuzz->words);
}

static char *
random_path (Fuzz *fuzz, gboolean of_job)
{
  static const char *const odd[] = { "/", "/org", BUS_FIXTURE_ROOT "/Job", BUS_FIXTURE_ROOT "/Job/0",
                                     BUS_FIXTURE_ROOT "/Job/00000000000000000000000000000000",
                                     BUS_FIXTURE_ROOT "/Job/0000000000000000000000000000000F" };

  if (fuzz_value_once_in (20))
    return g_strdup (odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))]);
  if (fuzz_value_once_in (30))
    of_job = !of_job;
  if (!of_job || fuzz->paths->len == 0)
    return g_strdup (BUS_FIXTURE_ROOT);
  return g_strdup (g_ptr_array_index (fuzz->paths, g_test_rand_int_range (0, (gint32) fuzz->paths->len)));
}

/* What is known to be wrong must not be answered with a value of a type that was never published. */
static void
check_good (Shot *shot, GVariant *reply)
{
  if (shot->reply_type != NULL && !g_str_equal (g_variant_get_type_string (reply), shot->reply_type))
    g_error ("%s: answered with %s instead of %s", shot->what, g_variant_get_type_string (reply),
             shot->reply_type);
}

static void
check_error (Fuzz *fuzz, Shot *shot, const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  BgcErrorCode code;

  if (shot->client->leaving && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    {
      fuzz->n_closed++;
      return;
    }
  if (name == NULL)
    g_error ("%s: %s", shot->what, error->message);
  if (g_str_has_prefix (name, BGC_ERROR_PREFIX) && bgc_error_from_name (name, &code))
    fuzz->n_ours++;
  else if (g_str_has_prefix (name, "org.freedesktop.DBus.Error.") && !g_str_has_suffix (name, ".NoReply"))
    fuzz->n_binding++;
  else
    g_error ("%s: %s", shot->what, error->message);
}

static void
learn_path (Fuzz *fuzz, GVariant *reply)
{
  char *path;

  if (!g_variant_is_of_type (reply, G_VARIANT_TYPE ("(o)")))
    return;
  g_variant_get (reply, "(o)", &path);
  if (fuzz->paths->len < 500)
    g_ptr_array_add (fuzz->paths, g_strdup (path));
  else
    {
      guint place = (guint) g_test_rand_int_range (0, 500);

      g_free (fuzz->paths->pdata[place]);
      fuzz->paths->pdata[place] = g_strdup (path);
    }
  g_free (path);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Shot *shot = data;
  Fuzz *fuzz = shot->client->fuzz;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  fuzz->n_answered++;
  shot->client->pending--;
  if (reply != NULL)
    {
      fuzz->n_good++;
      check_good (shot, reply);
      learn_path (fuzz, reply);
    }
  else
    {
      check_error (fuzz, shot, error);
    }
  g_free (shot->what);
  g_free (shot->reply_type);
  g_free (shot);
}

/* @parameters: floating, a tuple. @reply_type: transfer full, nullable. */
static void
shoot (Client *client, const char *path, const char *interface, const char *member, GVariant *parameters,
       char *reply_type)
{
  Fuzz *fuzz = client->fuzz;
  Shot *shot = g_new0 (Shot, 1);

  shot->client = client;
  shot->what = g_strdup_printf ("%s %s.%s %s", path, interface, member,
                                g_variant_get_type_string (parameters));
  shot->reply_type = reply_type;
  client->pending++;
  fuzz->n_sent++;
  g_dbus_connection_call (client->connection, g_dbus_connection_get_unique_name (fuzz->bus.server), path,
                          interface,
                          member, parameters, NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, answered_cb,
                          shot);
}

static char *
type_of (GDBusArgInfo **args)
{
  GString *type = g_string_new ("(");

  for (guint i = 0; args != NULL && args[i] != NULL; i++)
    g_string_append (type, args[i]->signature);
  g_string_append_c (type, ')');
  return g_string_free (type, FALSE);
}

/* A call that has a chance: a job with files that exist in nobody's mind but the fake's. */
static void
shoot_submit (Client *client)
{
  g_autofree char *text =
    g_strdup_printf ("('j', 'download', [('http://h.example.org/f', '/srv/%d', @a{sv} {})],"
                     " {'AutoComplete': <%s>, 'NotifyFlags': <['modification', 'file-transferred',"
                     " 'transferred', 'error']>})",
                     g_test_rand_int (), fuzz_value_once_in (2) ? "true" : "false");
  GVariant *parameters = g_variant_parse (NULL, text, NULL, NULL, NULL);

  shoot (client, BUS_FIXTURE_ROOT, BUS_FIXTURE_MANAGER, "Submit", parameters, g_strdup ("(o)"));
  g_variant_unref (parameters);
}

static void
shoot_method (Client *client, GDBusInterfaceInfo *interface)
{
  Fuzz *fuzz = client->fuzz;
  guint n_methods = 0;
  GDBusMethodInfo *method;
  g_autofree char *path = random_path (fuzz, g_str_equal (interface->name, BUS_FIXTURE_JOB));
  GVariantBuilder builder;

  while (interface->methods[n_methods] != NULL)
    n_methods++;
  method = interface->methods[g_test_rand_int_range (0, (gint32) n_methods)];
  g_variant_builder_init (&builder, G_VARIANT_TYPE_TUPLE);
  for (guint i = 0; method->in_args != NULL && method->in_args[i] != NULL; i++)
    {
      if (!fuzz_value_once_in (60))
        g_variant_builder_add_value (&builder, value_for (fuzz, method->in_args[i]->signature));
    }
  if (fuzz_value_once_in (60))
    g_variant_builder_add_value (&builder, value_for (fuzz, "s"));
  shoot (client, path, interface->name, fuzz_value_once_in (100) ? "Fly" : method->name,
         g_variant_builder_end (&builder), type_of (method->out_args));
}

static void
shoot_property (Client *client, GDBusInterfaceInfo *interface)
{
  Fuzz *fuzz = client->fuzz;
  guint n_properties = 0;
  GDBusPropertyInfo *property;
  g_autofree char *path = random_path (fuzz, g_str_equal (interface->name, BUS_FIXTURE_JOB));
  const char *interface_name = fuzz_value_once_in (30) ? "org.example.Nothing" : interface->name;
  const char *name;

  while (interface->properties[n_properties] != NULL)
    n_properties++;
  property = interface->properties[g_test_rand_int_range (0, (gint32) n_properties)];
  name = fuzz_value_once_in (30) ? "Colour" : property->name;
  switch (g_test_rand_int_range (0, 3))
    {
    case 0:
      shoot (client, path, BUS_FIXTURE_PROPERTIES, "Get", g_variant_new ("(ss)", interface_name, name),
             g_strdup ("(v)"));
      break;
    case 1:
      shoot (client, path, BUS_FIXTURE_PROPERTIES, "GetAll", g_variant_new ("(s)", interface_name),
             g_strdup ("(a{sv})"));
      break;
    default:
      shoot (client, path, BUS_FIXTURE_PROPERTIES, "Set",
             g_variant_new ("(ssv)", interface_name, name, value_for (fuzz,
                                                                      property->signature)), g_strdup ("()"));
      break;
    }
}

static void
shoot_standard (Client *client)
{
  Fuzz *fuzz = client->fuzz;
  g_autofree char *path = random_path (fuzz, TRUE);

  if (fuzz_value_once_in (3))
    shoot (client, BUS_FIXTURE_ROOT, BUS_FIXTURE_OBJECT_MANAGER, "GetManagedObjects", g_variant_new ("()"),
           g_strdup ("(a{oa{sa{sv}}})"));
  else if (fuzz_value_once_in (2))
    shoot (client, path, "org.freedesktop.DBus.Introspectable", "Introspect", g_variant_new ("()"),
           g_strdup ("(s)"));
  else
    shoot (client, path, "org.freedesktop.DBus.Peer", "Ping", g_variant_new ("()"), g_strdup ("()"));
}

static void
shoot_something (Client *client)
{
  guint n_interfaces = 2;
  GDBusInterfaceInfo *interface =
    client->fuzz->node->interfaces[g_test_rand_int_range (0, (gint32) n_interfaces)];

  switch (g_test_rand_int_range (0, 20))
    {
    case 0:
      shoot_standard (client);
      break;
    case 1:
    case 2:
      shoot_submit (client);
      break;
    case 3:
    case 4:
    case 5:
    case 6:
      shoot_property (client, interface);
      break;
    default:
      shoot_method (client, interface);
      break;
    }
}

/* ---- what happens around the calls --------------------------------------------------------------- */

static void
move_some_job (Fuzz *fuzz)
{
  const char *path;
  const BgcJob *job;
  const BgcFile *file;

  if (fuzz->paths->len == 0)
    return;
  path = g_ptr_array_index (fuzz->paths, g_test_rand_int_range (0, (gint32) fuzz->paths->len));
  job = bus_fixture_job (&fuzz->bus, path);
  if (job == NULL || !bgc_workers_fake_is_running (fuzz->bus.workers, &job->id)
      || bgc_file_list_length (job->files) == 0)
    return;
  file = bgc_file_list_at (job->files, 0);
  if (file->state != BGC_FILE_PENDING)
    return;
  switch (g_test_rand_int_range (0, 3))
    {
    case 0:
      bgc_workers_fake_report_progress (fuzz->bus.workers, job, file->index, file->bytes_transferred,
                                        file->bytes_total);
      break;
    case 1:
      bgc_workers_fake_report_failed (fuzz->bus.workers, job, file->index,
                                      bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT,
                                                       fuzz_value_once_in (2), "made up"));
      break;
    default:
      bgc_workers_fake_report_whole (fuzz->bus.workers, job, file->index,
                                     file->bytes_total != BGC_SIZE_UNKNOWN ? file->bytes_total : 10);
      break;
    }
}

static void
replace_client (Fuzz *fuzz, Client *client)
{
  client->leaving = TRUE;
  g_dbus_connection_close_sync (client->connection, NULL, NULL);
  while (client->pending > 0)
    bus_fixture_step (&fuzz->bus, TRUE);
  g_object_unref (client->connection);
  client->connection = bus_fixture_connect (&fuzz->bus, client->uid);
  client->leaving = FALSE;
}

static void
disturb (Fuzz *fuzz)
{
  if (fuzz_value_once_in (3))
    move_some_job (fuzz);
  if (fuzz_value_once_in (20))
    bgc_clock_fake_advance (fuzz->bus.clock, g_test_rand_int_range (1, 3 * G_USEC_PER_SEC));
  if (fuzz_value_once_in (300))
    bgc_workers_fake_lose (fuzz->bus.workers, BUS_FIXTURE_ALICE);
  if (fuzz_value_once_in (3000))
    replace_client (fuzz, &fuzz->clients[g_test_rand_int_range (0, N_CLIENTS)]);
}

/* ---- the test ------------------------------------------------------------------------------------ */

static void
add_word (Fuzz *fuzz, const char *word)
{
  g_ptr_array_add (fuzz->words, g_strdup (word));
}

static void
learn_words (Fuzz *fuzz)
{
  static const char *const words[] = {
    "download", "upload", "upload-reply", "foreground", "low", "transferred", "error", "disable",
    "modification", "queued", "suspended", "all-users", "state", "offset", "limit", "size", "checksum",
    "overwrite", "ranges", "mirrors", "server", "basic", "Empty", "0x80200010", "0x", "0x80190194",
    BGC_ERROR_PREFIX "Empty", BGC_ERROR_PREFIX, "%s%n", "*", "bgcopyd", "/srv/a", "http://host/a",
    "a\tb\nc\x01"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    add_word (fuzz, words[i]);
  for (guint i = 0; fuzz->node->interfaces[i] != NULL; i++)
    {
      GDBusInterfaceInfo *interface = fuzz->node->interfaces[i];

      add_word (fuzz, interface->name);
      for (guint k = 0; interface->properties[k] != NULL; k++)
        add_word (fuzz, interface->properties[k]->name);
    }
}

static void
set_up (Fuzz *fuzz)
{
  static const guint32 uids[N_CLIENTS] = { BUS_FIXTURE_ALICE, BUS_FIXTURE_BOB, 0 };
  g_autofree char *path = g_build_filename (g_getenv ("TOP_SRCDIR"), "dbus",
                                            "org.example.BackgroundCopy.xml", NULL);
  g_autofree char *xml = NULL;
  GError *error = NULL;

  g_file_get_contents (path, &xml, NULL, &error);
  g_assert_no_error (error);
  fuzz->node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  bus_fixture_set_up (&fuzz->bus, NULL);
  fuzz->words = g_ptr_array_new_with_free_func (g_free);
  fuzz->paths = g_ptr_array_new_with_free_func (g_free);
  learn_words (fuzz);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      fuzz->clients[i] = (Client) { fuzz, bus_fixture_connect (&fuzz->bus, uids[i]), uids[i], 0 };
    }
}

static void
tear_down (Fuzz *fuzz)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_dbus_connection_close_sync (fuzz->clients[i].connection, NULL, NULL);
      g_object_unref (fuzz->clients[i].connection);
    }
  bus_fixture_tear_down (&fuzz->bus, NULL);
  g_ptr_array_unref (fuzz->paths);
  g_ptr_array_unref (fuzz->words);
  g_dbus_node_info_unref (fuzz->node);
}

static void
test_generated_calls (void)
{
  const char *text = g_getenv ("FUZZ_BUS_CALLS");
  guint n_calls = text != NULL ? (guint) strtoul (text, NULL, 10) : CALLS_DEFAULT;
  Fuzz fuzz = { 0 };

  set_up (&fuzz);
  while (fuzz.n_sent < n_calls)
    {
      Client *client = &fuzz.clients[g_test_rand_int_range (0, N_CLIENTS)];

      while (client->pending >= PENDING_MAX)
        bus_fixture_step (&fuzz.bus, TRUE);
      shoot_something (client);
      bus_fixture_step (&fuzz.bus, FALSE);
      disturb (&fuzz);
    }
  while (fuzz.n_answered < fuzz.n_sent)
    bus_fixture_step (&fuzz.bus, TRUE);
  bus_fixture_settle (&fuzz.bus);
  g_test_message ("%u calls: %u good, %u errors of ours, %u of the binding", fuzz.n_answered, fuzz.n_good,
                  fuzz.n_ours,
                  fuzz.n_binding);
  g_assert_cmpuint (bgc_service_calls (fuzz.bus.service), ==, 0);
  g_free (bus_fixture_make_job (&fuzz.bus, "still served"));
  /* Each kind was met: the calls are neither all nonsense nor all harmless. */
  g_assert_cmpuint (fuzz.n_good, >, n_calls / 20);
  g_assert_cmpuint (fuzz.n_ours, >, n_calls / 20);
  g_assert_cmpuint (fuzz.n_binding, >, n_calls / 20);
  tear_down (&fuzz);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fuzz-bus/generated-calls", test_generated_calls);
  return g_test_run ();
}
