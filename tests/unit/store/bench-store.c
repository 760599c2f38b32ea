/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How fast the queue is: bench-store [JOBS [DIRECTORY]]. A caller keeps 128 changes in flight, as a bus
 * connection may; meanwhile urgent changes are timed one by one. */

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgc-store-sample.h"
#include "store/bgc-store-sqlite.h"

#define IN_FLIGHT 128u

typedef struct {
  BgcStore *store;
  guint jobs;
  guint begun;
  guint ended;
  guint in_flight;
  guint urgent_in_flight;
  gint64 urgent_since;
  GArray *latencies; /* (element-type gint64) microseconds */
} Bench;

static void begin_urgent (Bench *self);

static void
on_urgent (GObject *source, GAsyncResult *result, gpointer data)
{
  Bench *self = data;
  gint64 latency = g_get_monotonic_time () - self->urgent_since;

  bgc_change_free (bgc_store_commit_finish (self->store, result, NULL));
  g_array_append_val (self->latencies, latency);
  self->urgent_in_flight--;
  if (self->ended < self->jobs)
    begin_urgent (self);
}

static void
begin_urgent (Bench *self)
{
  self->urgent_since = g_get_monotonic_time ();
  self->urgent_in_flight++;
  bgc_store_commit_async (self->store, sample_describe (1, "urgent"), BGC_STORE_URGENT, on_urgent, self);
}

static void
on_commit (GObject *source, GAsyncResult *result, gpointer data)
{
  Bench *self = data;
  BgcChange *change = bgc_store_commit_finish (self->store, result, NULL);

  if (change == NULL)
    g_printerr ("a commit failed\n");
  bgc_change_free (change);
  self->ended++;
  self->in_flight--;
}

static void
fill (Bench *self, guint in_flight)
{
  while (self->ended < self->jobs)
    {
      while (self->in_flight < in_flight && self->begun < self->jobs)
        {
          self->in_flight++;
          bgc_store_commit_async (self->store, sample_create (++self->begun + 1, 1), BGC_STORE_NORMAL,
                                  on_commit, self);
        }
      g_main_context_iteration (NULL, TRUE);
    }
  while (self->urgent_in_flight > 0)
    g_main_context_iteration (NULL, TRUE);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return *(const gint64 *) a < *(const gint64 *) b ? -1 : 1;
}

static void
print_latencies (const char *what, GArray *latencies)
{
  g_array_sort (latencies, compare);
  if (latencies->len > 0)
    g_print ("%s: %u, median %.2f ms, p99 %.2f ms, worst %.2f ms\n", what, latencies->len,
             (double) g_array_index (latencies, gint64, latencies->len / 2) / 1e3,
             (double) g_array_index (latencies, gint64, latencies->len * 99 / 100) / 1e3,
             (double) g_array_index (latencies, gint64, latencies->len - 1) / 1e3);
  g_array_set_size (latencies, 0);
}

static void
print_memory (const char *when)
{
  g_autofree char *status = NULL;
  const char *line;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL)
      && (line = strstr (status, "VmRSS:")) != NULL)
    g_print ("memory %s: %.*s\n", when, (int) strcspn (line, "\n"), line);
}

static void
run_fill (const char *directory, guint jobs, guint in_flight, gboolean urgent, const char *what, guint from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) latencies = g_array_new (FALSE, FALSE, sizeof (gint64));
  Bench self = { bgc_store_sqlite_new (directory, &error), from + jobs, from, from, .latencies = latencies };
  gint64 start;
  double seconds;

  if (self.store == NULL)
    g_error ("%s", error->message);
  if (from == 0)
    sample_commit_ok (self.store, sample_create (1, 1));
  start = g_get_monotonic_time ();
  if (urgent)
    begin_urgent (&self);
  fill (&self, in_flight);
  seconds = (double) (g_get_monotonic_time () - start) / 1e6;
  g_print ("%s: %u jobs in %.2f s, %.0f a second\n", what, jobs, seconds, jobs / seconds);
  print_latencies ("urgent changes meanwhile", latencies);
  print_memory ("after that");
  bgc_store_close (self.store);
  g_object_unref (self.store);
}

static void
run_load (const char *directory)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (BgcStore) store = bgc_store_sqlite_new (directory, &error);
  gint64 opened = g_get_monotonic_time ();
  g_autoptr (GPtrArray) jobs = sample_load (store, NULL);
  gint64 loaded = g_get_monotonic_time ();

  g_print ("open %.3f s, load of %u jobs %.3f s\n", (double) (opened - start) / 1e6, jobs->len,
           (double) (loaded - opened) / 1e6);
  print_memory ("with them");
}

int
main (int argc, char *argv[])
{
  guint jobs = argc > 1 ? (guint) g_ascii_strtoull (argv[1], NULL, 10) : 100000;
  g_autofree char *directory = argc > 2 ? g_build_filename (argv[2], "bench-store", NULL)
      : sample_directory ();

  print_memory ("at first");
  run_fill (directory, MAX (jobs / 50, 1), 1, FALSE, "one by one", 0);
  run_fill (directory, jobs / 2, IN_FLIGHT, FALSE, "128 in flight", jobs / 50);
  run_fill (directory, jobs - jobs / 2 - jobs / 50, IN_FLIGHT, TRUE, "128 in flight and one urgent",
            jobs / 2 + jobs / 50);
  for (guint i = 0; i < 3; i++)
    run_load (directory);
  sample_remove_directory (directory);
  return 0;
}
