/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-shared-counters.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transfer/bgc-courtesy-paths.h"

#define PAGE 4096
/* Microseconds between looks. */
#define TICK 5000

/* The layout, as it is documented. */
typedef struct
{
  guint64 version;
  struct
  {
    guint64 interface, received, sent;
  } entries[8];
} Layout;

/* A page as the daemon makes them. */
static int
make_page (int seals)
{
  int fd = memfd_create ("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, PAGE), ==, 0);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, seals), ==, 0);
  return fd;
}

static Layout *
map_layout (int fd)
{
  Layout *layout = mmap (NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  g_assert_true (layout != MAP_FAILED);
  return layout;
}

/* One that reads what another, played by the test, writes. */
typedef struct
{
  int own;
  int theirs;
  Layout *layout; /* theirs */
  BgcSharedCounters *counters;
  gint64 now;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->own = make_page (F_SEAL_SHRINK);
  fixture->theirs = make_page (F_SEAL_SHRINK);
  fixture->layout = map_layout (fixture->theirs);
  fixture->layout->version = 1;
  fixture->counters = bgc_shared_counters_new ();
  fixture->now = G_USEC_PER_SEC;
  g_assert_true (bgc_shared_counters_use (fixture->counters, fixture->own, &fixture->theirs, 1));
  /* It uses interface 2 too. */
  bgc_shared_counters_add (fixture->counters, 2, &(BgcSharedCount){ 0, 0 });
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  bgc_shared_counters_free (fixture->counters);
  munmap (fixture->layout, PAGE);
  close (fixture->own);
  close (fixture->theirs);
}

static BgcSharedCount
look (Fixture *fixture)
{
  fixture->now += TICK;
  bgc_shared_counters_look (fixture->counters, fixture->now);
  return bgc_shared_counters_grown (fixture->counters, 2);
}

static void
say (Fixture *fixture, guint i, guint64 interface, guint64 received, guint64 sent)
{
  fixture->layout->entries[i].interface = interface;
  fixture->layout->entries[i].received = received;
  fixture->layout->entries[i].sent = sent;
}

static void
assert_grown (Fixture *fixture, guint64 received, guint64 sent)
{
  BgcSharedCount grown = look (fixture);

  g_assert_cmpuint (grown.received, ==, received);
  g_assert_cmpuint (grown.sent, ==, sent);
}

static void
test_told (Fixture *fixture, gconstpointer data)
{
  Layout *own = map_layout (fixture->own);

  bgc_shared_counters_add (fixture->counters, 2, &(BgcSharedCount){ 100, 10 });
  bgc_shared_counters_add (fixture->counters, 3, &(BgcSharedCount){ 5, 6 });
  bgc_shared_counters_add (fixture->counters, 2, &(BgcSharedCount){ 1, 2 });
  bgc_shared_counters_add (fixture->counters, 0, &(BgcSharedCount){ 1, 2 });
  g_assert_cmpuint (own->version, ==, 1);
  g_assert_cmpuint (own->entries[0].interface, ==, 2);
  g_assert_cmpuint (own->entries[0].received, ==, 101);
  g_assert_cmpuint (own->entries[0].sent, ==, 12);
  g_assert_cmpuint (own->entries[1].interface, ==, 3);
  g_assert_cmpuint (own->entries[1].sent, ==, 6);
  /* More interfaces than a page has room for. */
  for (guint i = 10; i < 30; i++)
    bgc_shared_counters_add (fixture->counters, i, &(BgcSharedCount){ i, i });
  g_assert_cmpuint (own->entries[7].interface, ==, 15);
  g_assert_cmpuint (*(guint64 *)(own + 1), ==, 0);
  munmap (own, PAGE);
}

/* Interfaces come and go, more than there is room for: those that are not used any more make room. */
static void
test_reused (Fixture *fixture, gconstpointer data)
{
  Layout *own = map_layout (fixture->own);

  for (guint i = 2; i < 11; i++)
    bgc_shared_counters_add (fixture->counters, i, &(BgcSharedCount){ 7, 7 });
  g_assert_true (bgc_shared_counters_knows (fixture->counters, 9));
  g_assert_false (bgc_shared_counters_knows (fixture->counters, 10));
  g_assert_false (bgc_shared_counters_knows (fixture->counters, 0));
  look (fixture);
  /* All were used until now. */
  bgc_shared_counters_add (fixture->counters, 10, &(BgcSharedCount){ 1, 1 });
  g_assert_false (bgc_shared_counters_knows (fixture->counters, 10));
  for (guint i = 2; i < 10; i++)
    if (i != 4)
      bgc_shared_counters_add (fixture->counters, i, &(BgcSharedCount){ 1, 1 });
  look (fixture);
  bgc_shared_counters_add (fixture->counters, 10, &(BgcSharedCount){ 5, 6 });
  g_assert_true (bgc_shared_counters_knows (fixture->counters, 10));
  g_assert_false (bgc_shared_counters_knows (fixture->counters, 4));
  g_assert_cmpuint (own->entries[2].interface, ==, 10);
  g_assert_cmpuint (own->entries[2].received, ==, 5);
  g_assert_cmpuint (own->entries[2].sent, ==, 6);
  g_assert_cmpuint (own->entries[1].interface, ==, 3);
  g_assert_cmpuint (own->entries[1].received, ==, 8);
  /* One alone goes through a hundred. */
  for (guint i = 100; i < 200; i++)
    {
      look (fixture);
      look (fixture);
      bgc_shared_counters_add (fixture->counters, i, &(BgcSharedCount){ 1, 1 });
      g_assert_true (bgc_shared_counters_knows (fixture->counters, i));
    }
  munmap (own, PAGE);
}

static void
test_grown (Fixture *fixture, gconstpointer data)
{
  say (fixture, 0, 2, 1000, 100);
  /* What was before is of no interest. */
  assert_grown (fixture, 0, 0);
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 1500, 130);
  assert_grown (fixture, 500, 30);
  assert_grown (fixture, 0, 0);
  /* Another interface is another matter; what begins on ours begins from nothing. */
  say (fixture, 1, 3, 70, 70);
  assert_grown (fixture, 0, 0);
  say (fixture, 2, 2, 40, 50);
  assert_grown (fixture, 40, 50);
  g_assert_cmpuint (bgc_shared_counters_grown (fixture->counters, 3).sent, ==, 0);
  g_assert_cmpuint (bgc_shared_counters_grown (fixture->counters, 0).sent, ==, 0);
}

/* Several others, one of whom goes, while who stays does not begin anew. */
static void
test_set (Fixture *fixture, gconstpointer data)
{
  int more = make_page (F_SEAL_SHRINK);
  Layout *layout = map_layout (more);
  const int both[] = { fixture->theirs, more };

  layout->version = 1;
  say (fixture, 0, 2, 1000, 0);
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 1001, 0);
  layout->entries[0].interface = 2;
  layout->entries[0].received = 5000;
  g_assert_true (bgc_shared_counters_use (fixture->counters, fixture->own, both, 2));
  g_assert_cmpuint (bgc_shared_counters_others (fixture->counters), ==, 2);
  assert_grown (fixture, 1, 0);
  layout->entries[0].received = 5030;
  say (fixture, 0, 2, 1003, 0);
  assert_grown (fixture, 32, 0);
  layout->entries[0].received = 5040;
  g_assert_true (bgc_shared_counters_use (fixture->counters, fixture->own, &both[1], 1));
  assert_grown (fixture, 10, 0);
  g_assert_true (bgc_shared_counters_use (fixture->counters, fixture->own, NULL, 0));
  layout->entries[0].received = 6040;
  assert_grown (fixture, 0, 0);
  munmap (layout, PAGE);
  close (more);
}

