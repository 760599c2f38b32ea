/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-top-table.h"

#include <locale.h>
#include <string.h>

#include "client/bgc-display.h"
#include "client/bgc-job-view.h"

#define JOB "/org/example/BackgroundCopy/Job/"
#define NOW G_GINT64_CONSTANT (1700000000000000) /* 22:13:20 */

typedef struct
{
  GPtrArray *jobs;
  GVariant *manager;
} Scene;

static void
add_job (Scene *self, const char *id, const char *properties)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (properties));
  g_autofree char *path = g_strconcat (JOB, id, NULL);
  BgcJobView *view = bgc_job_view_new (path);

  bgc_job_view_update (view, value);
  g_ptr_array_add (self->jobs, view);
}

static void
set_up (Scene *self, gconstpointer data)
{
  self->jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_view_free);
  self->manager = g_variant_ref_sink (g_variant_new_parsed (
    "{'Counters':"
    " <{'received': uint64 2048, 'sent': uint64 0, 'refetched': uint64 1, 'saved': uint64 1024}>,"
    " 'Bandwidth':"
    " <{'Limit': <uint64 1048576>, 'LimitLow': <uint64 0>, 'Until': <int64 1700000400000000>}>}"));
  add_job (self, "0123456789abcdef0123456789abcdef",
           "{'State': <'transferring'>, 'Priority': <'low'>, 'DisplayName': <'one.iso'>, 'Owner': <uint32 0>,"
           " 'BytesTotal': <uint64 10240>, 'BytesTransferred': <uint64 4096>, 'Rate': <uint64 1024>,"
           " 'YieldsTo': <'others'>}");
  add_job (self, "fedcba9876543210fedcba9876543210",
           "{'State': <'transferring'>, 'Priority': <'foreground'>, 'DisplayName': <'two.iso'>,"
           " 'Owner': <uint32 0>, 'BytesTransferred': <uint64 512>, 'Rate': <uint64 1024>,"
           " 'YieldsTo': <'nobody'>}");
  add_job (self, "00000000000000000000000000000003",
           "{'State': <'queued'>, 'Priority': <'normal'>, 'DisplayName': <'three\\u001b.iso'>,"
           " 'Owner': <uint32 0>, 'WaitReason': <'bandwidth-policy'>,"
           " 'NextAttempt': <int64 1700000400000000>}");
}

static void
tear_down (Scene *self, gconstpointer data)
{
  g_ptr_array_unref (self->jobs);
  g_variant_unref (self->manager);
}

static char **
render (Scene *self, guint columns, guint rows, gboolean owners)
{
  const BgcTopTable table = { .jobs = self->jobs,
                              .running = 2,
                              .waiting = 1,
                              .manager = self->manager,
                              .now = NOW,
                              .owners = owners,
                              .unicode = TRUE,
                              .columns = columns,
                              .rows = rows };
  g_autofree char *text = bgc_top_table_render (&table);

  g_assert_true (g_str_has_suffix (text, "\n"));
  text[strlen (text) - 1] = '\0';
  return g_strsplit (text, "\n", -1);
}

static void
test_whole (Scene *self, gconstpointer data)
{
  g_auto (GStrv) lines = render (self, 0, 0, TRUE);

  g_assert_cmpuint (g_strv_length (lines), ==, 8);
  g_assert_cmpstr (lines[0], ==, "2023-11-14T22:13:20+00:00  2 jobs run, 1 waits  2.0 KiB/s");
  g_assert_cmpstr (lines[1], ==, "2.0 KiB received, 0 B sent, 1 B fetched again, 1.0 KiB saved by resuming");
  g_assert_cmpstr (lines[2], ==, "At most: all 1.0 MiB/s, low nothing until 22:20");
  g_assert_cmpstr (lines[3], ==, "");
  g_assert_cmpstr (lines[4], ==,
                   "ID       OWNER      STATE        PRIORITY   PROGRESS                  RATE     LEFT "
                   "NAME                 WHY");
  g_assert_cmpstr (lines[5], ==,
                   "01234567 root       transferring low        40% of 10.0 KiB      1.0 KiB/s     0:06 "
                   "one.iso              yields to others");
  g_assert_cmpstr (lines[6], ==,
                   "fedcba98 root       transferring foreground 512 B                1.0 KiB/s          "
                   "two.iso");
  g_assert_cmpstr (lines[7], ==,
                   "00000000 root       queued       normal     0 B                                     "
                   "three\\x1B.iso        waiting for the timetable until 22:20");
}

/* No line is wider than the terminal, however narrow; what says why stays longest. */
static void
test_width (Scene *self, gconstpointer data)
{
  for (guint columns = 1; columns < 200; columns++)
    {
      g_auto (GStrv) lines = render (self, columns, 0, columns % 2);

      for (guint i = 0; lines[i] != NULL; i++)
        g_assert_cmpuint (bgc_display_columns (lines[i]), <=, columns);
    }
}

static void
test_eighty (Scene *self, gconstpointer data)
{
  g_auto (GStrv) lines = render (self, 80, 0, FALSE);

  g_assert_nonnull (strstr (lines[4], "WHY, OR NAME"));
  g_assert_null (strstr (lines[4], "PRIORITY"));
  g_assert_true (g_str_has_suffix (lines[5], " yields to others"));
  g_assert_true (g_str_has_suffix (lines[6], " two.iso"));
  g_assert_true (g_str_has_suffix (lines[7], " waiting for the t…"));
}

static void
test_height (Scene *self, gconstpointer data)
{
  for (guint rows = 5; rows < 12; rows++)
    {
      g_auto (GStrv) lines = render (self, 80, rows, FALSE);

      g_assert_cmpuint (g_strv_length (lines), ==, MIN (rows, 8));
    }
  g_assert_cmpuint (bgc_top_table_room (3), ==, 0);
}

/* An older service says less. */
static void
test_without_sums (Scene *self, gconstpointer data)
{
  const BgcTopTable table = { .jobs = self->jobs, .waiting = 1000, .now = NOW };
  g_autofree char *text = bgc_top_table_render (&table);

  g_assert_nonnull (strstr (text, "0 jobs run, 1000+ wait  2.0 KiB/s\n\nID "));
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/top-table/" name, Scene, NULL, set_up, function, tear_down)
  ADD ("whole", test_whole);
  ADD ("width", test_width);
  ADD ("eighty", test_eighty);
  ADD ("height", test_height);
  ADD ("without-sums", test_without_sums);
  return g_test_run ();
}
