/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-command.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "client/bgc-display.h"
#include "client/bgc-error-line.h"

#define PROGRAM      "bgcopyctl"
#define BUS_VARIABLE "BGCOPY_BUS"

/* ---- saying things ---- */

void
bgc_command_complain (const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("%s: %s\n", PROGRAM, message);
}

BgcExitCode
bgc_command_fail (const GError *error)
{
  return bgc_command_fail_about (NULL, error);
}

BgcExitCode
bgc_command_fail_about (const char *subject, const GError *error)
{
  g_autofree char *line = bgc_error_line_for_error (error);

  if (subject != NULL)
    {
      g_autofree char *safe = bgc_display_text (subject);
      bgc_command_complain ("%s: %s", safe, line);
    }
  else
    bgc_command_complain ("%s", line);
  return bgc_exit_code_for_error (error);
}

BgcExitCode
bgc_command_misused (const BgcCommandLine *self, const char *message)
{
  g_autofree char *safe = bgc_display_text (message);

  bgc_command_complain ("%s", safe);
  if (self->command != NULL)
    g_printerr (_("Try “%s %s --help”.\n"), PROGRAM, self->command->name);
  else
    g_printerr (_("Try “%s --help”.\n"), PROGRAM);
  return BGC_EXIT_CODE_USAGE;
}

const char *
bgc_command_again (const BgcCommandLine *self)
{
  if (self->session)
    return PROGRAM " --session";
  return self->system ? PROGRAM " --system" : PROGRAM;
}

void
bgc_command_print_json (JsonNode *node, gboolean pretty)
{
  g_autofree char *text = bgc_json_output_text (node, pretty);

  /* JSON is UTF-8 whatever the locale is, so g_print() is not for it. */
  fputs (text, stdout);
  fputc ('\n', stdout);
  json_node_unref (node);
}

gboolean
bgc_command_output_is_open (void)
{
  return fflush (stdout) == 0 && !ferror (stdout);
}

/* ---- options ---- */

/* The translation of "" is the catalogue's header. */
static const char *
operands_of (const BgcCommand *command)
{
  return command->operands[0] != '\0' ? _(command->operands) : "";
}

