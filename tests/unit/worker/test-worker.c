/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The worker's face, with the test as the daemon. */

#include "worker/bgc-worker.h"

#include "../workers/hand-records.h"

#include <string.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define WORKER_PATH      "/org/example/BackgroundCopy/Worker"
#define WORKER_INTERFACE "org.example.BackgroundCopy.Worker"
#define ID               "000102030405060708090a0b0c0d0e0f"
#define NO_FILES         "@ay []"

typedef struct
{
  GDBusConnection *daemon; /* (owned) */
  BgcWorker *worker;       /* (owned) */
  guint gone;
  guint pending;      /* calls without an answer */
  GPtrArray *answers; /* (owned) text of each answer, or the D-Bus error's name */
  GPtrArray *reports; /* (owned) text of each */
} Fixture;

static void
on_gone (gpointer data)
{
  ((Fixture *)data)->gone++;
}

static void
on_daemon (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  ((Fixture *)data)->daemon = g_dbus_connection_new_finish (result, &error);
  g_assert_no_error (error);
}

static void
on_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
           const char *member, GVariant *arguments, gpointer data)
{
  g_ptr_array_add (((Fixture *)data)->reports, g_variant_print (arguments, FALSE));
}

static GSocketConnection *
wrap (int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);

  return g_socket_connection_factory_create_connection (socket);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GSocketConnection) daemon = NULL, worker = NULL;
  g_autoptr (GError) error = NULL;
  int ends[2];

  fixture->answers = g_ptr_array_new_with_free_func (g_free);
  fixture->reports = g_ptr_array_new_with_free_func (g_free);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  daemon = wrap (ends[0]);
  worker = wrap (ends[1]);
  g_dbus_connection_new (G_IO_STREAM (daemon), guid, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER, NULL,
                         NULL, on_daemon, fixture);
  fixture->worker = bgc_worker_new (G_IO_STREAM (worker), on_gone, fixture, &error);
  g_assert_no_error (error);
  while (fixture->daemon == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_dbus_connection_signal_subscribe (fixture->daemon, NULL, WORKER_INTERFACE, "Reports", WORKER_PATH, NULL,
                                      G_DBUS_SIGNAL_FLAGS_NONE, on_signal, fixture, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_dbus_connection_close_sync (fixture->daemon, NULL, NULL);
  while (fixture->gone == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->gone, ==, 1);
  bgc_worker_free (fixture->worker);
  while (fixture->pending > 0)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&fixture->daemon);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (fixture->answers);
  g_ptr_array_unref (fixture->reports);
}

static void
on_answer (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);

  ((Fixture *)data)->pending--;
  g_ptr_array_add (((Fixture *)data)->answers,
                   answer == NULL ? g_dbus_error_get_remote_error (error) : g_variant_print (answer, FALSE));
}

static void
call (Fixture *fixture, const char *method, const char *arguments)
{
  GVariant *value = arguments == NULL ? NULL : g_variant_parse (NULL, arguments, NULL, NULL, NULL);

  fixture->pending++;
  g_dbus_connection_call (fixture->daemon, NULL, WORKER_PATH, WORKER_INTERFACE, method, value, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answer, fixture);
  if (value != NULL)
    g_variant_unref (value);
}

static const char *
ask (Fixture *fixture, const char *method, const char *arguments)
{
  guint before = fixture->answers->len;

  call (fixture, method, arguments);
  while (fixture->answers->len == before)
    g_main_context_iteration (NULL, TRUE);
  return g_ptr_array_index (fixture->answers, before);
}

/* The text of an ay that has one file. */
static char *
one_file (void)
{
  g_autoptr (GVariant) records = g_variant_ref_sink (
    hand_records ("a(ussstttttsssxuu)",
                  "[(0, 'http://127.0.0.1:9/f', '/tmp/f', '.bgcopy-0123456789abcdef0123456789abcdef', "
                  "18446744073709551615, 18446744073709551615, 0, 0, 0, '', '', '', 0, 0, 0)]",
                  NULL));

  return g_variant_print (records, TRUE);
}

