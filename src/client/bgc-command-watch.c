/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl watch: what happens to jobs, a line for each event. */

#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>

#include "client/bgc-command.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-interrupt.h"
#include "client/bgc-job-argument.h"
#include "client/bgc-job-view.h"

#define ID_COLUMNS 12u /* as in the list */

typedef struct
{
  BgcCommandLine *line; /* (borrowed) */
  char *path;           /* (owned) (nullable) the one job; NULL = all own jobs */
  GHashTable *views;    /* (owned) path → BgcJobView of every job that something was heard of */
  gboolean ended;
  BgcExitCode exit_code; /* when ended */
} Watch;

static void
watch_clear (Watch *self)
{
  g_free (self->path);
  g_hash_table_unref (self->views);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Watch, watch_clear)

/* ---- saying it ---- */

/* (transfer full) With what every event has. */
static JsonObject *
begin_json (const char *event, const char *path)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "Event", event);
  json_object_set_int_member (object, "Time", g_get_real_time ());
  if (path != NULL)
    json_object_set_string_member (object, "Id", bgc_job_argument_id (path));
  return object;
}

/* @key (nullable) with @value. */
static void
say_json (const char *event, const char *path, const char *key, GVariant *value)
{
  JsonObject *object = begin_json (event, path);

  if (key != NULL)
    json_object_set_member (object, key, bgc_json_output_node (value));
  bgc_command_print_json (bgc_json_output_take (object), FALSE);
}

static void
say (const char *path, const char *text)
{
  g_autofree char *time = bgc_display_time (g_get_real_time ());
  g_autofree char *id = path != NULL ? g_strndup (bgc_job_argument_id (path), ID_COLUMNS) : g_strdup ("-");
  g_autofree char *safe = bgc_display_text (id);
  g_autofree char *padded = bgc_display_pad (safe, ID_COLUMNS);

  g_print ("%s  %s  %s\n", time, padded, text);
}

/* "transferring  45% of 2.0 GiB  35.1 MiB/s  NAME" */
static void
say_state (const BgcJobView *view)
{
  g_autofree char *state = bgc_display_text (bgc_job_view_string (view, "State"));
  g_autofree char *progress = bgc_job_view_progress (view);
  g_autofree char *name = bgc_job_view_name (view);
  g_autofree char *waiting
    = bgc_job_view_is_in (view, "suspended") ? NULL : bgc_job_view_waiting (view, g_get_real_time ());
  g_autofree char *yielding = bgc_job_view_yielding (view);
  GVariant *error = bgc_job_view_peek (view, "Error");
  g_autofree char *problem = error != NULL ? bgc_error_line_for_job (error) : NULL;
  guint64 rate = bgc_job_view_number (view, "Rate", 0);
  g_autoptr (GString) text = g_string_new (state);

  g_string_append_printf (text, "  %s", progress);
  if (rate > 0)
    {
      g_autofree char *shown = bgc_display_rate (rate);
      g_string_append_printf (text, "  %s", shown);
    }
  g_string_append_printf (text, "  %s", name);
  if (waiting != NULL || problem != NULL || yielding != NULL)
    g_string_append_printf (text, "  (%s)", waiting != NULL ? waiting : problem != NULL ? problem : yielding);
  say (bgc_job_view_path (view), text->str);
}

/* ---- keeping up ---- */

/* The job's view; the first time it is read whole, if it still can be. */
static BgcJobView *
find_view (Watch *self, const char *path)
{
  BgcJobView *view = g_hash_table_lookup (self->views, path);
  g_autoptr (GVariant) properties = NULL;

  if (view != NULL)
    return view;
  view = bgc_job_view_new (path);
  properties = bgc_client_read_job (self->line->client, path, NULL);
  if (properties != NULL)
    bgc_job_view_update (view, properties);
  g_hash_table_insert (self->views, g_strdup (path), view);
  return view;
}

