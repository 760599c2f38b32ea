/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-submission.h"

#include <glib/gi18n.h>
#include <signal.h>

#include "base/bgc-enums.h"
#include "base/bgc-error.h"
#include "client/bgc-cancel-note.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-interrupt.h"
#include "client/bgc-job-argument.h"
#include "client/bgc-job-wait.h"
#include "client/bgc-rate-option.h"

#define OPTION_UNSET G_MININT /* -1 is what somebody may type */

/* ---- options ---- */

void
bgc_submission_options_init (BgcSubmissionOptions *self)
{
  *self = (BgcSubmissionOptions){ .retry_delay = OPTION_UNSET,
                                  .no_progress_timeout = OPTION_UNSET,
                                  .max_time = OPTION_UNSET };
}

void
bgc_submission_options_clear (BgcSubmissionOptions *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->description, g_free);
  g_clear_pointer (&self->priority, g_free);
  g_clear_pointer (&self->limit_rate, g_free);
  g_clear_pointer (&self->cost_policy, g_free);
  bgc_secret_options_clear (&self->secrets);
}

static gboolean
is_negative (gint seconds)
{
  return seconds < 0 && seconds != OPTION_UNSET;
}

static gboolean
check (const BgcCommandLine *line, const BgcSubmissionOptions *options, BgcExitCode *exit_code)
{
  BgcPriority priority;
  BgcCostPolicy policy;
  guint64 rate;
  const char *message = NULL;

  if (options->priority != NULL && !bgc_enums_priority_from_string (options->priority, &priority))
    message = _("the priority must be foreground, high, normal or low");
  else if (is_negative (options->retry_delay) || is_negative (options->no_progress_timeout)
           || is_negative (options->max_time))
    message = _("a number of seconds cannot be negative");
  else if (options->limit_rate != NULL && !bgc_rate_option_parse (options->limit_rate, &rate))
    message = _("the rate must be a number of bytes a second, with K, M or G behind it");
  else if (options->cost_policy != NULL && !bgc_enums_cost_policy_from_string (options->cost_policy, &policy))
    message = _("the cost policy must be always, not-roaming, standard or unrestricted");
  else if (options->detach && options->keep)
    message = _("--keep and --detach exclude each other: a job left to the service is always kept");
  if (message != NULL)
    *exit_code = bgc_command_misused (line, message);
  return message == NULL;
}

gboolean
bgc_submission_check_text (const BgcCommandLine *line, const char *text, BgcExitCode *exit_code)
{
  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return TRUE;
  *exit_code = bgc_command_misused (line, _("the URL and the options must be valid UTF-8"));
  return FALSE;
}

static void
add_entries (GArray *all, const GOptionEntry *entries)
{
  for (; entries->long_name != NULL; entries++)
    g_array_append_val (all, *entries);
}