/* Numbers that fall, jump, or are those of another interface all at once, count as nothing; what comes after
 * counts. */
static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  say (fixture, 0, 2, 1000, 1000);
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 10, 1001);
  assert_grown (fixture, 0, 1);
  say (fixture, 0, 2, G_MAXUINT64, 1002);
  assert_grown (fixture, 0, 1);
  say (fixture, 0, 2, 0, 1003);
  assert_grown (fixture, 0, 1);
  say (fixture, 0, 2, G_GUINT64_CONSTANT (1) << 40, 1004);
  assert_grown (fixture, 0, 1);
  say (fixture, 0, G_MAXUINT64, 0, 0);
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 5, 5);
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 6, 7);
  assert_grown (fixture, 1, 2);
}

/* What all entries say together is bounded, and whatever they say of interfaces that nobody has takes no
 * room. */
static void
test_much (Fixture *fixture, gconstpointer data)
{
  const guint64 most = G_GUINT64_CONSTANT (100000) * TICK;

  for (guint i = 0; i < 8; i++)
    say (fixture, i, 2, 0, 0);
  look (fixture);
  for (guint i = 0; i < 8; i++)
    say (fixture, i, 2, most, most - 1);
  assert_grown (fixture, most, most);
  for (guint i = 0; i < 7; i++)
    say (fixture, i, 100 + i, 0, 0);
  look (fixture);
  for (guint i = 0; i < 7; i++)
    say (fixture, i, 100 + i, 9, 9);
  say (fixture, 7, 2, most + 3, most + 3);
  assert_grown (fixture, 3, 4);
}