static void
check_end (Watch *self, const BgcJobView *view)
{
  if (self->path == NULL || self->ended)
    return;
  self->ended = bgc_job_view_is_in (view, "acknowledged") || bgc_job_view_is_in (view, "cancelled");
  self->exit_code = bgc_job_view_is_in (view, "cancelled") ? BGC_EXIT_CODE_FAILED : BGC_EXIT_CODE_OK;
}

static void
take_properties (Watch *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) changed = NULL;
  const char *interface;
  BgcJobView *view;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (parameters, "(&s@a{sv}@as)", &interface, &changed, NULL);
  if (!g_str_equal (interface, BGC_CLIENT_JOB))
    return;
  view = find_view (self, path);
  bgc_job_view_update (view, changed);
  if (self->line->json)
    say_json ("PropertiesChanged", path, "Properties", changed);
  else
    say_state (view);
  check_end (self, view);
}

static void
take_failed (Watch *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) error = NULL;
  g_autofree char *line = NULL;
  g_autofree char *text = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sv})")))
    return;
  error = g_variant_get_child_value (parameters, 0);
  if (self->line->json)
    {
      say_json ("Failed", path, "Error", error);
      return;
    }
  line = bgc_error_line_for_job (error);
  text = g_strdup_printf (_("failed: %s"), line != NULL ? line : "?");
  say (path, text);
}

static void
take_file (Watch *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) index = NULL;
  g_autofree char *text = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(u)")))
    return;
  index = g_variant_get_child_value (parameters, 0);
  if (self->line->json)
    {
      say_json ("FileTransferred", path, "Index", index);
      return;
    }
  text = g_strdup_printf (_("file %u is whole"), g_variant_get_uint32 (index));
  say (path, text);
}

static void
take_added (Watch *self, GVariant *parameters)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GVariant) interfaces = NULL;
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  const char *path;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oa{sa{sv}})")))
    return;
  g_variant_get (parameters, "(&o@a{sa{sv}})", &path, &interfaces);
  properties = g_variant_lookup_value (interfaces, BGC_CLIENT_JOB, G_VARIANT_TYPE_VARDICT);
  if (properties == NULL || (self->path != NULL && !g_str_equal (path, self->path)))
    return;
  if (self->line->json)
    {
      say_json ("Added", path, "Properties", properties);
      return;
    }
  name = bgc_job_view_name (find_view (self, path));
  text = g_strdup_printf (_("new job: %s"), name);
  say (path, text);
}

static void
take_removed (Watch *self, GVariant *parameters)
{
  const char *path;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oas)")))
    return;
  g_variant_get (parameters, "(&o@as)", &path, NULL);
  if (self->path != NULL && !g_str_equal (path, self->path))
    return;
  if (self->line->json)
    say_json ("Removed", path, NULL, NULL);
  else
    say (path, _("has left the queue"));
  g_hash_table_remove (self->views, path);
  if (self->path != NULL && !self->ended)
    {
      self->ended = TRUE;
      self->exit_code = BGC_EXIT_CODE_OK;
    }
}

static void
take_signal (Watch *self, const BgcClientEvent *event)
{
  gboolean is_job = g_str_has_prefix (event->path, BGC_CLIENT_JOB_PREFIX);

  if (g_str_equal (event->member, "InterfacesAdded"))
    take_added (self, event->parameters);
  else if (g_str_equal (event->member, "InterfacesRemoved"))
    take_removed (self, event->parameters);
  else if (!is_job || (self->path != NULL && !g_str_equal (event->path, self->path)))
    return;
  else if (g_str_equal (event->member, "PropertiesChanged"))
    take_properties (self, event->path, event->parameters);
  else if (g_str_equal (event->member, "Failed"))
    take_failed (self, event->path, event->parameters);
  else if (g_str_equal (event->member, "FileTransferred"))
    take_file (self, event->path, event->parameters);
  else if (self->line->json)
    say_json (event->member, event->path, NULL, NULL);
  else if (g_str_equal (event->member, "Transferred"))
    say (event->path, _("every file is whole"));
}

