/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl suspend, resume, cancel and complete: one call each, for as many jobs as are named. */

#include <glib/gi18n.h>

#include "base/bgc-error.h"
#include "client/bgc-cancel-note.h"
#include "client/bgc-command.h"
#include "client/bgc-job-argument.h"

/* How one job's call went. */
typedef struct
{
  char *argument; /* (owned) as given, valid UTF-8 */
  char *path;    /* (owned) (nullable) NULL if the job was not found */
  char *outcome; /* (owned) (nullable) what the service answered, "ok" where it only says that it did */
  GError *error;  /* (owned) (nullable) */
  GVariant *open; /* (owned) (nullable) properties of a job whose server still has to answer */
} Outcome;

static void
outcome_free (gpointer data)
{
  Outcome *self = data;

  g_free (self->argument);
  g_free (self->path);
  g_free (self->outcome);
  g_clear_error (&self->error);
  g_clear_pointer (&self->open, g_variant_unref);
  g_free (self);
}

static void
call_one (BgcCommandLine *line, const char *method, Outcome *outcome)
{
  /* The answers as the interface has them: what ends a job says how. */
  gboolean says_how = g_str_equal (method, "Cancel") || g_str_equal (method, "Complete");
  g_autoptr (GVariant) reply = NULL;

  outcome->path = bgc_job_argument_resolve (line->client, outcome->argument, &outcome->error);
  if (outcome->path == NULL)
    return;
  reply = bgc_client_call_job (line->client, outcome->path, method, NULL, says_how ? "(s)" : "()",
                               &outcome->error);
  if (reply == NULL)
    return;
  if (says_how)
    g_variant_get (reply, "(s)", &outcome->outcome);
  else
    outcome->outcome = g_strdup ("ok");
}

/* What cancelled uploads leave open. */
static void
look_after (BgcCommandLine *line, GPtrArray *outcomes)
{
  g_autoptr (GPtrArray) cancelled = g_ptr_array_new ();
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autoptr (GPtrArray) open = NULL;

  for (guint i = 0; i < outcomes->len; i++)
    {
      Outcome *outcome = g_ptr_array_index (outcomes, i);

      if (outcome->outcome == NULL)
        continue;
      g_ptr_array_add (cancelled, outcome);
      g_ptr_array_add (paths, outcome->path);
    }
  if (paths->len == 0)
    return;
  g_ptr_array_add (paths, NULL);
  open = bgc_cancel_note_read (line->client, (const char *const *) paths->pdata);
  for (guint i = 0; i < cancelled->len; i++)
    {
      Outcome *outcome = g_ptr_array_index (cancelled, i);

      outcome->open = g_steal_pointer (&g_ptr_array_index (open, i));
    }
}

static JsonNode *
to_json (const Outcome *outcome)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (
    object, "Id", outcome->path != NULL ? bgc_job_argument_id (outcome->path) : outcome->argument);
  if (outcome->outcome != NULL)
    json_object_set_string_member (object, "Outcome", outcome->outcome);
  else
    json_object_set_string_member (object, "Error",
                                   outcome->error->domain == BGC_ERROR ? bgc_error_name (outcome->error->code)
                                                                       : outcome->error->message);
  if (outcome->open != NULL)
    {
      gint64 deadline = 0;

      g_variant_lookup (outcome->open, "CancelDeadline", "x", &deadline);
      json_object_set_boolean_member (object, "ServerCancelPending", TRUE);
      json_object_set_int_member (object, "CancelDeadline", deadline);
    }
  return bgc_json_output_take (object);
}

static void
print_open (const Outcome *outcome)
{
  g_autoptr (BgcJobView) view = bgc_job_view_new (outcome->path);
  g_autofree char *text = NULL;

  bgc_job_view_update (view, outcome->open);
  text = bgc_cancel_note_text (view, g_get_real_time ());
  /* Translators: a job's id, and "the server is told … until …". */
  g_print (_("%s: cancelled; %s\n"), outcome->argument, text);
}

