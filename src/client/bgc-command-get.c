/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl get: one download, waited for or left to the service. */

#include <glib/gi18n.h>
#include <signal.h>

#include "base/bgc-enums.h"
#include "base/bgc-error.h"
#include "client/bgc-command.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-interrupt.h"
#include "client/bgc-job-argument.h"
#include "client/bgc-job-wait.h"
#include "client/bgc-target-name.h"

#define OPTION_UNSET -1

typedef struct
{
  char *name; /* (owned) (nullable) likewise the next three */
  char *description;
  char *priority;
  char *checksum;
  gint retry_delay; /* seconds, OPTION_UNSET = the service's default; likewise the next two */
  gint no_progress_timeout;
  gint max_time;
  gboolean no_overwrite;
  gboolean detach;
  gboolean keep;
  gboolean no_progress;
} GetOptions;

static void
get_options_clear (GetOptions *self)
{
  g_free (self->name);
  g_free (self->description);
  g_free (self->priority);
  g_free (self->checksum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GetOptions, get_options_clear)

static gboolean
parse (BgcCommandLine *line, GetOptions *options, char ***arguments, BgcExitCode *exit_code)
{
  const GOptionEntry entries[] = {
    { "detach", 'd', 0, G_OPTION_ARG_NONE, &options->detach, N_("Print the job's id and do not wait"),
      NULL },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &options->keep, N_("Keep a job that failed, to be resumed later"),
      NULL },
    { "name", 'n', 0, G_OPTION_ARG_STRING, &options->name, N_("Name of the job (default: the file's)"),
      N_("NAME") },
    { "description", 0, 0, G_OPTION_ARG_STRING, &options->description, N_("Description of the job"),
      N_("TEXT") },
    { "priority", 'p', 0, G_OPTION_ARG_STRING, &options->priority,
      N_("foreground, high, normal or low (default: foreground; normal with --detach)"), N_("PRIORITY") },
    { "checksum", 'c', 0, G_OPTION_ARG_STRING, &options->checksum,
      N_("What the content must have: sha256:… or sha512:…"), N_("CHECKSUM") },
    { "no-overwrite", 0, 0, G_OPTION_ARG_NONE, &options->no_overwrite, N_("Fail if the file exists"), NULL },
    { "retry-delay", 0, 0, G_OPTION_ARG_INT, &options->retry_delay,
      N_("Wait that long before another attempt"), N_("SECONDS") },
    { "no-progress-timeout", 0, 0, G_OPTION_ARG_INT, &options->no_progress_timeout,
      N_("Give up after that long without a byte; 0 = never try again"), N_("SECONDS") },
    { "max-time", 0, 0, G_OPTION_ARG_INT, &options->max_time, N_("Give up after that long of transferring"),
      N_("SECONDS") },
    { "no-progress", 0, 0, G_OPTION_ARG_NONE, &options->no_progress, N_("Draw no progress bar"), NULL },
    { NULL },
  };

  return bgc_command_parse (line, entries, 1, 2, arguments, exit_code);
}

static gboolean
check (const BgcCommandLine *line, const GetOptions *options, BgcExitCode *exit_code)
{
  BgcPriority priority;
  const char *message = NULL;

  if (options->priority != NULL && !bgc_enums_priority_from_string (options->priority, &priority))
    message = _("the priority must be foreground, high, normal or low");
  else if (options->retry_delay < OPTION_UNSET || options->no_progress_timeout < OPTION_UNSET
           || options->max_time < OPTION_UNSET)
    message = _("a number of seconds cannot be negative");
  else if (options->detach && options->keep)
    message = _("--keep and --detach exclude each other: a job left to the service is always kept");
  if (message != NULL)
    *exit_code = bgc_command_misused (line, message);
  return message == NULL;
}

static void
add_seconds (GVariantBuilder *properties, const char *name, gint seconds)
{
  if (seconds != OPTION_UNSET)
    g_variant_builder_add (properties, "{sv}", name, g_variant_new_uint32 (seconds));
}

