/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-rig.h"

#include "engine/bgc-conditions.h"

/* Warnings that a test waits for; logging is one for the whole program. */
static guint expected;

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) != 0 && expected > 0)
    {
      expected--;
      return G_LOG_WRITER_HANDLED;
    }
  return g_log_writer_default (level, fields, n_fields, data);
}

void
rig_expect_warning (Rig *self)
{
  static gboolean installed;

  if (!installed)
    g_log_set_writer_func (write_log, NULL, NULL);
  installed = TRUE;
  expected++;
}

/* ---- signals ---- */

static void
on_added (BgcManager *manager, const BgcJob *job, Rig *self)
{
  g_string_append (self->told, "added ");
}

static void
on_changed (BgcManager *manager, const BgcJob *job, Rig *self)
{
  g_string_append (self->told, "changed ");
}

static void
on_state_changed (BgcManager *manager, const BgcJob *job, Rig *self)
{
  g_string_append_printf (self->told, "state:%s ", bgc_enums_job_state_to_string (job->state));
}

static void
on_file_transferred (BgcManager *manager, const BgcJob *job, guint index, Rig *self)
{
  g_string_append_printf (self->told, "file:%u ", index);
}

static void
on_left (BgcManager *manager, const BgcJob *job, Rig *self)
{
  g_string_append (self->told, "left ");
}

static void
on_forgotten (BgcManager *manager, const BgcJob *job, Rig *self)
{
  g_string_append (self->told, "forgotten ");
}

char *
rig_told (Rig *self)
{
  char *told;

  rig_settle (self);
  told = g_strchomp (g_strdup (self->told->str));
  g_string_truncate (self->told, 0);
  return told;
}

/* ---- life ---- */

static void
live (Rig *self, gint64 wall, gint64 boot)
{
  self->workers = bgc_workers_fake_new ();
  self->clock = bgc_clock_fake_new (wall, boot);
  self->network = bgc_network_fake_new (TRUE);
  self->power = bgc_power_fake_new ();
  self->metering = bgc_metering_fake_new ();
  self->logins = bgc_logins_fake_new ();
  self->manager
    = bgc_manager_new (BGC_STORE (self->store), BGC_WORKERS (self->workers), BGC_CLOCK (self->clock),
                       BGC_NETWORK (self->network), self->random, &self->limits);
  bgc_manager_set_surroundings (self->manager, BGC_POWER (self->power), BGC_METERING (self->metering),
                                BGC_LOGINS (self->logins));
  g_signal_connect (self->manager, "job-added", G_CALLBACK (on_added), self);
  g_signal_connect (self->manager, "job-changed", G_CALLBACK (on_changed), self);
  g_signal_connect (self->manager, "job-state-changed", G_CALLBACK (on_state_changed), self);
  g_signal_connect (self->manager, "file-transferred", G_CALLBACK (on_file_transferred), self);
  g_signal_connect (self->manager, "job-left", G_CALLBACK (on_left), self);
  g_signal_connect (self->manager, "job-forgotten", G_CALLBACK (on_forgotten), self);
  g_assert_true (bgc_manager_load (self->manager, NULL));
}