/* Says what is not as it was asked; silence is success. */
static BgcExitCode
report (const Outcome *outcome)
{
  const char *argument = outcome->argument;

  if (outcome->error != NULL)
    return bgc_command_fail_about (argument, outcome->error);
  if (g_str_equal (outcome->outcome, "ok"))
    return BGC_EXIT_CODE_OK;
  if (g_str_equal (outcome->outcome, "partial"))
    bgc_command_complain (_("%s: completed, but only in part: files that were not whole were deleted"),
                          argument);
  else if (g_str_equal (outcome->outcome, "unable-to-delete-files"))
    bgc_command_complain (
      _("%s: done, but a temporary file could not be deleted yet; the service will try again"), argument);
  else
    bgc_command_complain ("%s: %s", argument, outcome->outcome);
  return BGC_EXIT_CODE_PARTIAL;
}

static BgcExitCode
call_all (BgcCommandLine *line, char **arguments, const char *method, GPtrArray *outcomes)
{
  BgcExitCode exit_code = BGC_EXIT_CODE_OK;

  for (guint i = 1; arguments[i] != NULL; i++)
    {
      Outcome *outcome = g_new0 (Outcome, 1);
      BgcExitCode one;
      outcome->argument = g_utf8_make_valid (arguments[i], -1);
      g_ptr_array_add (outcomes, outcome);
      call_one (line, method, outcome);
      one = report (outcome);
      /* The first failure decides; the others are still tried. */
      if (exit_code == BGC_EXIT_CODE_OK)
        exit_code = one;
    }
  return exit_code;
}

static BgcExitCode
control (BgcCommandLine *line, char **arguments, const char *method)
{
  g_autoptr (GPtrArray) outcomes = g_ptr_array_new_with_free_func (outcome_free);
  g_autoptr (JsonArray) json = json_array_new ();
  BgcExitCode exit_code;

  if (!bgc_command_parse (line, NULL, 1, G_MAXUINT, &arguments, &exit_code)
      || !bgc_command_connect (line, &exit_code))
    return exit_code;

  exit_code = call_all (line, arguments, method, outcomes);
  if (g_str_equal (method, "Cancel"))
    look_after (line, outcomes);
  for (guint i = 0; i < outcomes->len; i++)
    {
      const Outcome *outcome = g_ptr_array_index (outcomes, i);
      json_array_add_element (json, to_json (outcome));
      if (outcome->open != NULL && !line->json && !line->quiet)
        print_open (outcome);
    }
  if (line->json)
    bgc_command_print_json (json_node_init_array (json_node_alloc (), json), TRUE);
  return exit_code;
}

static BgcExitCode
run_suspend (BgcCommandLine *line, char **arguments)
{
  return control (line, arguments, "Suspend");
}

static BgcExitCode
run_resume (BgcCommandLine *line, char **arguments)
{
  return control (line, arguments, "Resume");
}

static BgcExitCode
run_cancel (BgcCommandLine *line, char **arguments)
{
  return control (line, arguments, "Cancel");
}

static BgcExitCode
run_complete (BgcCommandLine *line, char **arguments)
{
  return control (line, arguments, "Complete");
}

const BgcCommand bgc_command_control_suspend = {
  "suspend",
  N_("JOB…"),
  N_("Stop jobs; what they hold is kept"),
  N_("Stops the transfer of each JOB. What was received is kept; “resume” goes on from there."),
  run_suspend,
};

const BgcCommand bgc_command_control_resume = {
  "resume",
  N_("JOB…"),
  N_("Let jobs go on, or try again at once"),
  N_("Lets each JOB go on that is suspended or failed, or that waits for another attempt."),
  run_resume,
};

const BgcCommand bgc_command_control_cancel = {
  "cancel",
  N_("JOB…"),
  N_("End jobs and delete what they received"),
  N_("Ends each JOB for ever and deletes its temporary files. There is no way back. The server of\n"
      "an upload is told to drop what it got; where it does not answer, until when is said."),
  run_cancel,
};

const BgcCommand bgc_command_control_complete = {
  "complete",
  N_("JOB…"),
  N_("Put the files of jobs in place and end them"),
  N_("Puts the files of each JOB that are whole under their names, deletes the rest, and ends\n"
      "the job. Jobs made by “get” do that by themselves; for them it takes note of the end."),
  run_complete,
};
