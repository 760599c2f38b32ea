/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl top: the jobs that run or wait, drawn anew as they move. */

#include <glib/gi18n.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "client/bgc-command.h"
#include "client/bgc-interrupt.h"
#include "client/bgc-job-view.h"
#include "client/bgc-screen.h"
#include "client/bgc-top-table.h"

/* Seconds between two tables, unless something happens. */
#define INTERVAL_DEFAULT 1.0
#define INTERVAL_LEAST   0.1
#define INTERVAL_MOST    86400.0
/* Microseconds that signals are gathered for before the next drawing. */
#define MOMENT (G_USEC_PER_SEC / 4)
/* Jobs that are read for a table without end: what a page has. */
#define ROOM_MOST BGC_PAGE_SIZE

static const char *const running_states[] = { "connecting", "transferring", NULL };
static const char *const waiting_states[] = { "queued", "transient-error", NULL };

typedef struct
{
  BgcCommandLine *line; /* (borrowed) */
  gboolean all_users;
  double interval;      /* seconds */
  int iterations;       /* tables to show; 0 = without end */
  BgcScreen *screen;    /* (owned) (nullable) NULL = one table after the other */
  GPtrArray *jobs;      /* (owned) (element-type BgcJobView) */
  GVariant *manager;    /* (owned) (nullable) a{sv} */
  guint running;        /* how many there are */
  guint waiting;
  int shown;            /* tables */
  gint64 drawn;         /* monotonic microseconds; 0 = never */
  gboolean stirred;     /* something was heard since */
  gboolean stopped;     /* the service is away: to ask it would start it */
  gboolean lost;        /* the bus is gone */
  guint tick;           /* GSource id, 0 = none: wakes the loop */
} Top;

static void
top_clear (Top *self)
{
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_pointer (&self->screen, bgc_screen_free);
  g_clear_pointer (&self->jobs, g_ptr_array_unref);
  g_clear_pointer (&self->manager, g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Top, top_clear)

/* ---- reading ---- */

/* Appends the first @room jobs in @states; *@count is how many there are on a page. */
static gboolean
read_states (Top *self, const char *const *states, guint room, guint *count, GError **error)
{
  BgcClientFilter filter = { self->all_users, states };
  g_auto (GStrv) paths = bgc_client_list_page (self->line->client, &filter, 0, error);
  g_autoptr (GPtrArray) jobs = NULL;

  if (paths == NULL)
    return FALSE;
  *count = g_strv_length (paths);
  for (guint i = room; i < *count; i++)
    g_clear_pointer (&paths[i], g_free);
  jobs = bgc_client_read_jobs (self->line->client, (const char *const *) paths, error);
  if (jobs == NULL)
    return FALSE;
  for (guint i = 0; i < jobs->len; i++)
    {
      GVariant *properties = g_ptr_array_index (jobs, i);
      BgcJobView *view;

      if (properties == NULL)
        continue;
      view = bgc_job_view_new (paths[i]);
      bgc_job_view_update (view, properties);
      g_ptr_array_add (self->jobs, view);
    }
  return TRUE;
}

static gboolean
read_all (Top *self, GError **error)
{
  guint room = self->screen != NULL ? bgc_top_table_room (bgc_screen_rows (self->screen)) : ROOM_MOST;

  g_ptr_array_set_size (self->jobs, 0);
  g_clear_pointer (&self->manager, g_variant_unref);
  /* Those that run are few, and all of them make the sum of the rates. */
  if (!read_states (self, running_states, ROOM_MOST, &self->running, error)
      || !read_states (self, waiting_states, room > self->jobs->len ? room - self->jobs->len : 0,
                       &self->waiting, error))
    return FALSE;
  self->manager = bgc_client_read_manager (self->line->client, error);
  return self->manager != NULL;
}

/* ---- showing ---- */

static void
print_snapshot (Top *self)
{
  static const char *const keys[] = { "Counters", "Bandwidth" };
  JsonObject *object = json_object_new ();
  JsonArray *jobs = json_array_new ();

  json_object_set_int_member (object, "Time", g_get_real_time ());
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (self->manager, keys[i], NULL);
      if (value != NULL)
        json_object_set_member (object, keys[i], bgc_json_output_node (value));
    }
  for (guint i = 0; i < self->jobs->len; i++)
    {
      g_autoptr (GVariant) all = bgc_job_view_to_variant (g_ptr_array_index (self->jobs, i));
      json_array_add_element (jobs, bgc_json_output_node (all));
    }
  json_object_set_array_member (object, "Jobs", jobs);
  bgc_command_print_json (bgc_json_output_take (object), TRUE);
}

static void
show (Top *self)
{
  BgcTopTable table = { .jobs = self->jobs,
                        .running = self->running,
                        .waiting = self->waiting,
                        .manager = self->manager,
                        .now = g_get_real_time (),
                        .owners = self->all_users,
                        .unicode = g_get_charset (NULL) };
  g_autofree char *text = NULL;

  if (self->screen != NULL)
    {
      table.columns = bgc_screen_columns (self->screen);
      /* The cursor stands in the last line. */
      table.rows = bgc_screen_rows (self->screen) - 1;
    }
  text = bgc_top_table_render (&table);
  if (self->screen != NULL)
    bgc_screen_draw (self->screen, text);
  else
    g_print ("%s%s", self->shown > 0 ? "\n" : "", text);
  self->shown++;
  self->drawn = g_get_monotonic_time ();
  self->stirred = FALSE;
}

