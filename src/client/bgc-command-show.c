/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl show: everything about one job. */

#include <glib/gi18n.h>

#include "client/bgc-command.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-job-argument.h"
#include "client/bgc-job-view.h"

/* How a property is shown. */
typedef enum
{
  AS_TEXT,
  AS_SIZE,
  AS_RATE,
  AS_TIME,
  AS_DURATION,
  AS_MILLISECONDS,
  AS_ERROR,
  AS_REASON,
  AS_YIELD,
  AS_COUNTERS,
  AS_LIMIT,          /* where there is one */
  AS_UPLOAD_TEXT,    /* of uploads only */
  AS_REPLY_SIZE,     /* of uploads with a reply only */
  AS_PENDING,        /* where it is so */
  AS_TIME_OF_PENDING /* where that is so */
} Look;

static const struct
{
  const char *property;
  const char *label;
  Look look;
} rows[] = {
  { "Id", N_("Job"), AS_TEXT },
  { "DisplayName", N_("Name"), AS_TEXT },
  { "Description", N_("Description"), AS_TEXT },
  { "Type", N_("Type"), AS_TEXT },
  { "Owner", N_("Owner"), AS_TEXT },
  { "State", N_("State"), AS_TEXT },
  { "WaitReason", N_("Standing still"), AS_REASON },
  { "NextAttempt", N_("Next attempt"), AS_TIME },
  { "Error", N_("Error"), AS_ERROR },
  { "Priority", N_("Priority"), AS_TEXT },
  { "CostPolicy", N_("Runs on metered networks"), AS_TEXT },
  { "CustomHeaders", N_("Headers of its own"), AS_TEXT },
  { "BytesTransferred", N_("Transferred"), AS_SIZE },
  { "BytesTotal", N_("Size"), AS_SIZE },
  { "Rate", N_("Rate"), AS_RATE },
  { "YieldsTo", N_("Holding back"), AS_YIELD },
  { "BandwidthLimit", N_("Limit of its own"), AS_LIMIT },
  { "Counters", N_("Moved by this service"), AS_COUNTERS },
  { "FilesTransferred", N_("Files transferred"), AS_TEXT },
  { "FilesTotal", N_("Files"), AS_TEXT },
  { "CreationTime", N_("Created"), AS_TIME },
  { "ModificationTime", N_("Changed"), AS_TIME },
  { "CompletionTime", N_("Transferred at"), AS_TIME },
  { "MinimumRetryDelay", N_("Retry delay"), AS_DURATION },
  { "NoProgressTimeout", N_("No-progress time-out"), AS_DURATION },
  { "MaximumDownloadTime", N_("Maximum time"), AS_DURATION },
  { "RetryCount", N_("Retries"), AS_TEXT },
  { "ErrorCount", N_("Errors so far"), AS_TEXT },
  { "AutoComplete", N_("Completes by itself"), AS_TEXT },
  { "NotifyFlags", N_("Signals"), AS_TEXT },
  { "MinimumNotificationInterval", N_("Time between signals"), AS_MILLISECONDS },
  { "UploadProtocol", N_("Protocol"), AS_UPLOAD_TEXT },
  { "SessionId", N_("Server's session"), AS_UPLOAD_TEXT },
  { "ReplyFileName", N_("Reply goes to"), AS_UPLOAD_TEXT },
  { "ReplyBytesTransferred", N_("Reply transferred"), AS_REPLY_SIZE },
  { "ReplyBytesTotal", N_("Reply's size"), AS_REPLY_SIZE },
  { "ServerCancelPending", N_("Server has yet to drop it"), AS_PENDING },
  { "CancelDeadline", N_("It is told until"), AS_TIME_OF_PENDING },
};

/* Any value in words. */
static char *
plain_text (GVariant *value)
{
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return bgc_display_text (g_variant_get_string (value, NULL));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? _("yes") : _("no"));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **words = g_variant_get_strv (value, NULL);
      text = g_strjoinv (", ", (char **) words);
    }
  else
    text = g_variant_print (value, FALSE);
  return bgc_display_text (text);
}

static gboolean
is_shown (const BgcJobView *view, Look look)
{
  switch (look)
    {
    case AS_UPLOAD_TEXT:
      return g_str_has_prefix (bgc_job_view_string (view, "Type"), "upload");
    case AS_REPLY_SIZE:
      return g_str_equal (bgc_job_view_string (view, "Type"), "upload-reply");
    case AS_PENDING:
    case AS_TIME_OF_PENDING:
      return bgc_job_view_boolean (view, "ServerCancelPending");
    case AS_LIMIT:
      return bgc_job_view_number (view, "BandwidthLimit", 0) > 0;
    case AS_TEXT:
    case AS_SIZE:
    case AS_RATE:
    case AS_TIME:
    case AS_DURATION:
    case AS_MILLISECONDS:
    case AS_ERROR:
    case AS_REASON:
    case AS_YIELD:
    case AS_COUNTERS:
    default:
      return TRUE;
    }
}

