/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl put: one upload, waited for or left to the service. */

#include <glib/gi18n.h>

#include "client/bgc-command.h"
#include "client/bgc-submission.h"
#include "client/bgc-target-name.h"

#define NAMES_ITS_FILES "tus" /* the protocol whose URL is that of a service, which names each file */

typedef struct
{
  BgcSubmissionOptions shared;
  char *reply;    /* (owned) (nullable) as given */
  char *protocol; /* (owned) (nullable) */
} PutOptions;

static void
put_options_clear (PutOptions *self)
{
  bgc_submission_options_clear (&self->shared);
  g_free (self->reply);
  g_free (self->protocol);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PutOptions, put_options_clear)

static gboolean
check_protocol (const BgcCommandLine *line, const char *protocol, BgcExitCode *exit_code)
{
  static const char *const protocols[] = { "auto", "bits", "tus", "resumable", "put", NULL };

  if (protocol == NULL || g_strv_contains (protocols, protocol))
    return TRUE;
  *exit_code = bgc_command_misused (line, _("the protocol must be auto, bits, tus, resumable or put"));
  return FALSE;
}

/* Only a BITS server replies; the service says so too, but for "auto" only when it has asked the server. */
static gboolean
check_reply (const BgcCommandLine *line, const PutOptions *options, BgcExitCode *exit_code)
{
  if (options->reply == NULL || options->protocol == NULL || g_str_equal (options->protocol, "auto")
      || g_str_equal (options->protocol, "bits"))
    return TRUE;
  *exit_code = bgc_command_misused (line, _("--reply needs the protocol bits"));
  return FALSE;
}

static gboolean
parse (BgcCommandLine *line, PutOptions *options, char ***arguments, BgcExitCode *exit_code)
{
  const GOptionEntry entries[] = {
    { "reply", 'r', 0, G_OPTION_ARG_FILENAME, &options->reply,
      N_("Wait for the server's reply and store it there"), N_("FILE") },
    { "protocol", 0, 0, G_OPTION_ARG_STRING, &options->protocol,
      N_("auto, bits, tus, resumable or put (default: auto, which asks the server)"), N_("PROTOCOL") },
    { NULL },
  };

  return bgc_submission_options_parse (&options->shared, line, entries, 2, 2, arguments, exit_code)
         && bgc_submission_check_text (line, (*arguments)[2], exit_code)
         && check_protocol (line, options->protocol, exit_code) && check_reply (line, options, exit_code);
}

static GVariant *
properties_of (const PutOptions *options, const char *reply)
{
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
  if (options->protocol != NULL)
    g_variant_builder_add (&properties, "{sv}", "UploadProtocol", g_variant_new_string (options->protocol));
  if (reply != NULL)
    g_variant_builder_add (&properties, "{sv}", "ReplyFileName", g_variant_new_string (reply));
  return g_variant_builder_end (&properties);
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (PutOptions) options = { .reply = NULL };
  g_autofree char *directory = g_get_current_dir ();
  g_autofree char *source = NULL;
  g_autofree char *reply = NULL;
  g_autofree char *remote = NULL;
  g_autoptr (GError) error = NULL;
  BgcSubmission made = { line, &options.shared, "upload", NULL, NULL, NULL, NULL, NULL, NULL };
  BgcExitCode exit_code;

  bgc_submission_options_init (&options.shared);
  if (!parse (line, &options, &arguments, &exit_code))
    return exit_code;
  source = bgc_target_name_absolute (arguments[1], directory, &error);
  if (source != NULL && options.reply != NULL)
    reply = bgc_target_name_absolute (options.reply, directory, &error);
  if (error != NULL)
    return bgc_command_fail (error);
  if (g_strcmp0 (options.protocol, NAMES_ITS_FILES) == 0)
    remote = g_strdup (arguments[2]);
  else
    remote = bgc_target_name_remote (arguments[2], source);
  if (!bgc_command_connect (line, &exit_code))
    return exit_code;
  made.type = reply != NULL ? "upload-reply" : "upload";
  made.remote = made.subject = remote;
  made.local = source;
  made.reply = reply;
  made.properties = properties_of (&options, reply);
  return bgc_submission_run (&made);
}

const BgcCommand bgc_command_put = {
  "put",
  N_("FILE URL"),
  N_("Upload a file"),
  N_("Uploads FILE to URL; where URL ends in a slash, under the file's own name. Waits until the\n"
      "server has all of it. Ctrl-C stops the waiting, not the upload; “cancel” ends it, and the\n"
      "server is told to drop what it got, also when it cannot be reached now."),
  run,
};
