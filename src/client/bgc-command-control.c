/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl suspend, resume, cancel and complete: one call each, for as many jobs as are named. */

#include <glib/gi18n.h>

#include "base/bgc-error.h"
#include "client/bgc-command.h"
#include "client/bgc-job-argument.h"

/* How one job's call went. */
typedef struct
{
  char *path;    /* (owned) (nullable) NULL if the job was not found */
  char *outcome; /* (owned) (nullable) what the service answered, "ok" where it only says that it did */
  GError *error; /* (owned) (nullable) */
} Outcome;

static void
outcome_clear (Outcome *self)
{
  g_free (self->path);
  g_free (self->outcome);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
call_one (BgcCommandLine *line, const char *method, const char *argument, Outcome *outcome)
{
  /* The answers as the interface has them: what ends a job says how. */
  gboolean says_how = g_str_equal (method, "Cancel") || g_str_equal (method, "Complete");
  g_autoptr (GVariant) reply = NULL;

  outcome->path = bgc_job_argument_resolve (line->client, argument, &outcome->error);
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

static JsonNode *
to_json (const char *argument, const Outcome *outcome)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "Id",
                                 outcome->path != NULL ? bgc_job_argument_id (outcome->path) : argument);
  if (outcome->outcome != NULL)
    json_object_set_string_member (object, "Outcome", outcome->outcome);
  else
    json_object_set_string_member (object, "Error",
                                   outcome->error->domain == BGC_ERROR ? bgc_error_name (outcome->error->code)
                                                                       : outcome->error->message);
  return bgc_json_output_take (object);
}

/* Says what is not as it was asked; silence is success. */
static BgcExitCode
report (const char *argument, const Outcome *outcome)
{
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
control (BgcCommandLine *line, char **arguments, const char *method)
{
  JsonArray *outcomes;
  BgcExitCode exit_code;

  if (!bgc_command_parse (line, NULL, 1, G_MAXUINT, &arguments, &exit_code)
      || !bgc_command_connect (line, &exit_code))
    return exit_code;

  outcomes = json_array_new ();
  for (guint i = 1; arguments[i] != NULL; i++)
    {
      g_auto (Outcome) outcome = { NULL, NULL, NULL };
      g_autofree char *valid = g_utf8_make_valid (arguments[i], -1);
      BgcExitCode one;
      call_one (line, method, valid, &outcome);
      one = report (valid, &outcome);
      /* The first failure decides; the others are still tried. */
      if (exit_code == BGC_EXIT_CODE_OK)
        exit_code = one;
      json_array_add_element (outcomes, to_json (valid, &outcome));
    }
  if (line->json)
    bgc_command_print_json (json_node_init_array (json_node_alloc (), outcomes), TRUE);
  json_array_unref (outcomes);
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
  N_("Ends each JOB for ever and deletes its temporary files. There is no way back."),
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