/* Says where the one job stands now; FALSE if it cannot be read. */
static gboolean
read_one (Watch *self, GError **error)
{
  g_autoptr (GVariant) properties = bgc_client_read_job (self->line->client, self->path, error);
  BgcJobView *view;

  if (properties == NULL)
    return FALSE;
  view = bgc_job_view_new (self->path);
  bgc_job_view_update (view, properties);
  g_hash_table_replace (self->views, g_strdup (self->path), view);
  if (self->line->json)
    say_json ("Current", self->path, "Properties", properties);
  else
    say_state (view);
  check_end (self, view);
  return TRUE;
}

/* With one job its own signals are enough, and reading it asks for them. */
static gboolean
begin (Watch *self, GError **error)
{
  return self->path != NULL ? read_one (self, error) : bgc_client_subscribe (self->line->client, error);
}

static void
take_event (Watch *self, const BgcClientEvent *event)
{
  g_autoptr (GError) error = NULL;

  if (event->kind == BGC_CLIENT_EVENT_SIGNAL)
    {
      take_signal (self, event);
      return;
    }
  if (event->kind == BGC_CLIENT_EVENT_BUS_CLOSED)
    {
      bgc_command_complain (_("the bus closed the connection"));
      self->ended = TRUE;
      self->exit_code = BGC_EXIT_CODE_UNREACHABLE;
      return;
    }
  if (self->line->json)
    say_json (event->kind == BGC_CLIENT_EVENT_SERVICE_STARTED ? "ServiceStarted" : "ServiceStopped", NULL,
              NULL, NULL);
  else
    say (NULL, event->kind == BGC_CLIENT_EVENT_SERVICE_STARTED ? _("the service started")
                                                               : _("the service stopped"));
  if (event->kind == BGC_CLIENT_EVENT_SERVICE_STARTED && !begin (self, &error)
      && bgc_exit_code_for_error (error) != BGC_EXIT_CODE_UNREACHABLE)
    {
      self->exit_code = bgc_command_fail (error);
      self->ended = TRUE;
    }
}

static BgcExitCode
follow (Watch *self)
{
  while (!self->ended && bgc_interrupt_get () == 0 && bgc_command_output_is_open ())
    {
      g_autoptr (BgcClientEvent) event = bgc_client_next_event (self->line->client);
      if (event != NULL)
        take_event (self, event);
      else
        bgc_client_wait (self->line->client);
    }
  if (self->ended || bgc_interrupt_get () == 0)
    return self->exit_code;
  return bgc_interrupt_get () == SIGTERM ? BGC_EXIT_CODE_TERMINATED : BGC_EXIT_CODE_INTERRUPTED;
}

static BgcExitCode
run (BgcCommandLine *line, char **arguments)
{
  g_auto (Watch) self = { .line = line };
  g_autoptr (GError) error = NULL;
  BgcExitCode exit_code;

  self.views = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) bgc_job_view_free);
  if (!bgc_command_parse (line, NULL, 0, 1, &arguments, &exit_code)
      || !bgc_command_connect (line, &exit_code))
    return exit_code;
  if (arguments[1] != NULL)
    {
      self.path = bgc_job_argument_resolve (line->client, arguments[1], &error);
      if (self.path == NULL)
        return bgc_command_fail_about (arguments[1], error);
    }
  bgc_interrupt_install ();
  bgc_client_listen (line->client);
  if (!begin (&self, &error))
    return bgc_command_fail (error);
  return follow (&self);
}

const BgcCommand bgc_command_watch = {
  "watch",
  N_("[JOB]"),
  N_("Print what happens to jobs as it happens"),
  N_("Prints a line for each event of your jobs, until interrupted; with JOB of that one only,\n"
      "until it ends. With --json each line is a JSON object."),
  run,
};
