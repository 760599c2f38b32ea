/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker.h"

#include "dbus/bgc-worker-interface.h"
#include "model/bgc-job-secrets-variant.h"
#include "transfer/bgc-local-file-notes.h"
#include "transfer/bgc-local-file-reply.h"
#include "transfer/bgc-local-file-room.h"
#include "transfer/bgc-local-file-source.h"
#include "transfer/bgc-local-file-trust.h"
#include "transfer/bgc-local-file.h"
#include "transfer/bgc-session-cancel.h"
#include "worker/bgc-worker-job.h"
#include "worker/bgc-worker-share.h"
#include "worker/bgc-worker-wire.h"

#define WORKER_PATH      "/org/example/BackgroundCopy/Worker"
#define WORKER_INTERFACE "org.example.BackgroundCopy.Worker"
/* Milliseconds between two reports: four a second. */
#define REPORT_INTERVAL 250
/* Bytes of a reply in one answer. */
#define REPLY_PORTION (256 * 1024)
#define USER_AGENT    "bgcopyd/" PACKAGE_VERSION

struct _BgcWorker
{
  GDBusConnection *bus;  /* (owned) */
  guint object;          /* registration on it */
  GHashTable *jobs;      /* (owned) BgcJobId → Running */
  BgcReportBatch *batch; /* (owned) */
  BgcCourtesy *courtesy; /* (owned) */
  guint threads;         /* Check, Place, CheckSource and ReadReply calls under way */
  gboolean leaving;
  gboolean told; /* gone was called */
  void (*gone) (gpointer data);
  gpointer data; /* borrowed */
};

typedef struct
{
  BgcWorker *worker;      /* borrowed */
  BgcWorkerJob *job;      /* (owned) */
  GPtrArray *invocations; /* (owned) element-type GDBusMethodInvocation (borrowed): StopJob calls to answer */
} Running;

/* What a thread answers to a call. */
typedef GVariant *(*ThreadFunc) (GVariant *arguments);

static void
check_gone (BgcWorker *self)
{
  if (!self->leaving || self->told || self->threads > 0 || g_hash_table_size (self->jobs) > 0)
    return;
  self->told = TRUE;
  self->gone (self->data);
}

static void
refuse (GDBusMethodInvocation *invocation, const char *why)
{
  g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, why);
}

/* Nothing to tell of it but that it is allowed. */
static gboolean
is_plain (const BgcPathVerdict *verdict)
{
  return verdict->allowed && verdict->identity == NULL;
}

/* In a thread: the first paths, as many as what is to be told of them fits into an answer. */
static GVariant *
check_paths (GVariant *arguments)
{
  g_autoptr (GVariantIter) paths = NULL;
  BgcLocalFileVisit visit = { 0 };
  GVariantBuilder others;
  guint32 checked = 0;
  const char *path;
  gsize bytes = 0;

  g_variant_get (arguments, "(as)", &paths);
  g_variant_builder_init (&others, G_VARIANT_TYPE ("a(u(bsss))"));
  for (; bytes < BGC_WORKER_WIRE_FRAME && g_variant_iter_next (paths, "&s", &path); checked++)
    {
      g_autoptr (BgcPathVerdict) verdict = bgc_local_file_check (&visit, path);

      if (is_plain (verdict))
        continue;
      g_variant_builder_open (&others, G_VARIANT_TYPE ("(u(bsss))"));
      g_variant_builder_add (&others, "u", checked);
      bytes += bgc_worker_wire_add_verdict (&others, verdict);
      g_variant_builder_close (&others);
    }
  bgc_local_file_visit_clear (&visit);
  return g_variant_new ("(ua(u(bsss)))", checked, &others);
}

/* In a thread. */
static GVariant *
place_files (GVariant *arguments)
{
  g_autoptr (GPtrArray) placements = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_placement_free);
  g_autoptr (GPtrArray) results = NULL;
  g_autoptr (GVariant) records = g_variant_get_child_value (arguments, 0);
  BgcPlacement *placement;
  GVariantBuilder failed;
  BgcRecordReader from;

  bgc_record_reader_init (&from, records);
  while (bgc_record_reader_has_more (&from) && (placement = bgc_worker_wire_read_placement (&from)) != NULL)
    g_ptr_array_add (placements, placement);
  results = bgc_local_file_place (placements);
  g_variant_builder_init (&failed, G_VARIANT_TYPE ("a(ua{sv})"));
  for (guint i = 0; i < results->len; i++)
    {
      const BgcPlacementResult *result = g_ptr_array_index (results, i);

      if (!result->done)
        g_variant_builder_add (&failed, "(u@a{sv})", i, bgc_worker_wire_failure (result->failure));
    }
  return g_variant_new ("(ua(ua{sv}))", results->len, &failed);
}

