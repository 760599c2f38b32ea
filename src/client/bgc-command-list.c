/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl list: a table of jobs, or an array of them. Written page by page, since there may be many. */

#include <glib/gi18n.h>
#include <stdio.h>

#include "base/bgc-enums.h"
#include "client/bgc-cancel-note.h"
#include "client/bgc-command.h"
#include "client/bgc-display.h"
#include "client/bgc-job-argument.h"
#include "client/bgc-job-view.h"

/* Columns; fixed, so that a page can be written before the next is known. */
#define ID_COLUMNS       12u /* of 32 digits: no two alike even among 100,000 jobs, in all likelihood */
#define STATE_COLUMNS    15u /* transient-error */
#define PRIORITY_COLUMNS 10u /* foreground */
#define PROGRESS_COLUMNS 18u
#define OWNER_COLUMNS    10u
#define OVERLAP          100u /* jobs; so many may leave the queue between two pages without hiding another */

typedef struct
{
  BgcCommandLine *line; /* (borrowed) */
  gboolean all_users;
  char **states; /* (owned) (nullable) as given, each with commas in it */
  char **words;  /* (owned) (nullable) split, NULL = all states */
  guint printed;
} Listing;

static void
listing_clear (Listing *self)
{
  g_strfreev (self->states);
  g_strfreev (self->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Listing, listing_clear)

/* Splits and checks --state. */
static gboolean
split_states (Listing *self, BgcExitCode *exit_code)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (guint i = 0; self->states != NULL && self->states[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (self->states[i], ",", -1);
      for (guint j = 0; parts[j] != NULL; j++)
        {
          BgcJobState state;
          if (!bgc_enums_job_state_from_string (parts[j], &state))
            {
              g_autofree char *message = g_strdup_printf (_("there is no state “%s”"), parts[j]);
              *exit_code = bgc_command_misused (self->line, message);
              return FALSE;
            }
          g_strv_builder_add (words, parts[j]);
        }
    }
  self->words = self->states != NULL ? g_strv_builder_end (words) : NULL;
  return TRUE;
}

static void
add_column (GString *row, const char *text, guint columns)
{
  g_autofree char *padded = bgc_display_pad (text, columns);

  g_string_append (row, padded);
  g_string_append (row, "  ");
}

static void
print_header (const Listing *self)
{
  g_autoptr (GString) row = g_string_new (NULL);

  add_column (row, _("ID"), ID_COLUMNS);
  if (self->all_users)
    add_column (row, _("OWNER"), OWNER_COLUMNS);
  add_column (row, _("STATE"), STATE_COLUMNS);
  add_column (row, _("PRIORITY"), PRIORITY_COLUMNS);
  add_column (row, _("PROGRESS"), PROGRESS_COLUMNS);
  g_print ("%s%s\n", row->str, _("NAME"));
}

/* What there is to say behind the name; NULL for nothing. That one waits for its turn its state says. */
static char *
remark (const BgcJobView *view)
{
  char *open = bgc_cancel_note_text (view, g_get_real_time ());

  if (open != NULL || bgc_job_view_is_in (view, "suspended")
      || g_str_equal (bgc_job_view_string (view, "WaitReason"), "scheduler"))
    return open;
  return bgc_job_view_standing (view, g_get_real_time ());
}

static void
print_row (Listing *self, const BgcJobView *view)
{
  g_autoptr (GString) row = g_string_new (NULL);
  g_autofree char *id = g_strndup (bgc_job_view_id (view), ID_COLUMNS);
  g_autofree char *state = bgc_display_text (bgc_job_view_string (view, "State"));
  g_autofree char *priority = bgc_display_text (bgc_job_view_string (view, "Priority"));
  g_autofree char *progress = bgc_job_view_progress (view);
  g_autofree char *name = bgc_job_view_name (view);
  g_autofree char *note = remark (view);

  if (self->printed == 0)
    print_header (self);
  add_column (row, id, ID_COLUMNS);
  if (self->all_users)
    {
      g_autofree char *owner = bgc_job_view_owner (view);
      add_column (row, owner, OWNER_COLUMNS);
    }
  add_column (row, state, STATE_COLUMNS);
  add_column (row, priority, PRIORITY_COLUMNS);
  add_column (row, progress, PROGRESS_COLUMNS);
  if (note != NULL)
    g_print ("%s%s (%s)\n", row->str, name, note);
  else
    g_print ("%s%s\n", row->str, name);
}

static void
print_page (Listing *self, char **paths, GPtrArray *jobs)
{
  for (guint i = 0; i < jobs->len; i++)
    {
      GVariant *properties = g_ptr_array_index (jobs, i);
      if (properties == NULL)
        continue;
      if (self->line->json)
        {
          g_autoptr (JsonNode) node = bgc_json_output_node (properties);
          g_autofree char *text = bgc_json_output_text (node, FALSE);
          fputs (self->printed == 0 ? "[\n" : ",\n", stdout);
          fputs (text, stdout);
        }
      else
        {
          g_autoptr (BgcJobView) view = bgc_job_view_new (paths[i]);
          bgc_job_view_update (view, properties);
          print_row (self, view);
        }
      self->printed++;
    }
}

/* Those of @page that were not on an earlier one. */
static char **
keep_fresh (GHashTable *seen, char **page)
{
  g_autoptr (GStrvBuilder) fresh = g_strv_builder_new ();

  for (guint i = 0; page[i] != NULL; i++)
    if (g_hash_table_add (seen, g_strdup (page[i])))
      g_strv_builder_add (fresh, page[i]);
  return g_strv_builder_end (fresh);
}

/* Jobs that leave while we page move the others up; pages that overlap keep those from being missed. */
static BgcExitCode
print_all (Listing *self)
{
  BgcClientFilter filter = { self->all_users, (const char *const *) self->words };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  guint offset = 0;

  while (bgc_command_output_is_open ())
    {
      g_auto (GStrv) page = bgc_client_list_page (self->line->client, &filter, offset, &error);
      g_auto (GStrv) fresh = page != NULL ? keep_fresh (seen, page) : NULL;
      g_autoptr (GPtrArray) jobs = NULL;
      if (fresh != NULL)
        jobs = bgc_client_read_jobs (self->line->client, (const char *const *) fresh, &error);
      if (jobs == NULL)
        return bgc_command_fail (error);
      if (fresh[0] == NULL)
        break;
      print_page (self, fresh, jobs);
      offset += g_strv_length (page);
      offset -= MIN (offset, OVERLAP);
    }
  return BGC_EXIT_CODE_OK;
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (Listing) self = { .line = line };
  const GOptionEntry entries[] = {
    { "all-users", 'a', 0, G_OPTION_ARG_NONE, &self.all_users,
      N_("Other users' jobs too (for administrators)"), NULL },
    { "state", 's', 0, G_OPTION_ARG_STRING_ARRAY, &self.states, N_("Only jobs in these states"),
      N_("STATE[,STATE…]") },
    { NULL },
  };
  BgcExitCode exit_code;

  if (!bgc_command_parse (line, entries, 0, 0, &arguments, &exit_code) || !split_states (&self, &exit_code)
      || !bgc_command_connect (line, &exit_code))
    return exit_code;
  exit_code = print_all (&self);
  if (line->json && (self.printed > 0 || exit_code == BGC_EXIT_CODE_OK))
    fputs (self.printed > 0 ? "\n]\n" : "[]\n", stdout);
  else if (self.printed == 0 && exit_code == BGC_EXIT_CODE_OK && !line->quiet)
    g_printerr (_("No jobs.\n"));
  return exit_code;
}

const BgcCommand bgc_command_list = {
  "list",
  "",
  N_("List jobs"),
  N_("Lists your jobs, the oldest first. Those that the service put in place by itself, as\n"
      "after “get --detach”, stay listed until “complete” takes note of them, or for a week."),
  run,
};