/* Asks with one file between @before and @after. */
static const char *
ask_one_file (Fixture *fixture, const char *method, const char *before, const char *after)
{
  g_autofree char *file = one_file ();
  g_autofree char *arguments = g_strconcat (before, file, after, NULL);

  return ask (fixture, method, arguments);
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
  const char *verdicts = ask (fixture, "Check", "(['/tmp/f', '/nonexistent-directory/f', '/tmp/g'],)");
  g_autoptr (GVariant) placements = g_variant_ref_sink (
    hand_records ("a(sssttbt)",
                  "[('/tmp', '.bgcopy-ffffffffffffffffffffffffffffffff', '', 0, 0, true, "
                  "18446744073709551615), ('/tmp', 'not-ours', '', 0, 0, true, 18446744073709551615)]",
                  NULL));
  g_autofree char *text = g_variant_print (placements, TRUE);
  g_autofree char *arguments = g_strdup_printf ("(%s,)", text);

  g_assert_cmpstr (ask (fixture, "Ping", NULL), ==, "()");
  g_assert_true (g_str_has_prefix (verdicts, "(3, [(1, (false, '"));
  g_assert_null (strstr (verdicts, "(true, "));
  g_assert_true (g_str_has_prefix (ask (fixture, "Place", arguments), "(2, [(1, {'"));
}

static void
test_job (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpstr (
    ask_one_file (fixture, "StartJob", "('" ID "', @a{sv} {'files-at-once': <uint32 2>}, ", ")"), ==, "()");
  while (fixture->reports->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (fixture->reports, 0), "([('" ID "', false, 0, "));
  g_assert_nonnull (strstr (g_ptr_array_index (fixture->reports, 0), "'name': <'ConnectFailed'>"));
  g_assert_cmpstr (ask (fixture, "AddFiles", "('" ID "', " NO_FILES ")"), ==, "()");
  g_assert_cmpstr (ask (fixture, "StopJob", "('" ID "', false)"), ==, "()");
  g_assert_cmpstr (ask (fixture, "StopJob", "('" ID "', false)"), ==, "()");
}

/* Two stops of one job are both answered, also when the worker leaves meanwhile. */
static void
test_leave (Fixture *fixture, gconstpointer data)
{
  ask_one_file (fixture, "StartJob", "('" ID "', @a{sv} {}, ", ")");
  call (fixture, "StopJob", "('" ID "', true)");
  call (fixture, "StopJob", "('" ID "', true)");
  bgc_worker_leave (fixture->worker);
  bgc_worker_leave (fixture->worker);
  while (fixture->answers->len < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (g_ptr_array_index (fixture->answers, 1), ==, "()");
  g_assert_cmpstr (g_ptr_array_index (fixture->answers, 2), ==, "()");
  g_assert_cmpuint (fixture->gone, ==, 1);
  g_assert_cmpstr (ask (fixture, "StartJob", "('" ID "', @a{sv} {}, " NO_FILES ")"), ==, "()");
}

/* The daemon's end goes while a job runs. */
static void
test_daemon_gone (Fixture *fixture, gconstpointer data)
{
  ask_one_file (fixture, "StartJob", "('" ID "', @a{sv} {}, ", ")");
}

/* The source, the reply and the session, each by itself. */
static void
test_errands (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_dir_make_tmp ("bgc-worker-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "reply", NULL);
  g_autofree char *arguments = NULL, *other = NULL, *source = NULL;
  struct stat status;

  g_assert_true (g_file_set_contents (path, "hello", 5, NULL));
  g_assert_cmpint (stat (path, &status), ==, 0);
  source = g_strdup_printf ("('%s',)", path);
  g_assert_cmpstr (ask (fixture, "CheckSource", source), ==, "((true, '', '', ''), 5)");
  g_assert_cmpstr (ask (fixture, "CheckTrusted", "(@as [],)"), ==, "((true, '', '', ''), 0)");
  g_assert_true (
    g_str_has_prefix (ask (fixture, "CheckTrusted", "(['/tmp'],)"), "((false, 'AccessDenied', '"));
  g_assert_true (g_str_has_prefix (ask (fixture, "CheckSource", "('/tmp',)"), "((false, 'InvalidPath', '"));
  g_assert_true (
    g_str_has_prefix (ask (fixture, "CheckSource", "('/nonexistent/f',)"), "((false, 'NotFound', '"));
  g_assert_true (
    g_str_has_prefix (ask (fixture, "CheckRoom", "(@ay [], uint64 0)"), "((false, 'InvalidPath', '"));
  arguments = g_strdup_printf ("('%s', 'reply', uint64 %" G_GUINT64_FORMAT ", uint64 %" G_GUINT64_FORMAT
                               ", uint64 5, uint64 1)",
                               directory, (guint64)status.st_dev, (guint64)status.st_ino);
  g_assert_cmpstr (ask (fixture, "ReadReply", arguments), ==, "([0x65, 0x6c, 0x6c, 0x6f], {})");
  other = g_strdup_printf ("('%s', 'reply', uint64 1, uint64 1, uint64 5, uint64 0)", directory);
  g_assert_nonnull (strstr (ask (fixture, "ReadReply", other), "'name': <'LocalFileChanged'>"));
  g_assert_cmpstr (ask (fixture, "CancelSession",
                        "('" ID "', 'http://127.0.0.1:9/f', {'protocol': <'bits'>, 'stage': <uint32 0>},"
                        " @a{sv} {})"),
                   ==, "(true, {})");
  g_assert_true (g_str_has_prefix (ask (fixture, "CancelSession",
                                        "('" ID "', 'http://127.0.0.1:9/f', {'protocol': <'bits'>,"
                                        " 'stage': <uint32 1>, 'session-id': <'{1}'>}, @a{sv} {})"),
                                   "(false, {"));
  g_unlink (path);
  g_rmdir (directory);
}

/* A cancel that hangs holds nobody up when the daemon goes. */
static void
test_cancel_and_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketListener) deaf = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (deaf, NULL, NULL);
  g_autofree char *arguments
    = g_strdup_printf ("('" ID "', 'http://127.0.0.1:%u/f', {'protocol': <'bits'>, 'stage': <uint32 1>,"
                       " 'session-id': <'{1}'>}, @a{sv} {})",
                       port);

  call (fixture, "CancelSession", arguments);
  g_assert_cmpstr (ask (fixture, "Ping", NULL), ==, "()");
}

