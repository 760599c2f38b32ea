/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-share.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <sys/mman.h>
#include <unistd.h>

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    warnings++;
  return level & G_LOG_LEVEL_WARNING ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n, data);
}

/* A call with @pages pages as its descriptors and @arguments. The pages are closed with it. */
static GDBusMessage *
make_call (const char *arguments, guint pages)
{
  GDBusMessage *call = g_dbus_message_new_method_call (NULL, "/", "a.b", "ShareCounters");
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();

  for (guint i = 0; i < pages; i++)
    {
      int fd = memfd_create ("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

      g_assert_cmpint (ftruncate (fd, 4096), ==, 0);
      g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK), ==, 0);
      g_assert_cmpint (g_unix_fd_list_append (list, fd, NULL), ==, (int)i);
      close (fd);
    }
  if (pages > 0)
    g_dbus_message_set_unix_fd_list (call, list);
  g_dbus_message_set_body (call, g_variant_new_parsed (arguments));
  return call;
}

/* The number at the beginning of a page that came with @call: not 0 where somebody writes to it. */
static guint64
version_of (GDBusMessage *call, guint page)
{
  const int *descriptors = g_unix_fd_list_peek_fds (g_dbus_message_get_unix_fd_list (call), NULL);
  guint64 version = 0;

  g_assert_cmpint (pread (descriptors[page], &version, sizeof version, 0), ==, sizeof version);
  return version;
}

static void
test_taken (void)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (FALSE);
  g_autoptr (GDBusMessage) call = make_call ("(@h 1, [@h 0, @h 2])", 3);

  bgc_worker_share_take (courtesy, call);
  g_assert_cmpuint (version_of (call, 0), ==, 0);
  g_assert_cmpuint (version_of (call, 1), ==, 1);
  g_assert_cmpuint (version_of (call, 2), ==, 0);
  g_assert_cmpuint (warnings, ==, 0);
  /* It outlives the call. */
  g_clear_object (&call);
  bgc_courtesy_unref (courtesy);
}

static void
assert_missing (const char *arguments, guint pages)
{
  BgcCourtesy *courtesy = bgc_courtesy_new (FALSE);
  g_autoptr (GDBusMessage) call = make_call (arguments, pages);

  warnings = 0;
  bgc_worker_share_take (courtesy, call);
  g_assert_cmpuint (warnings, ==, 1);
  bgc_courtesy_unref (courtesy);
}

static void
test_missing (void)
{
  assert_missing ("(@h 0, @ah [])", 0);
  assert_missing ("(@h 2, [@h 0, @h 1])", 2);
  assert_missing ("(@h -1, [@h -5, @h 7])", 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_test_add_func ("/worker-share/taken", test_taken);
  g_test_add_func ("/worker-share/missing", test_missing);
  return g_test_run ();
}