/* The arguments of Submit. */
static GVariant *
make_submission (const GetOptions *options, const char *url, const char *target)
{
  const char *priority = options->priority != NULL ? options->priority
                         : options->detach         ? "normal"
                                                   : "foreground";
  g_autofree char *base = g_path_get_basename (target);
  g_autofree char *safe = bgc_display_text (base);
  g_autofree char *name
    = options->name != NULL
        ? g_strdup (options->name)
        : g_utf8_substring (safe, 0, MIN (g_utf8_strlen (safe, -1), (glong) BGC_NAME_MAX_CHARACTERS));
  GVariantBuilder files, file, properties;

  g_variant_builder_init (&file, G_VARIANT_TYPE_VARDICT);
  if (options->checksum != NULL)
    g_variant_builder_add (&file, "{sv}", "checksum", g_variant_new_string (options->checksum));
  if (options->no_overwrite)
    g_variant_builder_add (&file, "{sv}", "overwrite", g_variant_new_boolean (FALSE));
  g_variant_builder_init (&files, G_VARIANT_TYPE ("a(ssa{sv})"));
  g_variant_builder_add (&files, "(ssa{sv})", url, target, &file);

  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&properties, "{sv}", "AutoComplete", g_variant_new_boolean (TRUE));
  g_variant_builder_add (&properties, "{sv}", "Priority", g_variant_new_string (priority));
  if (options->description != NULL)
    g_variant_builder_add (&properties, "{sv}", "Description", g_variant_new_string (options->description));
  add_seconds (&properties, "MinimumRetryDelay", options->retry_delay);
  add_seconds (&properties, "NoProgressTimeout", options->no_progress_timeout);
  add_seconds (&properties, "MaximumDownloadTime", options->max_time);
  return g_variant_new ("(ssa(ssa{sv})a{sv})", name, "download", &files, &properties);
}

static char *
submit (BgcCommandLine *line, const GetOptions *options, const char *url, const char *target, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *path = NULL;

  reply
    = bgc_client_call_manager (line->client, "Submit", make_submission (options, url, target), "(o)", error);
  if (reply != NULL)
    g_variant_get (reply, "(o)", &path);
  return path;
}

/* Says why there is no job, or perhaps one after all. */
static BgcExitCode
fail_to_submit (const BgcCommandLine *line, const GError *error)
{
  BgcExitCode exit_code = bgc_command_fail (error);

  /* The call was sent; whether it was carried out nobody knows. */
  if (exit_code == BGC_EXIT_CODE_UNREACHABLE
      && !g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    g_printerr (_("The job may have been made all the same; see “%s list”.\n"), bgc_command_again (line));
  return exit_code;
}

/* What the command line says in bytes must be text on the bus. */
static gboolean
check_text (const BgcCommandLine *line, const GetOptions *options, const char *url, BgcExitCode *exit_code)
{
  const char *texts[] = { url, options->name, options->description, options->checksum };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i] != NULL && !g_utf8_validate (texts[i], -1, NULL))
      {
        *exit_code = bgc_command_misused (line, _("the URL and the options must be valid UTF-8"));
        return FALSE;
      }
  return TRUE;
}

/* ---- the end ---- */

typedef struct
{
  BgcCommandLine *line;      /* (borrowed) */
  const GetOptions *options; /* (borrowed) */
  const char *target;        /* (borrowed) */
  const BgcJobView *view;    /* (borrowed) */
  gint64 started;            /* monotonic */
} GetEnd;

static void
hint_resume_and_cancel (const GetEnd *self)
{
  const char *again = bgc_command_again (self->line);
  const char *id = bgc_job_view_id (self->view);

  g_printerr (_("  %s resume %s   to try again\n  %s cancel %s   to give it up\n"), again, id, again, id);
}

static BgcExitCode
end_interrupted (const GetEnd *self, int signal_number)
{
  const char *again = bgc_command_again (self->line);
  const char *id = bgc_job_view_id (self->view);

  bgc_command_complain (_("interrupted; the transfer goes on in the background as job %s"), id);
  g_printerr (_("  %s show %s     to see how far it is\n  %s cancel %s   to stop it\n"), again, id, again,
              id);
  return signal_number == SIGTERM ? BGC_EXIT_CODE_TERMINATED : BGC_EXIT_CODE_INTERRUPTED;
}