/* In a thread. */
static GVariant *
find_temporaries (GVariant *arguments)
{
  g_autoptr (GPtrArray) found = NULL;
  GVariantBuilder builder;
  guint32 tag, first;

  g_variant_get (arguments, "(uu)", &tag, &first);
  found = bgc_local_file_notes_find (tag, first, BGC_WORKER_WIRE_FOUND);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sstt)"));
  for (guint i = 0; i < found->len; i++)
    {
      const BgcPlacement *file = g_ptr_array_index (found, i);

      g_variant_builder_add (&builder, "(sstt)", file->directory, file->temporary, file->device, file->inode);
    }
  return g_variant_new ("(a(sstt))", &builder);
}

/* In a thread. */
static GVariant *
check_source (GVariant *arguments)
{
  g_autoptr (BgcPathVerdict) verdict = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder;
  const char *path;
  guint64 size = 0;
  gboolean allowed;

  g_variant_get (arguments, "(&s)", &path);
  allowed = bgc_local_file_source_check (path, &size, &error);
  verdict = bgc_path_verdict_new (allowed, allowed ? BGC_N_ERRORS : (BgcErrorCode)error->code,
                                  allowed ? NULL : error->message, NULL);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("((bsss)t)"));
  bgc_worker_wire_add_verdict (&builder, verdict);
  g_variant_builder_add (&builder, "t", allowed ? size : 0);
  return g_variant_builder_end (&builder);
}

/* In a thread. */
static GVariant *
check_room (GVariant *arguments)
{
  g_autoptr (GVariant) record = g_variant_get_child_value (arguments, 0);
  g_autoptr (BgcPathVerdict) verdict = NULL;
  g_autoptr (BgcFile) file = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder;
  BgcRecordReader from;
  guint64 reserve;

  g_variant_get_child (arguments, 1, "t", &reserve);
  bgc_record_reader_init (&from, record);
  file = bgc_worker_wire_read_file (&from);
  if (file == NULL)
    g_set_error (&error, BGC_ERROR, BGC_ERROR_INVALID_PATH, "A file is no record");
  else
    bgc_local_file_room_check (file, reserve, &error);
  verdict = bgc_path_verdict_new (error == NULL, error == NULL ? BGC_N_ERRORS : (BgcErrorCode)error->code,
                                  error == NULL ? NULL : error->message, NULL);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("((bsss)t)"));
  bgc_worker_wire_add_verdict (&builder, verdict);
  g_variant_builder_add (&builder, "t", G_GUINT64_CONSTANT (0));
  return g_variant_builder_end (&builder);
}

/* In a thread. */
static GVariant *
check_trusted (GVariant *arguments)
{
  g_autoptr (BgcPathVerdict) verdict = NULL;
  g_autoptr (GVariantIter) paths = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder;
  const char *path;
  guint64 checked = 0;

  g_variant_get (arguments, "(as)", &paths);
  while (g_variant_iter_next (paths, "&s", &path) && bgc_local_file_trust_check (path, &error))
    checked++;
  verdict = bgc_path_verdict_new (error == NULL, error == NULL ? BGC_N_ERRORS : (BgcErrorCode)error->code,
                                  error == NULL ? NULL : error->message, NULL);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("((bsss)t)"));
  bgc_worker_wire_add_verdict (&builder, verdict);
  g_variant_builder_add (&builder, "t", checked);
  return g_variant_builder_end (&builder);
}

/* In a thread. */
static GVariant *
read_reply (GVariant *arguments)
{
  g_autoptr (BgcFailure) failure = NULL;
  g_autoptr (GBytes) bytes = NULL;
  BgcLocalFileReply reply;
  GVariant *data;
  guint64 offset;

  g_variant_get (arguments, "(&s&stttt)", &reply.directory, &reply.temporary, &reply.device, &reply.inode,
                 &reply.size, &offset);
  bytes = bgc_local_file_reply_read (&reply, offset, REPLY_PORTION, &failure);
  data = bytes == NULL ? g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0)
                       : g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
  return g_variant_new ("(@ay@a{sv})", data, bgc_worker_wire_failure (failure));
}

