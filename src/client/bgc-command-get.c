/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl get: one download, waited for or left to the service. */

#include <glib/gi18n.h>

#include "base/bgc-error.h"
#include "client/bgc-command.h"
#include "client/bgc-submission.h"
#include "client/bgc-target-name.h"

typedef struct
{
  BgcSubmissionOptions shared;
  char *checksum; /* (owned) (nullable) */
  gboolean no_overwrite;
} GetOptions;

static void
get_options_clear (GetOptions *self)
{
  bgc_submission_options_clear (&self->shared);
  g_free (self->checksum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GetOptions, get_options_clear)

static gboolean
parse (BgcCommandLine *line, GetOptions *options, char ***arguments, BgcExitCode *exit_code)
{
  const GOptionEntry entries[] = {
    { "checksum", 'c', 0, G_OPTION_ARG_STRING, &options->checksum,
      N_("What the content must have: sha256:… or sha512:…"), N_("CHECKSUM") },
    { "no-overwrite", 0, 0, G_OPTION_ARG_NONE, &options->no_overwrite, N_("Fail if the file exists"), NULL },
    { NULL },
  };

  return bgc_submission_options_parse (&options->shared, line, entries, 1, 2, arguments, exit_code)
         && bgc_submission_check_text (line, (*arguments)[1], exit_code)
         && bgc_submission_check_text (line, options->checksum, exit_code);
}

static GVariant *
file_options (const GetOptions *options)
{
  GVariantBuilder file;

  g_variant_builder_init (&file, G_VARIANT_TYPE_VARDICT);
  if (options->checksum != NULL)
    g_variant_builder_add (&file, "{sv}", "checksum", g_variant_new_string (options->checksum));
  if (options->no_overwrite)
    g_variant_builder_add (&file, "{sv}", "overwrite", g_variant_new_boolean (FALSE));
  return g_variant_builder_end (&file);
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (GetOptions) options = { .checksum = NULL };
  g_autofree char *directory = g_get_current_dir ();
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  BgcSubmission made = { line, &options.shared, "download", NULL, NULL, NULL, NULL, NULL, NULL };
  BgcExitCode exit_code;

  bgc_submission_options_init (&options.shared);
  if (!parse (line, &options, &arguments, &exit_code))
    return exit_code;
  target = bgc_target_name_resolve (arguments[1], arguments[2], directory, &error);
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
  made.remote = arguments[1];
  made.local = made.subject = target;
  made.file_options = file_options (&options);
  return bgc_submission_run (&made);
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