gboolean
bgc_submission_options_parse (BgcSubmissionOptions *self, BgcCommandLine *line, const GOptionEntry *more,
                              guint min, guint max, char ***arguments, BgcExitCode *exit_code)
{
  const GOptionEntry shared[] = {
    { "detach", 'd', 0, G_OPTION_ARG_NONE, &self->detach, N_("Print the job's id and do not wait"), NULL },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &self->keep, N_("Keep a job that failed, to be resumed later"), NULL },
    { "name", 'n', 0, G_OPTION_ARG_STRING, &self->name, N_("Name of the job (default: the file's)"),
      N_("NAME") },
    { "description", 0, 0, G_OPTION_ARG_STRING, &self->description, N_("Description of the job"),
      N_("TEXT") },
    { "priority", 'p', 0, G_OPTION_ARG_STRING, &self->priority,
      N_("foreground, high, normal or low (default: foreground; normal with --detach)"), N_("PRIORITY") },
    { "retry-delay", 0, 0, G_OPTION_ARG_INT, &self->retry_delay, N_("Wait that long before another attempt"),
      N_("SECONDS") },
    { "no-progress-timeout", 0, 0, G_OPTION_ARG_INT, &self->no_progress_timeout,
      N_("Give up after that long without a byte; 0 = never try again"), N_("SECONDS") },
    { "max-time", 0, 0, G_OPTION_ARG_INT, &self->max_time, N_("Give up after that long of transferring"),
      N_("SECONDS") },
    { "limit-rate", 0, 0, G_OPTION_ARG_STRING, &self->limit_rate,
      N_("Move at most that many bytes a second (K, M or G behind it)"), N_("RATE") },
    { "cost-policy", 0, 0, G_OPTION_ARG_STRING, &self->cost_policy,
      N_("always, not-roaming, standard or unrestricted: on which networks it runs"), N_("WORD") },
    { "no-progress", 0, 0, G_OPTION_ARG_NONE, &self->no_progress, N_("Draw no progress bar"), NULL },
    { NULL },
  };
  g_autoptr (GArray) all = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  add_entries (all, shared);
  bgc_secret_options_add_entries (&self->secrets, all);
  add_entries (all, more);
  return bgc_command_parse (line, (const GOptionEntry *) (gpointer) all->data, min, max, arguments, exit_code)
         && check (line, self, exit_code) && bgc_secret_options_collect (&self->secrets, line, exit_code)
         && bgc_submission_check_text (line, self->name, exit_code)
         && bgc_submission_check_text (line, self->description, exit_code);
}

/* ---- the call ---- */

static void
add_seconds (GVariantBuilder *properties, const char *name, gint seconds)
{
  if (seconds != OPTION_UNSET)
    g_variant_builder_add (properties, "{sv}", name, g_variant_new_uint32 (seconds));
}

static void
add_rate (GVariantBuilder *properties, const char *text)
{
  guint64 rate;

  if (text != NULL && bgc_rate_option_parse (text, &rate))
    g_variant_builder_add (properties, "{sv}", "BandwidthLimit", g_variant_new_uint64 (rate));
}

static void
add_all (GVariantBuilder *builder, GVariant *dictionary)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (dictionary == NULL)
    return;
  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_builder_add (builder, "{sv}", key, value);
}

static char *
make_name (const BgcSubmission *self)
{
  g_autofree char *base = g_path_get_basename (self->local);
  g_autofree char *safe = bgc_display_text (base);

  if (self->options->name != NULL)
    return g_strdup (self->options->name);
  return g_utf8_substring (safe, 0, MIN (g_utf8_strlen (safe, -1), (glong) BGC_NAME_MAX_CHARACTERS));
}

/* The arguments of Submit. */
static GVariant *
make_parameters (const BgcSubmission *self)
{
  const BgcSubmissionOptions *options = self->options;
  const char *priority = options->priority != NULL ? options->priority
                         : options->detach         ? "normal"
                                                   : "foreground";
  g_autofree char *name = make_name (self);
  GVariantBuilder files, file, properties;

  g_variant_builder_init (&file, G_VARIANT_TYPE_VARDICT);
  add_all (&file, self->file_options);
  g_variant_builder_init (&files, G_VARIANT_TYPE ("a(ssa{sv})"));
  g_variant_builder_add (&files, "(ssa{sv})", self->remote, self->local, &file);

  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&properties, "{sv}", "AutoComplete", g_variant_new_boolean (TRUE));
  g_variant_builder_add (&properties, "{sv}", "Priority", g_variant_new_string (priority));
  if (options->description != NULL)
    g_variant_builder_add (&properties, "{sv}", "Description", g_variant_new_string (options->description));
  add_seconds (&properties, "MinimumRetryDelay", options->retry_delay);
  add_seconds (&properties, "NoProgressTimeout", options->no_progress_timeout);
  add_seconds (&properties, "MaximumDownloadTime", options->max_time);
  add_rate (&properties, options->limit_rate);
  if (options->cost_policy != NULL)
    g_variant_builder_add (&properties, "{sv}", "CostPolicy", g_variant_new_string (options->cost_policy));
  add_all (&properties, self->properties);
  return g_variant_new ("(ssa(ssa{sv})a{sv})", name, self->type, &files, &properties);
}