static void
run_loop (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

/* Ends a life: what is under way ends somehow, so that nothing leaks; nobody looks any more. */
static void
die (Rig *self)
{
  gpointer manager = self->manager;

  g_signal_handlers_disconnect_by_data (self->manager, self);
  g_object_add_weak_pointer (G_OBJECT (self->manager), &manager);
  g_object_unref (self->manager);
  for (guint i = 0; i < 100 && manager != NULL; i++)
    {
      bgc_workers_fake_hang (self->workers, FALSE, FALSE, FALSE);
      bgc_store_fake_release (self->store, bgc_store_fake_waiting (self->store));
      run_loop ();
    }
  g_assert_null (manager);
  g_assert_finalize_object (self->workers);
  g_assert_finalize_object (self->store);
  g_assert_finalize_object (self->network);
  g_assert_finalize_object (self->power);
  g_assert_finalize_object (self->metering);
  g_assert_finalize_object (self->logins);
  g_assert_finalize_object (self->clock);
}

Rig *
rig_new_with (const BgcLimits *limits)
{
  Rig *self = g_new0 (Rig, 1);

  self->limits = *limits;
  self->random = g_rand_new_with_seed (1);
  self->told = g_string_new (NULL);
  self->store = bgc_store_fake_new ();
  live (self, RIG_WALL, RIG_BOOT);
  bgc_manager_start (self->manager);
  return self;
}

Rig *
rig_new (void)
{
  BgcLimits limits;

  bgc_limits_init (&limits);
  return rig_new_with (&limits);
}

void
rig_free (Rig *self)
{
  die (self);
  g_assert_cmpuint (expected, ==, 0);
  g_string_free (self->told, TRUE);
  g_rand_free (self->random);
  g_free (self);
}

void
rig_settle (Rig *self)
{
  run_loop ();
}

void
rig_advance (Rig *self, gint64 microseconds)
{
  bgc_clock_fake_advance (self->clock, microseconds);
}

void
rig_go_offline (Rig *self)
{
  bgc_network_fake_set (self->network, FALSE);
  rig_advance (self, BGC_CONDITIONS_BLIP);
}

static void
live_again (Rig *self, const char *boot_id, gint64 wall, gint64 boot)
{
  BgcStoreFake *store = bgc_store_fake_reopen (self->store);

  die (self);
  self->store = store;
  g_string_truncate (self->told, 0);
  live (self, wall, boot);
  bgc_clock_fake_set_boot_id (self->clock, boot_id);
}

void
rig_crash (Rig *self)
{
  g_autofree char *boot_id = g_strdup (bgc_clock_boot_id (BGC_CLOCK (self->clock)));

  live_again (self, boot_id, bgc_clock_wall (BGC_CLOCK (self->clock)),
              bgc_clock_boot (BGC_CLOCK (self->clock)));
}

void
rig_reboot (Rig *self, const char *boot_id, gint64 boot, gint64 wall_passed)
{
  live_again (self, boot_id, bgc_clock_wall (BGC_CLOCK (self->clock)) + wall_passed, boot);
}

void
rig_start (Rig *self)
{
  bgc_manager_start (self->manager);
  rig_settle (self);
}

/* ---- requests ---- */

Reply *
reply_new (Rig *self)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->rig = self;
  reply->code = RIG_SUCCESS;
  return reply;
}

void
reply_free (Reply *self)
{
  g_free (self->message);
  g_free (self);
}

static void
take_error (Reply *reply, GError *error)
{
  reply->done = TRUE;
  if (error == NULL)
    return;
  g_assert_true (error->domain == BGC_ERROR);
  g_assert_nonnull (error->message);
  reply->code = error->code;
  reply->message = g_strdup (error->message);
  g_error_free (error);
}

void
rig_on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;
  GError *error = NULL;

  bgc_manager_create_finish (BGC_MANAGER (source), result, &reply->id, &error);
  take_error (reply, error);
}

static void
on_number (GObject *source, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;
  GError *error = NULL;

  if (g_task_get_source_tag (G_TASK (result)) == bgc_manager_add_files_async)
    {
      guint32 first = 0;

      bgc_manager_add_files_finish (BGC_MANAGER (source), result, &first, &error);
      reply->value = first;
    }
  else if (g_task_get_source_tag (G_TASK (result)) == bgc_manager_shut_down_async)
    bgc_manager_shut_down_finish (BGC_MANAGER (source), result, &error);
  else
    {
      BgcOutcome outcome = BGC_OUTCOME_OK;

      bgc_manager_cancel_finish (BGC_MANAGER (source), result, &outcome, &error);
      reply->value = outcome;
    }
  take_error (reply, error);
}

static void
add_request (Rig *self, GPtrArray *requests)
{
  g_autofree char *remote = g_strdup_printf ("http://example.org/%u", self->targets);
  g_autofree char *local = g_strdup_printf ("/home/u/%u", self->targets);

  self->targets++;
  g_ptr_array_add (requests, bgc_file_request_new (remote, local));
}

