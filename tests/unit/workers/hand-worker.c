/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "hand-worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include "dbus/bgc-worker-interface.h"
#include "hand-records.h"
#include "workers/bgc-worker-codec.h"

#define WORKER_PATH      "/org/example/BackgroundCopy/Worker"
#define WORKER_INTERFACE "org.example.BackgroundCopy.Worker"

static GVariant *
answer_check (HandWorker *self, GVariant *arguments)
{
  g_autoptr (GVariantIter) paths = NULL;
  GVariantBuilder builder;
  const char *path;
  guint count = 0;

  if (self->verdicts != NULL)
    return g_variant_new_parsed (self->verdicts);
  g_variant_get (arguments, "(as)", &paths);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(u(bsss))"));
  for (; (self->at_most == 0 || count < self->at_most) && g_variant_iter_next (paths, "&s", &path); count++)
    if (g_str_has_prefix (path, "/refused"))
      g_variant_builder_add (&builder, "(u(bsss))", count, FALSE, "AccessDenied", "no", "");
    else if (g_str_has_prefix (path, "/link"))
      g_variant_builder_add (&builder, "(u(bsss))", count, TRUE, "", "", "/target/f");
  return g_variant_new ("(ua(u(bsss)))", count, &builder);
}

static GVariant *
answer_place (HandWorker *self, GVariant *arguments)
{
  g_autoptr (GVariant) records = g_variant_get_child_value (arguments, 0);

  if (self->results != NULL)
    return g_variant_new_parsed (self->results);
  return g_variant_new ("(u@a(ua{sv}))", hand_records_count (records, HAND_RECORDS_PLACEMENT),
                        g_variant_new_array (G_VARIANT_TYPE ("(ua{sv})"), NULL, 0));
}

/* Bytes that count up, as many as are left. */
static GVariant *
answer_reply (HandWorker *self, GVariant *arguments)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 size, offset, portion = self->portion == 0 ? 256 * 1024 : self->portion;

  g_variant_get_child (arguments, 4, "t", &size);
  g_variant_get_child (arguments, 5, "t", &offset);
  for (guint64 i = offset; i < MIN (size, offset + portion); i++)
    g_byte_array_append (bytes, &(guint8){ (guint8)i }, 1);
  return g_variant_new ("(@ay@a{sv})",
                        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes->data, bytes->len, 1),
                        g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
}

static void
answer (HandWorker *self, GDBusMethodInvocation *invocation)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  GVariant *arguments = g_dbus_method_invocation_get_parameters (invocation);
  GVariant *value = NULL;

  if (self->wrong != NULL && !g_str_equal (method, "Ping"))
    {
      /* Past the invocation, which would not let a wrong type out. */
      g_autoptr (GDBusMessage) message
        = g_dbus_message_new_method_reply (g_dbus_method_invocation_get_message (invocation));

      g_dbus_message_set_body (message, g_variant_new_parsed (self->wrong));
      g_dbus_connection_send_message (self->bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
      g_object_unref (invocation);
      return;
    }
  if (g_str_equal (method, "Check"))
    value = answer_check (self, arguments);
  else if (g_str_equal (method, "Place"))
    value = answer_place (self, arguments);
  else if (g_str_equal (method, "CheckSource") || g_str_equal (method, "CheckRoom"))
    value = g_variant_new_parsed (self->source == NULL ? "((true, '', '', ''), uint64 5)" : self->source);
  else if (g_str_equal (method, "CancelSession"))
    value = g_variant_new_parsed (self->cancelled == NULL ? "(true, @a{sv} {})" : self->cancelled);
  else if (g_str_equal (method, "ReadReply"))
    value = answer_reply (self, arguments);
  g_dbus_method_invocation_return_value (invocation, value);
}

/* @arguments as text, and behind it what can be read of records among them. */
static char *
describe (GVariant *arguments)
{
  g_autofree char *text = g_variant_print (arguments, FALSE);
  g_autoptr (GString) described = g_string_new (text);

  for (gsize i = 0; i < g_variant_n_children (arguments); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (arguments, i);
      const char *bytes = g_variant_get_data (member);

      if (!g_variant_is_of_type (member, G_VARIANT_TYPE_BYTESTRING))
        continue;
      g_string_append_c (described, ' ');
      for (gsize j = 0; j < g_variant_get_size (member); j++)
        g_string_append_c (described, g_ascii_isprint (bytes[j]) ? bytes[j] : ' ');
    }
  return g_string_free (g_steal_pointer (&described), FALSE);
}