static gboolean
fill_and_resume (const BgcSubmission *self, const char *path, GVariant *file, GError **error)
{
  BgcClient *client = self->line->client;
  g_autoptr (GVariant) added = bgc_client_call_job (client, path, "AddFile", file, "(u)", error);
  g_autoptr (GVariant) resumed = NULL;

  if (added == NULL || !bgc_secret_options_give (&self->options->secrets, client, path, error))
    return FALSE;
  resumed = bgc_client_call_job (client, path, "Resume", NULL, "()", error);
  return resumed != NULL;
}

/* Step by step: what is secret is no property of a job, and has to be there before its first request. */
static char *
submit_with_secrets (const BgcSubmission *self, GError **error)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (make_parameters (self));
  g_autoptr (GVariant) files = g_variant_get_child_value (all, 2);
  g_autoptr (GVariant) file = g_variant_get_child_value (files, 0);
  g_autoptr (GVariant) properties = g_variant_get_child_value (all, 3);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) cancelled = NULL;
  g_autofree char *path = NULL;
  const char *name, *type;

  g_variant_get_child (all, 0, "&s", &name);
  g_variant_get_child (all, 1, "&s", &type);
  reply = bgc_client_call_manager (self->line->client, "CreateJob",
                                   g_variant_new ("(ss@a{sv})", name, type, properties), "(o)", error);
  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(o)", &path);
  if (fill_and_resume (self, path, file, error))
    return g_steal_pointer (&path);
  cancelled = bgc_client_call_job (self->line->client, path, "Cancel", NULL, "(s)", NULL);
  return NULL;
}

static char *
submit (const BgcSubmission *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *path = NULL;

  if (bgc_secret_options_are_given (&self->options->secrets))
    return submit_with_secrets (self, error);
  reply = bgc_client_call_manager (self->line->client, "Submit", make_parameters (self), "(o)", error);
  if (reply != NULL)
    g_variant_get (reply, "(o)", &path);
  return path;
}