Reply *
rig_create_async (Rig *self, guint32 owner, guint files, gboolean resume)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  Reply *reply = reply_new (self);

  for (guint i = 0; i < files; i++)
    add_request (self, requests);
  bgc_manager_create_async (self->manager, owner, FALSE, BGC_JOB_TYPE_DOWNLOAD, "job", NULL, NULL, requests,
                            resume, rig_on_created, reply);
  return reply;
}

Reply *
rig_ask (Rig *self, const BgcJobId *id, BgcRequest request)
{
  Reply *reply = reply_new (self);
  g_autofree char *local = g_strdup_printf ("/home/u/asked-%u", self->targets++);

  reply_free (reply);
  switch (request)
    {
    case BGC_REQUEST_ADD_FILE:
      return rig_add_async (self, id, local);
    case BGC_REQUEST_REMOVE_FILE:
      return rig_remove_async (self, id, 0);
    case BGC_REQUEST_MODIFY:
      return rig_modify_async (self, id, rig_set_priority, GUINT_TO_POINTER (BGC_PRIORITY_HIGH));
    default:
      break;
    }
  reply = reply_new (self);
  if (request == BGC_REQUEST_SUSPEND)
    bgc_manager_suspend_async (self->manager, id, on_number, reply);
  else if (request == BGC_REQUEST_RESUME)
    bgc_manager_resume_async (self->manager, id, on_number, reply);
  else if (request == BGC_REQUEST_CANCEL)
    bgc_manager_cancel_async (self->manager, id, on_number, reply);
  else
    bgc_manager_complete_async (self->manager, id, on_number, reply);
  return reply;
}

Reply *
rig_add_async (Rig *self, const BgcJobId *id, const char *local)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  Reply *reply = reply_new (self);

  g_ptr_array_add (requests, bgc_file_request_new ("http://example.org/added", local));
  bgc_manager_add_files_async (self->manager, id, FALSE, requests, on_number, reply);
  return reply;
}

Reply *
rig_remove_async (Rig *self, const BgcJobId *id, guint32 index)
{
  Reply *reply = reply_new (self);

  bgc_manager_remove_file_async (self->manager, id, index, on_number, reply);
  return reply;
}

Reply *
rig_set_remote_async (Rig *self, const BgcJobId *id, guint32 index, const char *remote)
{
  Reply *reply = reply_new (self);

  bgc_manager_set_remote_async (self->manager, id, index, remote, on_number, reply);
  return reply;
}

Reply *
rig_modify_async (Rig *self, const BgcJobId *id, BgcManagerModifyFunc modify, gpointer data)
{
  Reply *reply = reply_new (self);

  bgc_manager_modify_async (self->manager, id, modify, data, NULL, on_number, reply);
  return reply;
}

Reply *
rig_shut_down_async (Rig *self)
{
  Reply *reply = reply_new (self);

  bgc_manager_shut_down_async (self->manager, on_number, reply);
  return reply;
}

int
rig_wait (Rig *self, Reply *reply)
{
  int code;

  rig_settle (self);
  g_assert_true (reply->done);
  code = reply->code;
  reply_free (reply);
  return code;
}

BgcJobId
rig_create (Rig *self, guint files, gboolean resume)
{
  g_autoptr (Reply) reply = rig_create_async (self, RIG_OWNER, files, resume);

  rig_settle (self);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  return reply->id;
}

gboolean
rig_set_priority (BgcJob *draft, gpointer priority, GError **error)
{
  draft->priority = GPOINTER_TO_UINT (priority);
  return TRUE;
}

gboolean
rig_set_auto_complete (BgcJob *draft, gpointer on, GError **error)
{
  draft->auto_complete = on != NULL;
  return TRUE;
}

BgcJobId
rig_create_for (Rig *self, guint32 owner, BgcPriority priority, gboolean resume)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_request_free);
  g_autoptr (Reply) reply = reply_new (self);

  add_request (self, requests);
  bgc_manager_create_async (self->manager, owner, FALSE, BGC_JOB_TYPE_DOWNLOAD, "job", rig_set_priority,
                            GUINT_TO_POINTER (priority), requests, resume, rig_on_created, reply);
  rig_settle (self);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  return reply->id;
}