static void
on_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *arguments, GDBusMethodInvocation *invocation, gpointer data)
{
  HandWorker *self = data;
  g_autofree char *text = describe (arguments);
  gboolean ping = g_str_equal (method, "Ping");
  GUnixFDList *descriptors
    = g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (invocation));

  if (descriptors != NULL)
    g_set_object (&self->descriptors, descriptors);
  g_ptr_array_add (self->calls, g_strdup_printf ("%s %s", method, text));
  if (self->mute && !(self->mute_but_ping && ping))
    g_ptr_array_add (self->held, invocation);
  else
    answer (self, invocation);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  GDBusConnection *bus = g_dbus_connection_new_finish (result, NULL);
  HandWorker *self = data;

  self->connecting = FALSE;
  self->bus = bus;
  if (self->freed)
    {
      hand_worker_free (self);
      return;
    }
  if (bus == NULL)
    return;
  self->object = g_dbus_connection_register_object (
    bus, WORKER_PATH, (GDBusInterfaceInfo *)&org_example_background_copy_worker_interface, &vtable, self,
    NULL, NULL);
  g_dbus_connection_start_message_processing (bus);
}

HandWorker *
hand_worker_new (GSocketConnection **daemon_end, gboolean speaks)
{
  HandWorker *self = g_new0 (HandWorker, 1);
  g_autoptr (GSocket) daemon = NULL, worker = NULL;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  daemon = g_socket_new_from_fd (ends[0], NULL);
  worker = g_socket_new_from_fd (ends[1], NULL);
  *daemon_end = g_socket_connection_factory_create_connection (daemon);
  self->socket = g_socket_connection_factory_create_connection (worker);
  self->calls = g_ptr_array_new_with_free_func (g_free);
  self->held = g_ptr_array_new ();
  self->connecting = speaks;
  if (speaks)
    g_dbus_connection_new (G_IO_STREAM (self->socket), NULL,
                           G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                           NULL, NULL, on_bus, self);
  return self;
}

void
hand_worker_free (HandWorker *self)
{
  hand_worker_hang_up (self);
  self->freed = TRUE;
  if (self->connecting)
    return;
  hand_worker_answer_held (self);
  if (self->bus != NULL)
    g_dbus_connection_unregister_object (self->bus, self->object);
  g_clear_object (&self->bus);
  g_clear_object (&self->socket);
  g_clear_object (&self->descriptors);
  g_clear_pointer (&self->calls, g_ptr_array_unref);
  g_clear_pointer (&self->held, g_ptr_array_unref);
  g_free (self);
}

void
hand_worker_signal (HandWorker *self, const char *name, GVariant *arguments)
{
  g_dbus_connection_emit_signal (self->bus, NULL, WORKER_PATH, WORKER_INTERFACE, name, arguments, NULL);
}

void
hand_worker_report (HandWorker *self, const BgcJobId *id, guint64 received, const char *files)
{
  hand_worker_report_session (self, id, received, files, "{}");
}

void
hand_worker_report_session (HandWorker *self, const BgcJobId *id, guint64 received, const char *files,
                            const char *session)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];
  GVariant *failures = NULL;
  GVariant *records = hand_records ("a(uyttttssxua{sv})", files, &failures);
  GVariant *dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, session, NULL, NULL, NULL);
  GVariantBuilder jobs;

  bgc_job_id_to_hex (id, hex);
  g_variant_builder_init (&jobs, G_VARIANT_TYPE (BGC_WORKER_CODEC_REPORTS));
  g_variant_builder_add (&jobs, "(sbttu@ay@aa{sv}@a{sv})", hex, TRUE, received, G_GUINT64_CONSTANT (0),
                         0, records, failures, dict);
  g_variant_unref (dict);
  hand_worker_signal (self, "Reports", g_variant_new ("(" BGC_WORKER_CODEC_REPORTS ")", &jobs));
}

void
hand_worker_write (HandWorker *self, const void *bytes, gsize length)
{
  g_socket_send (g_socket_connection_get_socket (self->socket), bytes, length, NULL, NULL);
}

void
hand_worker_hang_up (HandWorker *self)
{
  g_socket_shutdown (g_socket_connection_get_socket (self->socket), TRUE, TRUE, NULL);
}

void
hand_worker_answer_held (HandWorker *self)
{
  for (guint i = 0; i < self->held->len; i++)
    answer (self, g_ptr_array_index (self->held, i));
  g_ptr_array_set_size (self->held, 0);
}

static void
hand_launcher_launcher_init (BgcLauncherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HandLauncher, hand_launcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BGC_TYPE_LAUNCHER, hand_launcher_launcher_init))

static void
hand_launcher_init (HandLauncher *self)
{
  self->fails = BGC_N_ERRORS;
}

static void
hand_launcher_finalize (GObject *object)
{
  g_clear_pointer (&HAND_LAUNCHER (object)->worker, hand_worker_free);
  G_OBJECT_CLASS (hand_launcher_parent_class)->finalize (object);
}

