/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "workers/bgc-worker-counters.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hand-worker.h"

#define PAGE    4096
#define WORKERS 3

/* Workers of users 1, 2 and so on. */
typedef struct
{
  BgcClockFake *clock;
  BgcWorkerCounters *counters;
  HandWorker *workers[WORKERS];
  BgcWorkerLink *links[WORKERS];
  HandLink seen[WORKERS];
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->clock = bgc_clock_fake_new (0, 0);
  fixture->counters = bgc_worker_counters_new ();
  for (guint i = 0; i < WORKERS; i++)
    fixture->links[i] = hand_link_new (&fixture->seen[i], &fixture->workers[i], BGC_CLOCK (fixture->clock));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < WORKERS; i++)
    {
      g_assert_false (fixture->seen[i].broken);
      bgc_worker_link_free (fixture->links[i]);
      hand_worker_free (fixture->workers[i]);
      hand_link_clear (&fixture->seen[i]);
    }
  hand_settle ();
  bgc_worker_counters_free (fixture->counters);
  g_clear_object (&fixture->clock);
}

static void
join (Fixture *fixture, guint i)
{
  bgc_worker_counters_join (fixture->counters, i + 1, fixture->links[i]);
}

/* What worker @i was told last; "" = nothing. */
static const char *
told (Fixture *fixture, guint i)
{
  GPtrArray *calls = fixture->workers[i]->calls;

  return calls->len == 0 ? "" : g_ptr_array_index (calls, calls->len - 1);
}

static void
wait_told (Fixture *fixture, guint i, const char *what)
{
  hand_wait_until (g_str_equal (told (fixture, i), what));
  hand_wait_until (bgc_worker_link_pending (fixture->links[i]) == 0);
}

#define ALONE "ShareCounters (0, [])"
#define TWO   "ShareCounters (0, [1])"
#define THREE "ShareCounters (0, [1, 2])"

static int
descriptor (Fixture *fixture, guint worker, guint number)
{
  int count;
  const int *all = g_unix_fd_list_peek_fds (fixture->workers[worker]->descriptors, &count);

  g_assert_cmpuint (number, <, (guint)count);
  return all[number];
}

static void
test_set (Fixture *fixture, gconstpointer data)
{
  join (fixture, 0);
  wait_told (fixture, 0, ALONE);
  join (fixture, 1);
  wait_told (fixture, 0, TWO);
  wait_told (fixture, 1, TWO);
  join (fixture, 2);
  for (guint i = 0; i < WORKERS; i++)
    wait_told (fixture, i, THREE);
  bgc_worker_counters_leave (fixture->counters, 2);
  wait_told (fixture, 0, TWO);
  wait_told (fixture, 2, TWO);
  g_assert_cmpstr (told (fixture, 1), ==, THREE);
  /* Nobody left. */
  bgc_worker_counters_leave (fixture->counters, 77);
  g_assert_cmpuint (bgc_worker_link_pending (fixture->links[0]), ==, 0);
}

/* What one writes, the other reads, and can do nothing else with it. */
static void
test_page (Fixture *fixture, gconstpointer data)
{
  g_autofree char *again = NULL;
  guint64 *own;
  const guint64 *shown;
  struct stat status;
  int fd;

  join (fixture, 0);
  join (fixture, 1);
  wait_told (fixture, 0, TWO);
  wait_told (fixture, 1, TWO);
  own = mmap (NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor (fixture, 0, 0), 0);
  g_assert_true (own != MAP_FAILED);
  fd = descriptor (fixture, 1, 1);
  shown = mmap (NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  g_assert_true (shown != MAP_FAILED);
  own[7] = 4711;
  g_assert_cmpuint (shown[7], ==, 4711);
  g_assert_true (mmap (NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  g_assert_cmpint (mprotect ((void *)shown, PAGE, PROT_READ | PROT_WRITE), !=, 0);
  g_assert_cmpint (write (fd, own, 1), <, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0400);
  again = g_strdup_printf ("/proc/self/fd/%d", fd);
  /* The superuser may open anything, but his worker has no capability. */
  if (geteuid () != 0)
    g_assert_cmpint (open (again, O_RDWR | O_CLOEXEC), <, 0);
  munmap (own, PAGE);
  munmap ((void *)shown, PAGE);
}

/* Nobody can take the memory from under a reader. */
static void
test_sealed (Fixture *fixture, gconstpointer data)
{
  int own;

  join (fixture, 0);
  wait_told (fixture, 0, ALONE);
  own = descriptor (fixture, 0, 0);
  g_assert_cmpint (ftruncate (own, 0), !=, 0);
  g_assert_cmpint (ftruncate (own, 2 * PAGE), !=, 0);
  g_assert_cmpint (fcntl (own, F_ADD_SEALS, F_SEAL_WRITE), !=, 0);
}

/* A worker that is slow to answer is told once more, of how it is then. */
static void
test_slow (Fixture *fixture, gconstpointer data)
{
  guint before;

  fixture->workers[0]->mute = TRUE;
  join (fixture, 0);
  hand_wait_until (fixture->workers[0]->calls->len == 1);
  for (guint i = 0; i < 5; i++)
    {
      join (fixture, 1);
      join (fixture, 2);
      bgc_worker_counters_leave (fixture->counters, 2);
      bgc_worker_counters_leave (fixture->counters, 3);
    }
  join (fixture, 1);
  wait_told (fixture, 1, TWO);
  before = fixture->workers[0]->calls->len;
  g_assert_cmpuint (before, ==, 1);
  fixture->workers[0]->mute = FALSE;
  hand_worker_answer_held (fixture->workers[0]);
  wait_told (fixture, 0, TWO);
  g_assert_cmpuint (fixture->workers[0]->calls->len, ==, 2);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  while (g_dir_read_name (directory) != NULL)
    count++;
  return count;
}

/* A worker that comes and goes leaves nothing behind. */
static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
  guint before;

  join (fixture, 0);
  wait_told (fixture, 0, ALONE);
  before = count_descriptors ();
  for (guint i = 0; i < 20; i++)
    {
      join (fixture, 1);
      wait_told (fixture, 0, TWO);
      bgc_worker_counters_leave (fixture->counters, 2);
      wait_told (fixture, 0, ALONE);
    }
  g_clear_object (&fixture->workers[1]->descriptors);
  hand_settle ();
  g_assert_cmpuint (count_descriptors (), <=, before + 2);
}

/* When all go, nobody is told. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  join (fixture, 0);
  join (fixture, 1);
  wait_told (fixture, 0, TWO);
  wait_told (fixture, 1, TWO);
  bgc_worker_counters_stop (fixture->counters);
  bgc_worker_counters_leave (fixture->counters, 2);
  g_assert_cmpuint (bgc_worker_link_pending (fixture->links[0]), ==, 0);
}

#define ADD(name, function) g_test_add ("/worker-counters/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("set", test_set);
  ADD ("page", test_page);
  ADD ("sealed", test_sealed);
  ADD ("slow", test_slow);
  ADD ("descriptors", test_descriptors);
  ADD ("stopped", test_stopped);
  return g_test_run ();
}