static BgcExitCode
end_failed (const GetEnd *self)
{
  GVariant *problem = bgc_job_view_peek (self->view, "Error");
  g_autofree char *text = problem != NULL ? bgc_error_line_for_job (problem) : NULL;
  g_autofree char *target = bgc_display_text (self->target);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  bgc_command_complain ("%s: %s", target, text != NULL ? text : _("the transfer failed"));
  if (self->options->keep)
    {
      g_printerr (_("The job is kept as %s.\n"), bgc_job_view_id (self->view));
      hint_resume_and_cancel (self);
      return BGC_EXIT_CODE_FAILED;
    }
  reply
    = bgc_client_call_job (self->line->client, bgc_job_view_path (self->view), "Cancel", NULL, "(s)", &error);
  /* Somebody may have been faster; then it is as it should be. */
  if (reply == NULL && bgc_exit_code_for_error (error) != BGC_EXIT_CODE_STATE
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

  return files->len == 1 && g_variant_lookup (g_ptr_array_index (files, 0), "completed", "b", &completed)
         && completed;
}

static void
print_success (const GetEnd *self)
{
  gint64 seconds = (g_get_monotonic_time () - self->started) / G_USEC_PER_SEC;
  guint64 bytes = bgc_job_view_number (self->view, "BytesTransferred", 0);
  g_autofree char *target = bgc_display_text (self->target);
  g_autofree char *size = bgc_display_size (bytes);
  g_autofree char *duration = bgc_display_duration (seconds);
  g_autofree char *rate = bgc_display_rate (bytes / MAX (seconds, 1));

  /* Translators: a path, a size, a duration and a rate. */
  g_print (_("%s: %s in %s (%s)\n"), target, size, duration, rate);
}

/* Puts the file in place ourselves. FALSE: said why not, and the command ends with @exit_code. */
static gboolean
complete (const GetEnd *self, BgcExitCode *exit_code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = bgc_client_call_job (self->line->client, bgc_job_view_path (self->view),
                                                    "Complete", NULL, "(s)", &error);

  if (reply == NULL)
    *exit_code = bgc_command_fail_about (self->target, error);
  return reply != NULL;
}

static BgcExitCode
end_acknowledged (const GetEnd *self, GPtrArray *files)
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
  reply = bgc_client_call_job (self->line->client, bgc_job_view_path (self->view), "Complete", NULL, "(s)",
                               &error);
  if (reply == NULL)
    g_debug ("taking note of the end: %s", error->message);
  if (!self->line->quiet && !self->line->json)
    print_success (self);
  return BGC_EXIT_CODE_OK;
}

static BgcExitCode
end (const GetEnd *self, BgcJobWaitEnd how)
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
  files = bgc_client_list_files (self->line->client, bgc_job_view_path (self->view), &error);
  if (files == NULL)
    return bgc_command_fail (error);
  if (self->line->json)
    {
      properties = bgc_job_view_to_variant (self->view);
      bgc_command_print_json (bgc_json_output_job (properties, files), TRUE);
    }
  return how == BGC_JOB_WAIT_FAILED ? end_failed (self) : end_acknowledged (self, files);
}

/* ---- the command ---- */

static BgcExitCode
get_detached (BgcCommandLine *line, const GetOptions *options, const char *url, const char *target)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = submit (line, options, url, target, &error);

  if (path == NULL)
    return fail_to_submit (line, error);
  if (line->json)
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
get_waiting (BgcCommandLine *line, const GetOptions *options, const char *url, const char *target)
{
  gboolean show = !line->quiet && !options->no_progress;
  GetEnd ending = { line, options, target, NULL, g_get_monotonic_time () };
  g_autoptr (GError) error = NULL;
  g_autoptr (BgcJobWait) wait = bgc_job_wait_new (line->client, show, &error);
  g_autofree char *path = NULL;
  BgcJobWaitEnd how;

  if (wait == NULL)
    return bgc_command_fail (error);
  /* From here on a job may exist: Ctrl-C has to say which. */
  bgc_interrupt_install ();
  path = submit (line, options, url, target, &error);
  if (path == NULL)
    return fail_to_submit (line, error);
  if (!bgc_job_wait_run (wait, path, &how, &error))
    return bgc_command_fail (error);
  ending.view = bgc_job_wait_view (wait);
  return end (&ending, how);
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (GetOptions) options
    = { .retry_delay = OPTION_UNSET, .no_progress_timeout = OPTION_UNSET, .max_time = OPTION_UNSET };
  g_autofree char *directory = g_get_current_dir ();
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  BgcExitCode exit_code;
  const char *url;

  if (!parse (line, &options, &arguments, &exit_code) || !check (line, &options, &exit_code)
      || !check_text (line, &options, arguments[1], &exit_code))
    return exit_code;
  url = arguments[1];
  target = bgc_target_name_resolve (url, arguments[2], directory, &error);
  if (target == NULL)
    return bgc_command_fail (error);
  if (options.no_overwrite && g_file_test (target, G_FILE_TEST_EXISTS))
    {
      /* The service finds that out too, but only when everything is downloaded. */
      g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_FILE_EXISTS, "");
      return bgc_command_fail_about (target, error);
    }
  if (!bgc_command_connect (line, &exit_code))
    return exit_code;
  return options.detach ? get_detached (line, &options, url, target)
                        : get_waiting (line, &options, url, target);
}

const BgcCommand bgc_command_get = {
  "get",
  N_("URL [PATH]"),
  N_("Download a file"),
  N_("Downloads URL to PATH: a file, or a directory that gets a file named after the URL;\n"
      "the current directory if nothing is said. Waits until the file is whole and stands\n"
      "under its name. Ctrl-C stops the waiting, not the download."),
  run,
};
