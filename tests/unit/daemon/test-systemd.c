/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The service manager is a datagram socket of the test's. */

#include "daemon/bgc-systemd.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "host/bgc-clock-fake.h"

typedef struct {
  char *path;          /* (owned) */
  GSocket *manager;    /* (owned) */
  BgcClockFake *clock; /* (owned) */
  BgcSystemd *systemd; /* (owned) (nullable) */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-notify-XXXXXX", NULL);
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  g_autoptr (GSocketAddress) address = NULL;

  f->path = g_build_filename (directory, "notify", NULL);
  address = g_unix_socket_address_new (f->path);
  f->manager = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  g_assert_true (g_socket_bind (f->manager, address, TRUE, NULL));
  g_socket_set_blocking (f->manager, FALSE);
  g_setenv ("NOTIFY_SOCKET", f->path, TRUE);
  if (data != NULL)
    {
      g_setenv ("WATCHDOG_USEC", data, TRUE);
      g_setenv ("WATCHDOG_PID", pid, TRUE);
    }
  f->clock = bgc_clock_fake_new (0, 0);
  f->systemd = bgc_systemd_new (BGC_CLOCK (f->clock));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (f->path);

  g_clear_pointer (&f->systemd, bgc_systemd_free);
  g_assert_cmpuint (bgc_clock_fake_pending (f->clock), ==, 0);
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
  g_object_unref (f->clock);
  g_object_unref (f->manager);
  g_unlink (f->path);
  g_rmdir (directory);
  g_free (f->path);
}

/* What came since last time, one message a line. */
static char *
heard (Fixture *f)
{
  GString *all = g_string_new (NULL);
  char buffer[512];
  gssize length;

  while ((length = g_socket_receive (f->manager, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      g_string_append_len (all, buffer, length);
      g_string_append (all, "|");
    }
  return g_string_free (all, FALSE);
}

static void
expect (Fixture *f, const char *words)
{
  g_autofree char *text = heard (f);

  g_assert_cmpstr (text, ==, words);
}

static void
test_life (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  expect (f, "");
  bgc_systemd_ready (f->systemd);
  expect (f, "READY=1|");
  bgc_systemd_reloading (f->systemd);
  text = heard (f);
  g_assert_true (g_str_has_prefix (text, "RELOADING=1\nMONOTONIC_USEC="));
  bgc_systemd_stopping (f->systemd);
  expect (f, "STOPPING=1\nSTATUS=|");
}

static void
test_watchdog (Fixture *f, gconstpointer data)
{
  expect (f, "WATCHDOG=1|");
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC - 1);
  expect (f, "");
  bgc_clock_fake_advance (f->clock, 1);
  expect (f, "WATCHDOG=1|");
  bgc_clock_fake_advance (f->clock, 10 * G_USEC_PER_SEC);
  expect (f, "WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|WATCHDOG=1|"
             "WATCHDOG=1|WATCHDOG=1|");
}

static void
test_jobs (Fixture *f, gconstpointer data)
{
  bgc_systemd_jobs (f->systemd, 0);
  expect (f, "STATUS=0 jobs in the queue|");
  for (guint i = 1; i <= 1000; i++)
    bgc_systemd_jobs (f->systemd, i);
  expect (f, "");
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  expect (f, "STATUS=1000 jobs in the queue|");
  bgc_systemd_jobs (f->systemd, 1);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  expect (f, "STATUS=1 job in the queue|");
  bgc_systemd_jobs (f->systemd, 1);
  bgc_clock_fake_advance (f->clock, G_USEC_PER_SEC);
  expect (f, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/systemd/life", Fixture, NULL, set_up, test_life, tear_down);
  g_test_add ("/systemd/watchdog", Fixture, "3000000", set_up, test_watchdog, tear_down);
  g_test_add ("/systemd/jobs", Fixture, NULL, set_up, test_jobs, tear_down);
  return g_test_run ();
}