static void
test_random (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  guint32 *words = (guint32 *)(gpointer)fixture->layout;

  for (guint i = 0; i < 2000; i++)
    {
      BgcSharedCount grown;

      for (guint j = 0; j < PAGE / sizeof *words; j++)
        words[j] = g_rand_int (random);
      fixture->layout->version = i % 4 != 0;
      fixture->layout->entries[i % 8].interface = 2;
      grown = look (fixture);
      g_assert_cmpuint (grown.received, <=, G_GUINT64_CONSTANT (100000) * TICK);
      g_assert_cmpuint (grown.sent, <=, G_GUINT64_CONSTANT (100000) * TICK);
    }
}

/* After a pause, and when the clock of another does not run. */
static void
test_pause (Fixture *fixture, gconstpointer data)
{
  say (fixture, 0, 2, 10, 10);
  look (fixture);
  say (fixture, 0, 2, 1000, 1000);
  fixture->now += 2 * G_USEC_PER_SEC;
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 1001, 1001);
  fixture->now -= TICK;
  assert_grown (fixture, 0, 0);
  say (fixture, 0, 2, 1002, 1003);
  assert_grown (fixture, 1, 2);
}

/* A page of another kind of daemon says nothing. */
static void
test_version (Fixture *fixture, gconstpointer data)
{
  fixture->layout->version = 2;
  say (fixture, 0, 2, 10, 10);
  look (fixture);
  say (fixture, 0, 2, 20, 20);
  assert_grown (fixture, 0, 0);
}

/* What could be cut while it is read is not read, and what is none is none. */
static void
test_no_page (Fixture *fixture, gconstpointer data)
{
  int ends[2], empty = memfd_create ("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int open = make_page (0);
  g_autoptr (BgcSharedCounters) other = bgc_shared_counters_new ();

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpint (fcntl (empty, F_ADD_SEALS, F_SEAL_SHRINK), ==, 0);
  g_assert_false (bgc_shared_counters_use (other, -1, NULL, 0));
  g_assert_false (bgc_shared_counters_use (other, open, (int[]){ open, empty, ends[0], -1, 99999 }, 5));
  g_assert_cmpuint (bgc_shared_counters_others (other), ==, 0);
  bgc_shared_counters_add (other, 2, &(BgcSharedCount){ 1, 1 });
  bgc_shared_counters_look (other, 1);
  close (ends[0]);
  close (ends[1]);
  close (empty);
  close (open);
}

/* The other has gone, and its page with it: it says no more. */
static void
test_unlinked (Fixture *fixture, gconstpointer data)
{
  say (fixture, 0, 2, 10, 10);
  look (fixture);
  fallocate (fixture->theirs, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE);
  close (fixture->theirs);
  assert_grown (fixture, 0, 0);
  fixture->theirs = make_page (F_SEAL_SHRINK);
}

/* ---- two workers on one interface ---------------------------------------------------------------- */

static gboolean alone; /* in a network of our own, in which nobody else is */

static void
raise_loopback (void)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  alone = alone && ioctl (fd, SIOCSIFFLAGS, &request) == 0;
  close (fd);
}

/* Before any thread begins. What /sys shows of a network is that of whoever mounted it. */
static void
go_alone (void)
{
  alone = unshare (CLONE_NEWNET | CLONE_NEWNS) == 0
          || unshare (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0;
  alone = alone && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
          && mount ("sysfs", "/sys", "sysfs", MS_RDONLY, NULL) == 0;
  raise_loopback ();
}

/* A connection within the machine, and the paths of whoever has its near end. */
typedef struct
{
  GSocket *near; /* (owned) */
  GSocket *far;  /* (owned) */
  BgcCourtesyPaths paths;
  int page;
} Side;

static void
side_init (Side *self, gboolean background)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (address, 0), bound = NULL;
  g_autoptr (GSocket) listener = NULL;
  g_autoptr (GError) error = NULL;

  listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (listener, any, TRUE, NULL));
  g_assert_true (g_socket_listen (listener, NULL));
  bound = g_socket_get_local_address (listener, NULL);
  self->near = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_socket_connect (self->near, bound, NULL, &error);
  g_assert_no_error (error);
  self->far = g_socket_accept (listener, NULL, NULL);
  bgc_courtesy_paths_init (&self->paths);
  self->page = make_page (F_SEAL_SHRINK);
  if (background)
    bgc_courtesy_paths_adopt (&self->paths, self->near, address, BGC_PRIORITY_NORMAL, BGC_COURTESY_RECEIVING);
}

static void
side_clear (Side *self)
{
  bgc_courtesy_paths_clear (&self->paths);
  g_object_unref (self->near);
  g_object_unref (self->far);
  close (self->page);
}