static void
on_session_cancelled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (BgcFailure) failure = NULL;
  gboolean settled = bgc_session_cancel_finish (result, &failure);

  g_dbus_method_invocation_return_value (
    data, g_variant_new ("(b@a{sv})", settled, bgc_worker_wire_failure (failure)));
}

/* Knows nothing of the worker, which may be gone before a server answers: the daemon asks again then. */
static void
cancel_session (GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autoptr (BgcUpload) upload = NULL;
  g_autoptr (BgcJobSecrets) secrets = NULL;
  g_autoptr (GVariant) dict = NULL, given = NULL;
  const char *hex, *remote;

  g_variant_get (arguments, "(&s&s@a{sv}@a{sv})", &hex, &remote, &dict, &given);
  secrets = bgc_job_secrets_variant_read (given);
  upload = bgc_worker_wire_read_session (dict);
  bgc_session_cancel_async (remote, upload, secrets, USER_AGENT, on_session_cancelled, invocation);
}

static void
thread_main (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  ThreadFunc function = (ThreadFunc)g_task_get_source_tag (task);
  GVariant *arguments = g_dbus_method_invocation_get_parameters (data);

  g_task_return_pointer (task, g_variant_ref_sink (function (arguments)), (GDestroyNotify)g_variant_unref);
}

static void
on_thread (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcWorker *self = data;
  GDBusMethodInvocation *invocation = g_task_get_task_data (G_TASK (result));
  g_autoptr (GVariant) answer = g_task_propagate_pointer (G_TASK (result), NULL);

  g_dbus_method_invocation_return_value (g_object_ref (invocation), answer);
  self->threads--;
  check_gone (self);
}

/* Calls that touch user's paths: a file system has no bound to how long that may take. */
static void
answer_in_thread (BgcWorker *self, GDBusMethodInvocation *invocation, ThreadFunc function)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_thread, self);

  g_task_set_source_tag (task, function);
  g_task_set_task_data (task, invocation, g_object_unref);
  self->threads++;
  g_task_run_in_thread (task, thread_main);
}

static gboolean
add_files (BgcWorkerJob *job, GVariant *records)
{
  BgcRecordReader from;
  BgcFile *file;

  bgc_record_reader_init (&from, records);
  while (bgc_record_reader_has_more (&from) && (file = bgc_worker_wire_read_file (&from)) != NULL)
    bgc_worker_job_add (job, file);
  return !from.broken;
}

static void
answer_files (GDBusMethodInvocation *invocation, gboolean sound)
{
  if (sound)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    refuse (invocation, "A file is no record");
}

static void
running_free (Running *running)
{
  g_clear_pointer (&running->job, bgc_worker_job_free);
  g_clear_pointer (&running->invocations, g_ptr_array_unref);
  g_free (running);
}

/* @origin: a URL of the only origin that the job's secrets are shown to; NULL: each file's own. */
static Running *
make_job (BgcWorker *self, const BgcJobId *id, GVariant *dict, const char *origin)
{
  BgcTransferSettings settings = { .files_at_once = 1, .user_agent = USER_AGENT, .courtesy = self->courtesy };
  g_autoptr (BgcJobSecrets) secrets = NULL;
  g_autoptr (GVariant) given = NULL;
  const char *priority = "";
  guint64 rate = BGC_TOKEN_BUCKET_UNLIMITED;
  Running *running = g_new0 (Running, 1);
  guint32 mark = 0;

  g_variant_lookup (dict, "socket-mark", "u", &mark);
  bgc_courtesy_set_mark (self->courtesy, mark);
  g_variant_lookup (dict, "files-at-once", "u", &settings.files_at_once);
  g_variant_lookup (dict, "checkpoint-bytes", "t", &settings.checkpoint_bytes);
  g_variant_lookup (dict, "checkpoint-seconds", "u", &settings.checkpoint_seconds);
  g_variant_lookup (dict, "free-space-reserve", "t", &settings.kept_free);
  g_variant_lookup (dict, "user-agent", "&s", &settings.user_agent);
  g_variant_lookup (dict, "priority", "&s", &priority);
  g_variant_lookup (dict, "rate", "t", &rate);
  if (!bgc_enums_priority_from_string (priority, &settings.priority))
    settings.priority = BGC_PRIORITY_NORMAL;
  if (g_variant_lookup (dict, "secrets", "@a{sv}", &given))
    secrets = bgc_job_secrets_variant_read (given);
  settings.secrets = secrets;
  settings.secrets_origin = origin;
  running->worker = self;
  running->job = bgc_worker_job_new (id, &settings, rate, self->batch);
  running->invocations = g_ptr_array_new ();
  g_hash_table_insert (self->jobs, (gpointer)bgc_worker_job_id (running->job), running);
  return running;
}

