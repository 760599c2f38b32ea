/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Fills and empties the queue as fast as the bus allows, for bench.py.
 *
 *   bench-queue --address A create  --jobs N --connections C --pending P --directory D
 *     makes N suspended jobs of one file each; every connection keeps P calls under way
 *   bench-queue --address A cancel  --jobs N
 *     cancels N jobs drawn from the whole list, one after another
 * Both print "key value" lines. */

#include <stdio.h>
#include <stdlib.h>

#include <gio/gio.h>

#define NAME "org.example.BackgroundCopy"
#define ROOT "/org/example/BackgroundCopy"
#define PAGE 1000 /* jobs, the most that ListJobs gives at once */

typedef struct {
  GMainLoop *loop;    /* (owned) */
  int jobs;           /* wanted in all */
  int begun;
  int done;
  int failed;
  const char *directory;
  char *first_error;  /* (owned) (nullable) */
} Bench;

/* One chain of calls: CreateJob, AddFile, and again. */
typedef struct {
  Bench *bench;                 /* (unowned) */
  GDBusConnection *connection;  /* (owned) */
  int number;                   /* of the job it is making */
} Lane;

static void lane_next (Lane *lane);

static void
bench_count (Bench *bench, gboolean good, GError *error)
{
  if (good)
    bench->done++;
  else
    bench->failed++;
  if (error != NULL && bench->first_error == NULL)
    bench->first_error = g_strdup (error->message);
  if (bench->done + bench->failed == bench->jobs)
    g_main_loop_quit (bench->loop);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer data)
{
  Lane *lane = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  bench_count (lane->bench, reply != NULL, error);
  lane_next (lane);
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Lane *lane = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autofree char *local = NULL;
  const char *path;

  if (reply == NULL)
    {
      bench_count (lane->bench, FALSE, error);
      lane_next (lane);
      return;
    }
  g_variant_get (reply, "(&o)", &path);
  local = g_strdup_printf ("%s/file-%d", lane->bench->directory, lane->number);
  g_dbus_connection_call (lane->connection, NAME, path, NAME ".Job", "AddFile",
                          g_variant_new ("(ssa{sv})", "http://127.0.0.1:9/some/where/file", local, NULL),
                          NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_added, lane);
}

static void
lane_next (Lane *lane)
{
  g_autofree char *name = NULL;

  if (lane->bench->begun == lane->bench->jobs)
    return;
  lane->number = lane->bench->begun++;
  name = g_strdup_printf ("job %d", lane->number);
  g_dbus_connection_call (lane->connection, NAME, ROOT, NAME ".Manager", "CreateJob",
                          g_variant_new ("(ssa{sv})", name, "download", NULL),
                          NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, on_created, lane);
}

static GDBusConnection *
dial (const char *address)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
    address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);

  if (connection == NULL)
    {
      fprintf (stderr, "bench-queue: %s\n", error->message);
      exit (EXIT_FAILURE);
    }
  return connection;
}

static int
create (const char *address, int jobs, int connections, int pending, const char *directory)
{
  Bench bench = { g_main_loop_new (NULL, FALSE), jobs, 0, 0, 0, directory, NULL };
  g_autofree Lane *lanes = g_new0 (Lane, (gsize) (connections * pending));
  gint64 begun, took;

  for (int c = 0; c < connections; c++)
    for (int p = 0; p < pending; p++)
      {
        Lane *lane = &lanes[c * pending + p];

        lane->bench = &bench;
        lane->connection = p == 0 ? dial (address) : g_object_ref (lanes[c * pending].connection);
      }
  begun = g_get_monotonic_time ();
  for (int i = 0; i < connections * pending; i++)
    lane_next (&lanes[i]);
  g_main_loop_run (bench.loop);
  took = g_get_monotonic_time () - begun;
  printf ("created %d\nfailed %d\nseconds %.3f\nrate %.1f\n", bench.done, bench.failed, (double) took / 1e6,
          bench.done * 1e6 / (double) took);
  if (bench.first_error != NULL)
    printf ("first-error %s\n", bench.first_error);
  for (int i = 0; i < connections * pending; i++)
    g_object_unref (lanes[i].connection);
  g_main_loop_unref (bench.loop);
  g_free (bench.first_error);
  return bench.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Adds one page of the list of jobs; its length, or -1. */
static int
list_page (GDBusConnection *connection, guint offset, GPtrArray *paths)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariantIter) iter = NULL;
  GVariantBuilder options;
  const char *path;
  int count = 0;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&options, "{sv}", "offset", g_variant_new_uint32 (offset));
  g_variant_builder_add (&options, "{sv}", "limit", g_variant_new_uint32 (PAGE));
  reply = g_dbus_connection_call_sync (connection, NAME, ROOT, NAME ".Manager", "ListJobs",
                                       g_variant_new ("(a{sv})", &options), G_VARIANT_TYPE ("(ao)"),
                                       G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &error);
  if (reply == NULL)
    {
      fprintf (stderr, "bench-queue: ListJobs: %s\n", error->message);
      return -1;
    }
  g_variant_get (reply, "(ao)", &iter);
  for (; g_variant_iter_next (iter, "&o", &path); count++)
    g_ptr_array_add (paths, g_strdup (path));
  return count;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static int
cancel (const char *address, int jobs, guint32 seed)
{
  g_autoptr (GDBusConnection) connection = dial (address);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  int failed = 0, got;

  do
    got = list_page (connection, paths->len, paths);
  while (got == PAGE);
  for (int i = 0; i < jobs && paths->len > 0; i++)
    {
      guint chosen = (guint) g_rand_int_range (random, 0, (gint32) paths->len);
      gint64 begun = g_get_monotonic_time (), took;
      g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
        connection, NAME, g_ptr_array_index (paths, chosen), NAME ".Job", "Cancel", NULL, NULL,
        G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL);

      took = g_get_monotonic_time () - begun;
      g_array_append_val (times, took);
      failed += reply == NULL;
      g_ptr_array_remove_index_fast (paths, chosen);
    }
  if (times->len == 0)
    return EXIT_FAILURE;
  g_array_sort (times, compare);
  printf ("cancelled %u\nfailed %d\np50-ms %.3f\np99-ms %.3f\nmax-ms %.3f\n", times->len, failed,
          (double) g_array_index (times, gint64, times->len / 2) / 1e3,
          (double) g_array_index (times, gint64, times->len * 99 / 100) / 1e3,
          (double) g_array_index (times, gint64, times->len - 1) / 1e3);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  g_autofree char *address = NULL, *directory = NULL;
  int jobs = 1000, connections = 4, pending = 32, seed = 1;
  const GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &address, "Of the bus", "ADDRESS" },
    { "directory", 0, 0, G_OPTION_ARG_FILENAME, &directory, "Where the jobs' files would go", "DIRECTORY" },
    { "jobs", 0, 0, G_OPTION_ARG_INT, &jobs, "How many", "N" },
    { "connections", 0, 0, G_OPTION_ARG_INT, &connections, "Side by side", "N" },
    { "pending", 0, 0, G_OPTION_ARG_INT, &pending, "Calls under way on each", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of the choice of jobs", "N" },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("create|cancel");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2 || address == NULL)
    {
      fprintf (stderr, "bench-queue: %s\n", error != NULL ? error->message
               : "usage: --address A create|cancel");
      return 2;
    }
  if (g_str_equal (argv[1], "create"))
    return create (address, jobs, connections, pending, directory != NULL ? directory : g_get_tmp_dir ());
  return cancel (address, jobs, (guint32) seed);
}