/* Says why there is no job, or perhaps one after all. */
static BgcExitCode
fail_to_submit (const BgcCommandLine *line, const GError *error)
{
  BgcExitCode exit_code;

  /* There was no job to be found yet: it is the file to be uploaded. */
  if (g_error_matches (error, BGC_ERROR, BGC_ERROR_NOT_FOUND))
    {
      g_autofree char *text = bgc_display_text (error->message);
      bgc_command_complain ("%s", text);
      return BGC_EXIT_CODE_USAGE;
    }
  exit_code = bgc_command_fail (error);
  /* The call was sent; whether it was carried out nobody knows. */
  if (exit_code == BGC_EXIT_CODE_UNREACHABLE
      && !g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    g_printerr (_("The job may have been made all the same; see “%s list”.\n"), bgc_command_again (line));
  return exit_code;
}

/* ---- the end ---- */

typedef struct
{
  const BgcSubmission *made; /* (borrowed) */
  const BgcJobView *view;    /* (borrowed) */
  gint64 started;            /* monotonic */
} SubmissionEnd;

static void
hint_resume_and_cancel (const SubmissionEnd *self)
{
  const char *again = bgc_command_again (self->made->line);
  const char *id = bgc_job_view_id (self->view);

  g_printerr (_("  %s resume %s   to try again\n  %s cancel %s   to give it up\n"), again, id, again, id);
}

static BgcExitCode
end_interrupted (const SubmissionEnd *self, int signal_number)
{
  const char *again = bgc_command_again (self->made->line);
  const char *id = bgc_job_view_id (self->view);

  bgc_command_complain (_("interrupted; the transfer goes on in the background as job %s"), id);
  g_printerr (_("  %s show %s     to see how far it is\n  %s cancel %s   to stop it\n"), again, id, again,
              id);
  return signal_number == SIGTERM ? BGC_EXIT_CODE_TERMINATED : BGC_EXIT_CODE_INTERRUPTED;
}

static BgcExitCode
end_failed (const SubmissionEnd *self)
{
  GVariant *problem = bgc_job_view_peek (self->view, "Error");
  g_autofree char *text = problem != NULL ? bgc_error_line_for_job (problem) : NULL;
  g_autofree char *url = problem != NULL ? bgc_error_line_url (problem) : NULL;
  g_autofree char *target = url != NULL ? g_steal_pointer (&url) : bgc_display_text (self->made->subject);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  bgc_command_complain ("%s: %s", target, text != NULL ? text : _("the transfer failed"));
  if (self->made->options->keep)
    {
      g_printerr (_("The job is kept as %s.\n"), bgc_job_view_id (self->view));
      hint_resume_and_cancel (self);
      return BGC_EXIT_CODE_FAILED;
    }
  reply = bgc_client_call_job (self->made->line->client, bgc_job_view_path (self->view), "Cancel", NULL,
                               "(s)", &error);
  if (reply != NULL)
    bgc_cancel_note_tell (self->made->line->client, bgc_job_view_path (self->view));
  /* Somebody may have been faster; then it is as it should be. */
  else if (bgc_exit_code_for_error (error) != BGC_EXIT_CODE_STATE
      && bgc_exit_code_for_error (error) != BGC_EXIT_CODE_NOT_FOUND)
    {
      bgc_command_fail_about (bgc_job_view_id (self->view), error);
      hint_resume_and_cancel (self);
    }
  return BGC_EXIT_CODE_FAILED;
}

static gboolean
is_file_in_place (GPtrArray *files)
{
  gboolean completed = FALSE;

  return files->len > 0 && g_variant_lookup (g_ptr_array_index (files, 0), "completed", "b", &completed)
         && completed;
}

static void
print_success (const SubmissionEnd *self)
{
  gint64 elapsed = MAX (g_get_monotonic_time () - self->started, 1);
  guint64 bytes = bgc_job_view_number (self->view, "BytesTransferred", 0);
  g_autofree char *target = bgc_display_text (self->made->subject);
  g_autofree char *size = bgc_display_size (bytes);
  g_autofree char *duration = bgc_display_duration (elapsed / G_USEC_PER_SEC);
  g_autofree char *rate = bgc_display_rate ((double) bytes * G_USEC_PER_SEC / elapsed);

  /* Translators: a path or URL, a size, a duration and a rate. */
  g_print (_("%s: %s in %s (%s)\n"), target, size, duration, rate);
  if (self->made->reply != NULL)
    {
      g_autofree char *reply = bgc_display_text (self->made->reply);
      g_autofree char *reply_size
        = bgc_display_size (bgc_job_view_number (self->view, "ReplyBytesTransferred", 0));
      /* Translators: a path and a size. */
      g_print (_("%s: the reply, %s\n"), reply, reply_size);
    }
}

/* Puts the file in place ourselves. FALSE: said why not, and the command ends with @exit_code. */
static gboolean
complete (const SubmissionEnd *self, BgcExitCode *exit_code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = bgc_client_call_job (self->made->line->client, bgc_job_view_path (self->view),
                                                    "Complete", NULL, "(s)", &error);

  if (reply == NULL)
    *exit_code = bgc_command_fail_about (self->made->subject, error);
  return reply != NULL;
}

static BgcExitCode
end_acknowledged (const SubmissionEnd *self, GPtrArray *files)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (!is_file_in_place (files))
    {
      bgc_command_complain (_("job %s was completed by somebody else before the file was there"),
                            bgc_job_view_id (self->view));
      return BGC_EXIT_CODE_FAILED;
    }
  /* The service keeps what it completed by itself until somebody takes note. The file is there, so
   * whatever comes back is no reason to fail. */
  reply = bgc_client_call_job (self->made->line->client, bgc_job_view_path (self->view), "Complete", NULL,
                               "(s)", &error);
  if (reply == NULL)
    g_debug ("taking note of the end: %s", error->message);
  if (!self->made->line->quiet && !self->made->line->json)
    print_success (self);
  return BGC_EXIT_CODE_OK;
}