static void
test_upload (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpstr (ask_one_file (fixture, "StartUpload", "('" ID "', @a{sv} {}, uint32 0, ",
                                 ", {'protocol': <'bits'>, 'stage': <uint32 0>})"),
                   ==, "()");
  while (fixture->reports->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (fixture->reports, 0), "([('" ID "', false, 0, "));
  g_assert_cmpstr (ask (fixture, "StopJob", "('" ID "', false)"), ==, "()");
  g_assert_cmpstr (
    ask (fixture, "StartUpload", "('" ID "', @a{sv} {}, uint32 4, " NO_FILES ", @a{sv} {})"), ==, "()");
}

static void
test_nonsense (Fixture *fixture, gconstpointer data)
{
  const char *invalid = "org.freedesktop.DBus.Error.InvalidArgs";

  g_assert_cmpstr (ask (fixture, "StartJob", "('x', @a{sv} {}, " NO_FILES ")"), ==, invalid);
  g_assert_cmpstr (ask (fixture, "AddFiles", "('" ID "', " NO_FILES ")"), ==, invalid);
  g_assert_cmpstr (ask (fixture, "StartUpload", "('x', @a{sv} {}, uint32 0, " NO_FILES ", @a{sv} {})"), ==,
                   invalid);
  g_assert_cmpstr (ask (fixture, "Check", "('/tmp/f',)"), ==, invalid);
  g_assert_cmpstr (ask (fixture, "StartJob", "('" ID "', @a{sv} {}, b'torn')"), ==, invalid);
  g_assert_cmpstr (ask (fixture, "Explode", NULL), ==, "org.freedesktop.DBus.Error.UnknownMethod");
}

#define ADD(name, function) g_test_add ("/worker/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("paths", test_paths);
  ADD ("job", test_job);
  ADD ("leave", test_leave);
  ADD ("daemon-gone", test_daemon_gone);
  ADD ("errands", test_errands);
  ADD ("cancel-and-gone", test_cancel_and_gone);
  ADD ("upload", test_upload);
  ADD ("nonsense", test_nonsense);
  return g_test_run ();
}