static GOptionContext *
make_context (BgcCommandLine *self, const GOptionEntry *entries)
{
  const GOptionEntry shared[] = {
    { "session", 0, 0, G_OPTION_ARG_NONE, &self->session, N_("Use the service on the session bus"), NULL },
    { "system", 0, 0, G_OPTION_ARG_NONE, &self->system,
      N_("Use the service on the system bus (the default)"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->json, N_("Write JSON to standard output"), NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, N_("Say nothing but errors"), NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &self->help, N_("Show this help"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->version, N_("Show the version"), NULL },
    { NULL },
  };
  GOptionContext *context
    = g_option_context_new (self->command != NULL ? operands_of (self->command) : _("COMMAND …"));

  /* The library's own --help ends the process on the spot. */
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, shared, GETTEXT_PACKAGE);
  return context;
}

static gboolean
print_version (void)
{
  g_print ("%s %s\n", PROGRAM, PACKAGE_VERSION);
  return FALSE;
}

static gboolean
print_help (BgcCommandLine *self, GOptionContext *context)
{
  g_autofree char *program
    = self->command != NULL ? g_strconcat (PROGRAM " ", self->command->name, NULL) : g_strdup (PROGRAM);
  g_autofree char *help = NULL;

  if (self->command != NULL)
    g_option_context_set_summary (context, _(self->command->description));
  g_set_prgname (program);
  help = g_option_context_get_help (context, TRUE, NULL);
  g_print ("%s", help);
  return FALSE;
}

gboolean
bgc_command_parse (BgcCommandLine *self, const GOptionEntry *entries, guint min, guint max, char ***arguments,
                   BgcExitCode *exit_code)
{
  g_autoptr (GOptionContext) context = make_context (self, entries);
  g_autoptr (GError) error = NULL;
  guint operands;

  *exit_code = BGC_EXIT_CODE_OK;
  if (!g_option_context_parse_strv (context, arguments, &error))
    {
      *exit_code = bgc_command_misused (self, error->message);
      return FALSE;
    }
  if (self->help)
    return print_help (self, context);
  if (self->version)
    return print_version ();

  /* "--" is left in place where it was needed. */
  for (guint i = 1; (*arguments)[i] != NULL; i++)
    if (g_str_equal ((*arguments)[i], "--"))
      {
        g_free ((*arguments)[i]);
        memmove (*arguments + i, *arguments + i + 1,
                 sizeof (char *) * (g_strv_length (*arguments + i + 1) + 1));
        break;
      }
  operands = g_strv_length (*arguments) - 1;
  if (operands < min)
    {
      /* Translators: a command and what has to follow it, as in "get URL [PATH]". */
      g_autofree char *message
        = g_strdup_printf (_("something is missing: %s %s"), self->command->name,
                           operands_of (self->command));
      *exit_code = bgc_command_misused (self, message);
    }
  else if (operands > max)
    *exit_code = bgc_command_misused (self, _("too many arguments"));
  return operands >= min && operands <= max;
}

/* ---- which bus ---- */

static gboolean
choose_bus (BgcCommandLine *self, BgcExitCode *exit_code)
{
  const char *variable = g_getenv (BUS_VARIABLE);

  if (self->session && self->system)
    {
      *exit_code = bgc_command_misused (self, _("--session and --system exclude each other"));
      return FALSE;
    }
  self->bus = G_BUS_TYPE_SYSTEM;
  if (self->session)
    self->bus = G_BUS_TYPE_SESSION;
  else if (!self->system && variable != NULL && variable[0] != '\0' && !g_str_equal (variable, "system"))
    {
      if (!g_str_equal (variable, "session"))
        {
          *exit_code = bgc_command_misused (
            self, _("the environment variable BGCOPY_BUS must be “session” or “system”"));
          return FALSE;
        }
      self->bus = G_BUS_TYPE_SESSION;
    }
  return TRUE;
}

gboolean
bgc_command_connect (BgcCommandLine *self, BgcExitCode *exit_code)
{
  g_autoptr (GError) error = NULL;

  if (!choose_bus (self, exit_code))
    return FALSE;
  self->client = bgc_client_new (self->bus, &error);
  if (self->client == NULL)
    {
      bgc_command_complain ("%s", error->message);
      *exit_code = BGC_EXIT_CODE_UNREACHABLE;
    }
  return self->client != NULL;
}

/* ---- the table ---- */

static void
print_overview (BgcCommandLine *self, const BgcCommand *const *commands, guint n_commands)
{
  g_autoptr (GOptionContext) context = make_context (self, NULL);
  g_autoptr (GString) text
    = g_string_new (_("Transfers files in the background, through the service bgcopyd.\n\nCommands:"));
  guint width = 0;

  for (guint i = 0; i < n_commands; i++)
    width = MAX (width, bgc_display_columns (commands[i]->name) + 1
                          + bgc_display_columns (operands_of (commands[i])));
  for (guint i = 0; i < n_commands; i++)
    {
      g_autofree char *usage = g_strconcat (commands[i]->name, " ", operands_of (commands[i]), NULL);
      g_autofree char *padded = bgc_display_pad (usage, width);
      g_string_append_printf (text, "\n  %s  %s", padded, _(commands[i]->summary));
    }
  g_option_context_set_summary (context, text->str);
  g_option_context_set_description (context, _("Each command has a --help of its own. See bgcopyctl(1).\n"));
  print_help (self, context);
}

static const BgcCommand *
find_command (const BgcCommand *const *commands, guint n_commands, const char *name)
{
  for (guint i = 0; i < n_commands; i++)
    if (g_str_equal (commands[i]->name, name))
      return commands[i];
  return NULL;
}

/* The options before the command's name; the first thing that is no option is the name. */
static gboolean
parse_leading (BgcCommandLine *self, char ***arguments, BgcExitCode *exit_code)
{
  g_autoptr (GOptionContext) context = make_context (self, NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_strict_posix (context, TRUE);
  if (g_option_context_parse_strv (context, arguments, &error))
    return TRUE;
  *exit_code = bgc_command_misused (self, error->message);
  return FALSE;
}

/* Everything was said, but did it get out? */
static BgcExitCode
finish (BgcExitCode exit_code)
{
  if (bgc_command_output_is_open () || exit_code != BGC_EXIT_CODE_OK)
    return exit_code;
  bgc_command_complain (_("standard output could not be written"));
  return BGC_EXIT_CODE_FAILED;
}

/* "help" and "help COMMAND" are other words for --help. */
static void
take_help (BgcCommandLine *self, char **arguments)
{
  if (arguments[1] == NULL || !g_str_equal (arguments[1], "help"))
    return;
  self->help = TRUE;
  g_free (arguments[1]);
  arguments[1] = arguments[2];
  if (arguments[1] != NULL)
    memmove (arguments + 2, arguments + 3, sizeof (char *) * (g_strv_length (arguments + 3) + 1));
}

BgcExitCode
bgc_command_run (const BgcCommand *const *commands, guint n_commands, char **arguments)
{
  g_auto (GStrv) left = g_strdupv (arguments);
  g_auto (GStrv) own = NULL;
  BgcCommandLine line = { NULL };
  BgcExitCode exit_code = BGC_EXIT_CODE_OK;

  if (!parse_leading (&line, &left, &exit_code))
    return exit_code;
  take_help (&line, left);
  if (line.help && left[1] == NULL)
    {
      print_overview (&line, commands, n_commands);
      return finish (exit_code);
    }
  if (line.version)
    {
      print_version ();
      return finish (exit_code);
    }
  if (left[1] == NULL)
    return bgc_command_misused (&line, _("no command was given"));

  line.command = find_command (commands, n_commands, left[1]);
  if (line.command == NULL)
    {
      g_autofree char *message = g_strdup_printf (_("there is no command “%s”"), left[1]);
      return bgc_command_misused (&line, message);
    }
  own = g_strdupv (left + 1);
  /* Taken out of a list that the command may shorten. */
  exit_code = line.command->run (&line, own);
  g_clear_pointer (&line.client, bgc_client_free);
  return finish (exit_code);
}