static char *
value_text (const BgcJobView *view, const char *property, Look look)
{
  guint64 number = bgc_job_view_number (view, property, 0);
  GVariant *value = bgc_job_view_peek (view, property);

  switch (look)
    {
    case AS_SIZE:
    case AS_REPLY_SIZE:
      return bgc_display_size (number);
    case AS_RATE:
    case AS_LIMIT:
      return bgc_display_rate (number);
    case AS_TIME:
    case AS_TIME_OF_PENDING:
      return bgc_display_time ((gint64) MIN (number, (guint64) G_MAXINT64));
    case AS_DURATION:
      return bgc_display_duration (number);
    case AS_MILLISECONDS:
      return g_strdup_printf ("%" G_GUINT64_FORMAT " ms", number);
    case AS_ERROR:
      return bgc_error_line_for_job (value);
    case AS_REASON:
      return bgc_job_view_standing (view, g_get_real_time ());
    case AS_YIELD:
      return bgc_job_view_yielding (view);
    case AS_COUNTERS:
      return g_variant_is_of_type (value, G_VARIANT_TYPE ("a{st}")) ? bgc_job_view_counters (value) : NULL;
    case AS_TEXT:
    case AS_UPLOAD_TEXT:
    case AS_PENDING:
    default:
      return plain_text (value);
    }
}

static guint
label_columns (void)
{
  guint columns = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    columns = MAX (columns, bgc_display_columns (_(rows[i].label)));
  return columns + 1;
}

static void
print_line (const char *label, const char *text, guint columns)
{
  g_autofree char *with_colon = g_strconcat (label, ":", NULL);
  g_autofree char *padded = bgc_display_pad (with_colon, columns);

  g_print ("%s %s\n", padded, text);
}

static gboolean
has_row (const char *property)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].property, property))
      return TRUE;
  return FALSE;
}

/* What the table does not name, as a newer service may have more than we know. */
static void
print_others (const BgcJobView *view, guint columns)
{
  g_autoptr (GVariant) all = bgc_job_view_to_variant (view);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (!has_row (name))
      {
        g_autofree char *text = plain_text (value);
        g_autofree char *label = bgc_display_text (name);
        print_line (label, text, columns);
      }
}

static void
print_job (const BgcJobView *view)
{
  guint columns = label_columns ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = NULL;
      if (bgc_job_view_peek (view, rows[i].property) == NULL || !is_shown (view, rows[i].look))
        continue;
      text = value_text (view, rows[i].property, rows[i].look);
      if (text != NULL && text[0] != '\0')
        print_line (_(rows[i].label), text, columns);
    }
  print_others (view, columns);
}

static void
print_file (const BgcJobView *view, GVariant *file)
{
  gboolean upload = g_str_has_prefix (bgc_job_view_string (view, "Type"), "upload");
  g_autoptr (GVariant) error = g_variant_lookup_value (file, "error", G_VARIANT_TYPE_VARDICT);
  g_autofree char *problem = error != NULL ? bgc_error_line_for_job (error) : NULL;
  g_autofree char *progress = NULL;
  g_autofree char *remote = NULL;
  g_autofree char *local = NULL;
  const char *text = "";
  guint64 transferred = 0;
  guint64 total = BGC_SIZE_UNKNOWN;
  guint32 index = 0;
  gboolean completed = FALSE;

  g_variant_lookup (file, "index", "u", &index);
  g_variant_lookup (file, "bytes-transferred", "t", &transferred);
  g_variant_lookup (file, "bytes-total", "t", &total);
  g_variant_lookup (file, "completed", "b", &completed);
  g_variant_lookup (file, "remote", "&s", &text);
  remote = bgc_display_text (text);
  text = "";
  g_variant_lookup (file, "local", "&s", &text);
  local = bgc_display_text (text);
  progress = bgc_display_progress (transferred, total);

  g_print ("\n%s %u: %s%s\n", _("File"), index, progress,
           !completed ? "" : upload ? _(", sent") : _(", in place"));
  g_print ("  %s\n  %s\n", remote, local);
  text = NULL;
  if (g_variant_lookup (file, "checksum", "&s", &text))
    {
      g_autofree char *checksum = bgc_display_text (text);
      g_print ("  %s\n", checksum);
    }
  if (problem != NULL)
    g_print ("  %s\n", problem);
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_autofree char *path = NULL;
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (BgcJobView) view = NULL;
  g_autoptr (GError) error = NULL;
  BgcExitCode exit_code;

  if (!bgc_command_parse (line, NULL, 1, 1, &arguments, &exit_code)
      || !bgc_command_connect (line, &exit_code))
    return exit_code;
  path = bgc_job_argument_resolve (line->client, arguments[1], &error);
  if (path != NULL)
    properties = bgc_client_read_job (line->client, path, &error);
  if (properties != NULL)
    files = bgc_client_list_files (line->client, path, &error);
  if (files == NULL)
    return bgc_command_fail_about (arguments[1], error);

  view = bgc_job_view_new (path);
  bgc_job_view_update (view, properties);
  if (line->json)
    bgc_command_print_json (bgc_json_output_job (properties, files), TRUE);
  else
    {
      print_job (view);
      for (guint i = 0; i < files->len; i++)
        print_file (view, g_ptr_array_index (files, i));
    }
  return BGC_EXIT_CODE_OK;
}

const BgcCommand bgc_command_show = {
  "show",
  N_("JOB"),
  N_("Show everything about a job"),
  N_("Shows the properties of JOB and its files. JOB is an id of 32 digits, at least the first\n"
      "4 of them, a UUID, or an object path."),
  run,
};