static void
hand_launcher_class_init (HandLauncherClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hand_launcher_finalize;
}

static void
start_async (BgcLauncher *launcher, guint32 owner, GCancellable *cancellable, GAsyncReadyCallback callback,
             gpointer data)
{
  HandLauncher *self = HAND_LAUNCHER (launcher);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);
  GSocketConnection *daemon_end = NULL;

  self->starts++;
  if (self->fails != BGC_N_ERRORS)
    {
      g_task_return_new_error (task, BGC_ERROR, self->fails, "The test says so");
      return;
    }
  g_clear_pointer (&self->worker, hand_worker_free);
  self->worker = hand_worker_new (&daemon_end, !self->silent);
  self->worker->mute = self->mute;
  g_task_return_pointer (task, daemon_end, g_object_unref);
}

static GSocketConnection *
start_finish (BgcLauncher *launcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
stop (BgcLauncher *launcher, guint32 owner)
{
  HAND_LAUNCHER (launcher)->stops++;
}

static void
hand_launcher_launcher_init (BgcLauncherInterface *iface)
{
  iface->start_async = start_async;
  iface->start_finish = start_finish;
  iface->stop = stop;
}

HandLauncher *
hand_launcher_new (void)
{
  return g_object_new (HAND_TYPE_LAUNCHER, NULL);
}

gboolean
hand_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
hand_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_ready (gpointer data)
{
  ((HandLink *)data)->ready = TRUE;
}

static void
on_reports (GVariant *reports, gpointer data)
{
  g_ptr_array_add (((HandLink *)data)->reports, g_variant_ref (reports));
}

static void
on_broken (const char *why, gboolean crashed, gpointer data)
{
  HandLink *seen = data;

  seen->broken = TRUE;
  seen->crashed = crashed;
  g_free (seen->why);
  seen->why = g_strdup (why);
}

BgcWorkerLink *
hand_link_new (HandLink *seen, HandWorker **worker, BgcClock *clock)
{
  static const BgcWorkerLinkEvents events = { on_ready, on_reports, on_broken };
  g_autoptr (GSocketConnection) daemon_end = NULL;
  BgcWorkerLink *link;

  seen->reports = g_ptr_array_new_with_free_func ((GDestroyNotify)g_variant_unref);
  *worker = hand_worker_new (&daemon_end, TRUE);
  link = bgc_worker_link_new (daemon_end, getuid (), clock, &events, seen);
  hand_wait_until (seen->ready && (*worker)->bus != NULL);
  return link;
}

void
hand_link_clear (HandLink *seen)
{
  g_clear_pointer (&seen->why, g_free);
  g_clear_pointer (&seen->reports, g_ptr_array_unref);
}

BgcJob *
hand_upload_new (guint8 number, gboolean reply)
{
  BgcLimits limits;
  BgcJobId id = { { number } };
  BgcFile *source = bgc_file_new (BGC_UPLOAD_FILE, "https://example.org/drop", "/tmp/source", "");
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, reply ? BGC_JOB_TYPE_UPLOAD_REPLY : BGC_JOB_TYPE_UPLOAD, getuid (), "job", 0,
                     &limits);
  source->bytes_total = 100;
  bgc_file_list_put (job->files, source);
  if (reply)
    bgc_file_list_put (job->files, bgc_file_new (BGC_UPLOAD_REPLY, "", "/tmp/reply",
                                                 ".bgcopy-00000000000000000000000000000000"));
  job->upload->protocol = BGC_UPLOAD_PROTOCOL_BITS;
  return job;
}

BgcJob *
hand_job_new (guint8 number, guint files)
{
  BgcLimits limits;
  BgcJobId id = { { number } };
  BgcJob *job;

  bgc_limits_init (&limits);
  job = bgc_job_new (&id, BGC_JOB_TYPE_DOWNLOAD, getuid (), "job", 0, &limits);
  for (guint i = 0; i < files; i++)
    {
      g_autofree char *remote = g_strdup_printf ("https://example.org/%u", i);
      g_autofree char *local = g_strdup_printf ("/tmp/%u", i);

      bgc_file_list_put (job->files,
                         bgc_file_new (i, remote, local, ".bgcopy-00000000000000000000000000000000"));
    }
  return job;
}

static GLogWriterOutput
drop_warnings (GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
  return (level & G_LOG_LEVEL_WARNING) != 0 ? G_LOG_WRITER_HANDLED
                                            : g_log_writer_default (level, fields, count, data);
}

void
hand_drop_warnings (void)
{
  g_log_set_writer_func (drop_warnings, NULL, NULL);
}