/* ---- going on ---- */

static void
take_event (Top *self, const BgcClientEvent *event)
{
  g_autoptr (GError) error = NULL;

  self->stirred = TRUE;
  if (event->kind == BGC_CLIENT_EVENT_SERVICE_STARTED || event->kind == BGC_CLIENT_EVENT_SERVICE_STOPPED)
    self->stopped = event->kind == BGC_CLIENT_EVENT_SERVICE_STOPPED;
  self->lost |= event->kind == BGC_CLIENT_EVENT_BUS_CLOSED;
  /* If it does not let us, there are still the intervals. */
  if (event->kind == BGC_CLIENT_EVENT_SERVICE_STARTED
      && !bgc_client_subscribe (self->line->client, &error))
    g_debug ("subscribing again: %s", error->message);
}

static gboolean
is_due (const Top *self)
{
  gint64 age = g_get_monotonic_time () - self->drawn;

  if (self->stopped)
    return FALSE;
  /* One table after the other comes at the pace that was asked for. */
  return age >= (gint64) (self->interval * G_USEC_PER_SEC)
         || (self->stirred && self->screen != NULL && age >= MOMENT);
}

static gboolean
is_over (const Top *self)
{
  return self->lost || bgc_interrupt_get () != 0 || !bgc_command_output_is_open ()
         || (self->screen != NULL && bgc_screen_is_left (self->screen))
         || (self->iterations > 0 && self->shown >= self->iterations);
}

static gboolean
on_tick (gpointer data)
{
  /* Waking the loop is all it is for. */
  return G_SOURCE_CONTINUE;
}

/* A service that is away comes back: what it was is shown until then, and it is not started for this. */
static BgcExitCode
draw_on (Top *self)
{
  g_autoptr (GError) error = NULL;

  while (!is_over (self))
    {
      g_autoptr (BgcClientEvent) event = bgc_client_next_event (self->line->client);

      if (event != NULL)
        take_event (self, event);
      else if (!is_due (self))
        bgc_client_wait (self->line->client);
      else if (read_all (self, &error) || bgc_exit_code_for_error (error) == BGC_EXIT_CODE_UNREACHABLE)
        {
          if (error == NULL)
            show (self);
          self->drawn = g_get_monotonic_time ();
          g_clear_error (&error);
        }
      else
        {
          g_clear_pointer (&self->screen, bgc_screen_free);
          return bgc_command_fail (error);
        }
    }
  g_clear_pointer (&self->screen, bgc_screen_free);
  if (self->lost)
    {
      bgc_command_complain (_("the bus closed the connection"));
      return BGC_EXIT_CODE_UNREACHABLE;
    }
  if (bgc_interrupt_get () == 0)
    return BGC_EXIT_CODE_OK;
  return bgc_interrupt_get () == SIGTERM ? BGC_EXIT_CODE_TERMINATED : BGC_EXIT_CODE_INTERRUPTED;
}

static BgcExitCode
follow (Top *self)
{
  g_autoptr (GError) error = NULL;

  bgc_interrupt_install ();
  bgc_client_listen (self->line->client);
  if (!bgc_client_subscribe (self->line->client, &error) || !read_all (self, &error))
    return bgc_command_fail (error);
  self->screen = bgc_screen_new (STDIN_FILENO, STDOUT_FILENO);
  self->tick = g_timeout_add ((guint) (MIN (self->interval, 0.25) * 1000), on_tick, NULL);
  g_source_set_name_by_id (self->tick, "bgcopyctl tick");
  show (self);
  return draw_on (self);
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (Top) self = { .line = line, .interval = INTERVAL_DEFAULT };
  const GOptionEntry entries[] = {
    { "all-users", 'a', 0, G_OPTION_ARG_NONE, &self.all_users,
      N_("Other users' jobs too (for administrators)"), NULL },
    { "interval", 'd', 0, G_OPTION_ARG_DOUBLE, &self.interval, N_("Time between two tables (default 1)"),
      N_("SECONDS") },
    { "iterations", 'n', 0, G_OPTION_ARG_INT, &self.iterations, N_("End after so many tables"), N_("COUNT") },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  BgcExitCode exit_code;

  if (!bgc_command_parse (line, entries, 0, 0, &arguments, &exit_code))
    return exit_code;
  if (!isfinite (self.interval) || self.interval < INTERVAL_LEAST || self.interval > INTERVAL_MOST)
    return bgc_command_misused (line, _("--interval takes a number of seconds from 0.1 to 86400"));
  if (self.iterations < 0)
    return bgc_command_misused (line, _("--iterations takes a number that is not negative"));
  if (!bgc_command_connect (line, &exit_code))
    return exit_code;
  self.jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_view_free);
  if (!line->json)
    return follow (&self);
  if (!read_all (&self, &error))
    return bgc_command_fail (error);
  print_snapshot (&self);
  return BGC_EXIT_CODE_OK;
}

const BgcCommand bgc_command_top = {
  "top",
  "",
  N_("Show what runs and what waits, as it moves"),
  N_("Draws a table of the jobs that run or wait, with what they yield to or wait for, each second\n"
     "and when something happens; q ends it. Not on a terminal it prints one table after the\n"
     "other. With --json it prints one object, and ends."),
  run,
};