static BgcExitCode
end (const SubmissionEnd *self, BgcJobWaitEnd how)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GError) error = NULL;
  BgcExitCode exit_code;

  switch (how)
    {
    case BGC_JOB_WAIT_INTERRUPTED:
      return end_interrupted (self, bgc_interrupt_get ());
    case BGC_JOB_WAIT_LOST:
      bgc_command_complain (_("the service went away; job %s goes on when it is back"),
                            bgc_job_view_id (self->view));
      return BGC_EXIT_CODE_UNREACHABLE;
    case BGC_JOB_WAIT_GONE:
      bgc_command_complain (_("the service no longer knows job %s"), bgc_job_view_id (self->view));
      return BGC_EXIT_CODE_FAILED;
    case BGC_JOB_WAIT_CANCELLED:
      bgc_command_complain (_("job %s was cancelled"), bgc_job_view_id (self->view));
      return BGC_EXIT_CODE_FAILED;
    case BGC_JOB_WAIT_TRANSFERRED:
      if (!complete (self, &exit_code))
        return exit_code;
      break;
    case BGC_JOB_WAIT_ACKNOWLEDGED:
    case BGC_JOB_WAIT_FAILED:
    default:
      break;
    }
  files = bgc_client_list_files (self->made->line->client, bgc_job_view_path (self->view), &error);
  if (files == NULL)
    return bgc_command_fail (error);
  if (self->made->line->json)
    {
      properties = bgc_job_view_to_variant (self->view);
      bgc_command_print_json (bgc_json_output_job (properties, files), TRUE);
    }
  return how == BGC_JOB_WAIT_FAILED ? end_failed (self) : end_acknowledged (self, files);
}

/* ---- together ---- */

static BgcExitCode
run_detached (const BgcSubmission *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = submit (self, &error);

  if (path == NULL)
    return fail_to_submit (self->line, error);
  if (self->line->json)
    {
      JsonObject *object = json_object_new ();
      json_object_set_string_member (object, "Id", bgc_job_argument_id (path));
      bgc_command_print_json (bgc_json_output_take (object), TRUE);
    }
  else
    g_print ("%s\n", bgc_job_argument_id (path));
  return BGC_EXIT_CODE_OK;
}

static BgcExitCode
run_waiting (const BgcSubmission *self)
{
  gboolean show = !self->line->quiet && !self->options->no_progress;
  SubmissionEnd ending = { self, NULL, g_get_monotonic_time () };
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcJobWait) wait = bgc_job_wait_new (self->line->client, show, self->line->quiet, &error);
  g_autofree char *path = NULL;
  BgcJobWaitEnd how;

  if (wait == NULL)
    return bgc_command_fail (error);
  /* From here on a job may exist: Ctrl-C has to say which. */
  bgc_interrupt_install ();
  path = submit (self, &error);
  if (path == NULL)
    return fail_to_submit (self->line, error);
  if (!bgc_job_wait_run (wait, path, &how, &error))
    return bgc_command_fail (error);
  ending.view = bgc_job_wait_view (wait);
  return end (&ending, how);
}

BgcExitCode
bgc_submission_run (const BgcSubmission *self)
{
  g_autoptr (GVariant) file_options
    = self->file_options != NULL ? g_variant_ref_sink (self->file_options) : NULL;
  g_autoptr (GVariant) properties = self->properties != NULL ? g_variant_ref_sink (self->properties) : NULL;

  return self->options->detach ? run_detached (self) : run_waiting (self);
}