int
rig_request (Rig *self, const BgcJobId *id, BgcRequest request)
{
  return rig_wait (self, rig_ask (self, id, request));
}

BgcOutcome
rig_outcome (Rig *self, const BgcJobId *id, BgcRequest request)
{
  g_autoptr (Reply) reply = rig_ask (self, id, request);

  rig_settle (self);
  g_assert_true (reply->done);
  g_assert_cmpint (reply->code, ==, RIG_SUCCESS);
  return (BgcOutcome)reply->value;
}

int
rig_modify (Rig *self, const BgcJobId *id, BgcManagerModifyFunc modify, gpointer data)
{
  return rig_wait (self, rig_modify_async (self, id, modify, data));
}

/* ---- looking ---- */

const BgcJob *
rig_job (Rig *self, const BgcJobId *id)
{
  const BgcJob *job = bgc_manager_find (self->manager, id);

  g_assert_nonnull (job);
  return job;
}

const BgcFile *
rig_file (Rig *self, const BgcJobId *id, guint32 index)
{
  const BgcFile *file = bgc_file_list_find (rig_job (self, id)->files, index);

  g_assert_nonnull (file);
  return file;
}

const BgcJob *
rig_stored (Rig *self, const BgcJobId *id)
{
  return bgc_store_fake_job (self->store, id);
}

/* ---- the worker ---- */

void
rig_progress (Rig *self, const BgcJobId *id, guint32 index, guint64 bytes, guint64 total)
{
  bgc_workers_fake_report_progress (self->workers, rig_job (self, id), index, bytes, total);
  rig_settle (self);
}

void
rig_whole (Rig *self, const BgcJobId *id, guint32 index)
{
  bgc_workers_fake_report_whole (self->workers, rig_job (self, id), index, 100);
  rig_settle (self);
}

void
rig_fail (Rig *self, const BgcJobId *id, guint32 index, BgcErrorCode code, gboolean transient)
{
  bgc_workers_fake_report_failed (
    self->workers, rig_job (self, id), index,
    bgc_failure_new (BGC_CONTEXT_TRANSPORT, code, transient, "The test fails it"));
  rig_settle (self);
}

BgcJobId
rig_job_in (Rig *self, BgcJobState state)
{
  BgcJobId id = rig_create (self, 1, state != BGC_JOB_STATE_SUSPENDED && state != BGC_JOB_STATE_CANCELLED);

  switch (state)
    {
    case BGC_JOB_STATE_QUEUED:
      g_assert_cmpint (rig_request (self, &id, BGC_REQUEST_SUSPEND), ==, RIG_SUCCESS);
      for (guint i = 0; i < self->limits.background_transfers; i++)
        rig_create (self, 1, TRUE);
      g_assert_cmpint (rig_request (self, &id, BGC_REQUEST_RESUME), ==, RIG_SUCCESS);
      break;
    case BGC_JOB_STATE_TRANSFERRING:
      rig_progress (self, &id, 0, 10, 100);
      break;
    case BGC_JOB_STATE_ERROR:
      rig_fail (self, &id, 0, BGC_ERROR_HTTP_STATUS, FALSE);
      break;
    case BGC_JOB_STATE_TRANSIENT_ERROR:
      rig_fail (self, &id, 0, BGC_ERROR_CONNECTION_CLOSED, TRUE);
      break;
    case BGC_JOB_STATE_TRANSFERRED:
      rig_whole (self, &id, 0);
      break;
    case BGC_JOB_STATE_ACKNOWLEDGED:
      rig_whole (self, &id, 0);
      rig_outcome (self, &id, BGC_REQUEST_COMPLETE);
      break;
    case BGC_JOB_STATE_CANCELLED:
      rig_outcome (self, &id, BGC_REQUEST_CANCEL);
      break;
    case BGC_JOB_STATE_CONNECTING:
    case BGC_JOB_STATE_SUSPENDED:
    case BGC_N_JOB_STATES:
    default:
      break;
    }
  g_assert_cmpint (rig_job (self, &id)->state, ==, state);
  return id;
}