static Running *
find_job (BgcWorker *self, const char *hex)
{
  BgcJobId id;

  return bgc_job_id_parse (hex, &id) ? g_hash_table_lookup (self->jobs, &id) : NULL;
}

static void
start_job (BgcWorker *self, GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autoptr (GVariant) files = NULL, dict = NULL;
  gboolean sound = TRUE;
  const char *hex;
  BgcJobId id;

  g_variant_get (arguments, "(&s@a{sv}@ay)", &hex, &dict, &files);
  if (!bgc_job_id_parse (hex, &id) || g_hash_table_contains (self->jobs, &id))
    {
      refuse (invocation, "No job can be started under this id");
      return;
    }
  /* On its way out it takes nothing up; the daemon is about to see it go. */
  if (!self->leaving)
    sound = add_files (make_job (self, &id, dict, NULL)->job, files);
  answer_files (invocation, sound);
}

static void
limit_job (BgcWorker *self, GDBusMethodInvocation *invocation, GVariant *arguments)
{
  Running *running;
  const char *hex;
  guint64 rate;

  g_variant_get (arguments, "(&st)", &hex, &rate);
  running = find_job (self, hex);
  if (running != NULL)
    bgc_worker_job_limit (running->job, rate);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
more_files (BgcWorker *self, GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autoptr (GVariant) files = NULL;
  gboolean sound = TRUE;
  Running *running;
  const char *hex;

  g_variant_get (arguments, "(&s@ay)", &hex, &files);
  running = find_job (self, hex);
  if (running == NULL && !self->leaving)
    {
      refuse (invocation, "No such job runs");
      return;
    }
  if (running != NULL && !bgc_worker_job_is_stopping (running->job))
    sound = add_files (running->job, files);
  answer_files (invocation, sound);
}

static void
start_upload (BgcWorker *self, GDBusMethodInvocation *invocation, GVariant *arguments)
{
  g_autoptr (GVariant) settings = NULL, files = NULL, dict = NULL;
  g_autoptr (BgcUpload) upload = NULL;
  g_autoptr (BgcFile) source = NULL;
  const char *hex, *user_agent = USER_AGENT;
  Running *running;
  guint32 step;
  BgcJobId id;

  g_variant_get (arguments, "(&s@a{sv}u@ay@a{sv})", &hex, &settings, &step, &files, &dict);
  if (!bgc_job_id_parse (hex, &id))
    {
      refuse (invocation, "No job can be started under this id");
      return;
    }
  running = g_hash_table_lookup (self->jobs, &id);
  source = bgc_worker_wire_find_file (files, BGC_UPLOAD_FILE);
  /* Where the reply is, the server says. */
  if (running == NULL && !self->leaving)
    running = make_job (self, &id, settings, source->remote);
  upload = bgc_worker_wire_read_session (dict);
  g_variant_lookup (settings, "user-agent", "&s", &user_agent);
  /* The answer goes before the first report. */
  g_dbus_method_invocation_return_value (invocation, NULL);
  if (running != NULL)
    bgc_worker_job_take_step (running->job, step, user_agent, g_steal_pointer (&source),
                              bgc_worker_wire_find_file (files, BGC_UPLOAD_REPLY), upload);
}

static void
on_stopped (BgcWorkerJob *job, gpointer data)
{
  Running *running = data;
  BgcWorker *self = running->worker;
  g_autoptr (GPtrArray) invocations = g_steal_pointer (&running->invocations);

  g_hash_table_remove (self->jobs, bgc_worker_job_id (job));
  for (guint i = 0; i < invocations->len; i++)
    g_dbus_method_invocation_return_value (g_ptr_array_index (invocations, i), NULL);
  check_gone (self);
}

static void
stop_running (Running *running, gboolean discard)
{
  if (!bgc_worker_job_is_stopping (running->job))
    bgc_worker_job_stop (running->job, discard, on_stopped, running);
}

static void
stop_job (BgcWorker *self, GDBusMethodInvocation *invocation, GVariant *arguments)
{
  Running *running;
  gboolean discard;
  const char *hex;

  g_variant_get (arguments, "(&sb)", &hex, &discard);
  running = find_job (self, hex);
  if (running == NULL)
    {
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  g_ptr_array_add (running->invocations, invocation);
  stop_running (running, discard);
}

static void
share_counters (BgcWorker *self, GDBusMethodInvocation *invocation)
{
  bgc_worker_share_take (self->courtesy, g_dbus_method_invocation_get_message (invocation));
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
         const char *method, GVariant *arguments, GDBusMethodInvocation *invocation, gpointer data)
{
  BgcWorker *self = data;

  if (g_str_equal (method, "Check"))
    answer_in_thread (self, invocation, check_paths);
  else if (g_str_equal (method, "Place"))
    answer_in_thread (self, invocation, place_files);
  else if (g_str_equal (method, "FindTemporaries"))
    answer_in_thread (self, invocation, find_temporaries);
  else if (g_str_equal (method, "StartJob"))
    start_job (self, invocation, arguments);
  else if (g_str_equal (method, "AddFiles"))
    more_files (self, invocation, arguments);
  else if (g_str_equal (method, "LimitJob"))
    limit_job (self, invocation, arguments);
  else if (g_str_equal (method, "StopJob"))
    stop_job (self, invocation, arguments);
  else if (g_str_equal (method, "StartUpload"))
    start_upload (self, invocation, arguments);
  else if (g_str_equal (method, "CheckSource"))
    answer_in_thread (self, invocation, check_source);
  else if (g_str_equal (method, "CheckTrusted"))
    answer_in_thread (self, invocation, check_trusted);
  else if (g_str_equal (method, "CheckRoom"))
    answer_in_thread (self, invocation, check_room);
  else if (g_str_equal (method, "ReadReply"))
    answer_in_thread (self, invocation, read_reply);
  else if (g_str_equal (method, "ShareCounters"))
    share_counters (self, invocation);
  else if (g_str_equal (method, "CancelSession"))
    cancel_session (invocation, arguments);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
on_batch (GPtrArray *reports, gpointer data)
{
  BgcWorker *self = data;
  g_autoptr (GPtrArray) signals = bgc_worker_wire_reports (reports);

  /* Fails when the connection has closed: the daemon asks again from what it knows to be durable. */
  for (guint i = 0; i < signals->len; i++)
    g_dbus_connection_emit_signal (self->bus, NULL, WORKER_PATH, WORKER_INTERFACE, "Reports",
                                   g_ptr_array_index (signals, i), NULL);
}

static void
on_closed (GDBusConnection *bus, gboolean vanished, GError *error, gpointer data)
{
  bgc_worker_leave (data);
}

void
bgc_worker_leave (BgcWorker *self)
{
  g_autoptr (GList) running = g_hash_table_get_values (self->jobs);

  if (self->leaving)
    return;
  self->leaving = TRUE;
  for (GList *l = running; l != NULL; l = l->next)
    stop_running (l->data, FALSE);
  check_gone (self);
}

BgcWorker *
bgc_worker_new (GIOStream *stream, void (*gone) (gpointer data), gpointer data, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  const GDBusConnectionFlags flags
    = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING;
  g_autoptr (GDBusConnection) bus = g_dbus_connection_new_sync (stream, NULL, flags, NULL, NULL, error);
  BgcWorker *self;

  if (bus == NULL)
    return NULL;
  self = g_new0 (BgcWorker, 1);
  self->bus = g_steal_pointer (&bus);
  self->gone = gone;
  self->data = data;
  self->jobs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify)running_free);
  self->courtesy = bgc_courtesy_new (FALSE);
  self->batch = bgc_report_batch_new (REPORT_INTERVAL, on_batch, self);
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  g_signal_connect (self->bus, "closed", G_CALLBACK (on_closed), self);
  self->object = g_dbus_connection_register_object (
    self->bus, WORKER_PATH, (GDBusInterfaceInfo *)&org_example_background_copy_worker_interface, &vtable,
    self, NULL, error);
  g_dbus_connection_start_message_processing (self->bus);
  return self;
}

void
bgc_worker_free (BgcWorker *self)
{
  g_signal_handlers_disconnect_by_func (self->bus, on_closed, self);
  g_dbus_connection_unregister_object (self->bus, self->object);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->jobs, g_hash_table_unref);
  g_clear_pointer (&self->batch, bgc_report_batch_free);
  g_clear_pointer (&self->courtesy, bgc_courtesy_unref);
  g_free (self);
}