/* Moves so many bytes to the near end. */
static void
transfer (Side *self, gsize bytes)
{
  g_autofree char *data = g_malloc0 (bytes);

  for (gsize sent = 0, got = 0; got < bytes;)
    {
      if (sent < bytes)
        sent += (gsize)g_socket_send (self->far, data, MIN (bytes - sent, 1000), NULL, NULL);
      got += (gsize)g_socket_receive (self->near, data, MIN (bytes, sent - got), NULL, NULL);
    }
}

typedef struct
{
  Side one, two;
  gboolean crowded; /* @one is on many interfaces more */
  gint64 now;
} Pair;

static void
pair_look (Pair *pair)
{
  pair->now += TICK;
  for (guint i = 0; pair->crowded && i < 8; i++)
    bgc_shared_counters_add (pair->one.paths.shared, 1000 + i, &(BgcSharedCount){ 1, 1 });
  bgc_courtesy_paths_look (&pair->one.paths, pair->now);
  bgc_courtesy_paths_look (&pair->two.paths, pair->now + TICK / 2);
}

/* Whether @one gave way while @two moved so many bytes at each of 40 looks, 200 ms, after as long a quiet. */
static gboolean
gives_way (Pair *pair, gsize bytes)
{
  guint64 window;
  gboolean gave_way = FALSE;

  for (guint i = 0; i < 60; i++)
    pair_look (pair);
  window = bgc_courtesy_paths_window (&pair->one.paths);
  for (guint i = 0; i < 40; i++)
    {
      transfer (&pair->two, bytes);
      pair_look (pair);
      gave_way = gave_way || bgc_courtesy_paths_window (&pair->one.paths) < window;
    }
  return gave_way;
}

/* FALSE: not on this machine. */
static gboolean
pair_open (Pair *pair, gboolean background)
{
  if (!alone)
    {
      g_test_skip ("no network of its own");
      return FALSE;
    }
  pair->now = G_USEC_PER_SEC;
  pair->crowded = FALSE;
  side_init (&pair->one, TRUE);
  side_init (&pair->two, background);
  return TRUE;
}

static void
pair_close (Pair *pair)
{
  side_clear (&pair->one);
  side_clear (&pair->two);
}

static void
pair_share (Pair *pair)
{
  g_assert_true (bgc_shared_counters_use (pair->one.paths.shared, pair->one.page, &pair->two.page, 1));
  g_assert_true (bgc_shared_counters_use (pair->two.paths.shared, pair->two.page, &pair->one.page, 1));
}

static void
test_together (gconstpointer data)
{
  Pair pair;

  if (!pair_open (&pair, TRUE))
    return;
  pair_share (&pair);
  g_assert_false (gives_way (&pair, 20000));
  pair_close (&pair);
}

/* Somebody else: no background, or a background that nobody has heard of. */
static void
test_stranger (gconstpointer data)
{
  gboolean background = GPOINTER_TO_INT (data);
  Pair pair;

  if (!pair_open (&pair, background))
    return;
  if (!background)
    pair_share (&pair);
  g_assert_true (gives_way (&pair, 20000));
  pair_close (&pair);
}

/* Where there is no room to hear of others nobody is foreign; where there is again, all are as before. */
static void
test_crowded (gconstpointer data)
{
  gboolean background = GPOINTER_TO_INT (data);
  Pair pair;

  if (!pair_open (&pair, background))
    return;
  pair_share (&pair);
  pair.crowded = TRUE;
  g_assert_false (gives_way (&pair, 20000));
  /* What it would have given way to is over before it may again. */
  for (guint i = 0; i < 20; i++)
    pair_look (&pair);
  pair.crowded = FALSE;
  g_assert_cmpint (gives_way (&pair, 20000), ==, !background);
  pair_close (&pair);
}

#define ADD(name, function) g_test_add ("/shared-counters/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  go_alone ();
  g_test_init (&argc, &argv, NULL);
  ADD ("told", test_told);
  ADD ("reused", test_reused);
  ADD ("grown", test_grown);
  ADD ("set", test_set);
  ADD ("garbage", test_garbage);
  ADD ("much", test_much);
  ADD ("random", test_random);
  ADD ("pause", test_pause);
  ADD ("version", test_version);
  ADD ("no-page", test_no_page);
  ADD ("unlinked", test_unlinked);
  g_test_add_data_func ("/shared-counters/together", NULL, test_together);
  g_test_add_data_func ("/shared-counters/foreground", GINT_TO_POINTER (FALSE), test_stranger);
  g_test_add_data_func ("/shared-counters/stranger", GINT_TO_POINTER (TRUE), test_stranger);
  g_test_add_data_func ("/shared-counters/crowded", GINT_TO_POINTER (TRUE), test_crowded);
  g_test_add_data_func ("/shared-counters/crowded-foreground", GINT_TO_POINTER (FALSE), test_crowded);
  return g_test_run ();
}
