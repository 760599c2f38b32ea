/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-wait.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "client/bgc-command.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-exit-code.h"
#include "client/bgc-interrupt.h"
#include "client/bgc-progress-bar.h"
#include "client/bgc-terminal.h"

#define TICK_INTERVAL 250u                  /* milliseconds; so old a drawing may become */
#define PATIENCE      (60 * G_USEC_PER_SEC) /* a service that is updated or that crashed is back by then */
#define CHECKPOINT    (6 * G_USEC_PER_SEC)  /* the service stores an offset at least each 5 s */

#define RATE_MAX (G_GUINT64_CONSTANT (1) << 50) /* bytes a second; times milliseconds it still fits */

struct _BgcJobWait
{
  BgcClient *client;     /* (borrowed) */
  BgcTerminal *terminal; /* (owned) (nullable) NULL = draw nothing */
  gboolean quiet;        /* trouble is not told */
  BgcJobView *view;      /* (owned) (nullable) */
  guint tick_id;         /* wakes the loop while something counts time */
  gint64 stopped;        /* monotonic, when the service went away; 0 = it is there */
  guint64 held;          /* BytesTransferred as last seen */
  gint64 held_time;      /* monotonic, when it was first seen */
  guint64 shown;         /* bytes drawn last */
  gboolean told;         /* how to get out has been said */
};

static gboolean
on_tick (gpointer data)
{
  /* Waking the loop is all it is for. */
  return G_SOURCE_CONTINUE;
}

static void
start_ticking (BgcJobWait *self)
{
  if (self->tick_id != 0)
    return;
  self->tick_id = g_timeout_add (TICK_INTERVAL, on_tick, NULL);
  g_source_set_name_by_id (self->tick_id, "bgcopyctl tick");
}

BgcJobWait *
bgc_job_wait_new (BgcClient *client, gboolean show, gboolean quiet, GError **error)
{
  BgcJobWait *self;

  bgc_client_listen (client);
  if (!bgc_client_subscribe (client, error))
    return NULL;
  self = g_new0 (BgcJobWait, 1);
  self->client = client;
  self->quiet = quiet;
  self->terminal = show ? bgc_terminal_new (STDERR_FILENO) : NULL;
  return self;
}

void
bgc_job_wait_free (BgcJobWait *self)
{
  if (self->tick_id != 0)
    g_source_remove (self->tick_id);
  g_clear_pointer (&self->terminal, bgc_terminal_free);
  g_clear_pointer (&self->view, bgc_job_view_free);
  g_free (self);
}

const BgcJobView *
bgc_job_wait_view (const BgcJobWait *self)
{
  return self->view;
}

/* ---- showing ---- */

/* The service counts durable bytes, which grow in steps; between two steps the rate says where the
 * transfer is. Does not step back while bytes flow, and does not claim the end. */
static guint64
shown_bytes (BgcJobWait *self, guint64 total, guint64 rate)
{
  guint64 held = bgc_job_view_number (self->view, "BytesTransferred", 0);
  gint64 now = g_get_monotonic_time ();
  guint64 age;

  /* What the worker has done meanwhile will be seen when the service is back. */
  if (self->stopped != 0)
    return MAX (self->shown, held);
  if (held < self->held || rate == 0)
    self->shown = 0;
  if (held != self->held || self->held_time == 0)
    {
      self->held = held;
      self->held_time = now;
    }
  if (rate == 0 || total == BGC_SIZE_UNKNOWN || held >= total || rate > RATE_MAX)
    return held;
  age = (guint64) MIN (now - self->held_time, CHECKPOINT) / 1000;
  self->shown = MAX (self->shown, MIN (held + rate * age / 1000, total - 1));
  return MAX (self->shown, held);
}

static gboolean
is_upload (const BgcJobWait *self)
{
  return g_str_has_prefix (bgc_job_view_string (self->view, "Type"), "upload");
}

/* What an upload does after its last byte; NULL while there are some left. */
static char *
after_upload (const BgcJobWait *self)
{
  guint64 total = bgc_job_view_number (self->view, "BytesTotal", BGC_SIZE_UNKNOWN);
  guint64 reply = bgc_job_view_number (self->view, "ReplyBytesTransferred", 0);
  g_autofree char *progress = NULL;

  if (!is_upload (self) || bgc_job_view_number (self->view, "BytesTransferred", 0) < total)
    return NULL;
  if (reply == 0)
    return g_strdup (_("waiting for what the server says"));
  progress
    = bgc_display_progress (reply, bgc_job_view_number (self->view, "ReplyBytesTotal", BGC_SIZE_UNKNOWN));
  /* Translators: how far it is, "45% of 2.0 GiB". */
  return g_strdup_printf (_("fetching the reply, %s"), progress);
}

static void
draw (BgcJobWait *self)
{
  g_autofree char *name = bgc_job_view_name (self->view);
  g_autofree char *note = NULL;
  g_autofree char *line = NULL;
  BgcProgressBar bar = { name, NULL, 0, BGC_SIZE_UNKNOWN, 0, bgc_terminal_is_unicode (self->terminal) };

  bar.total = bgc_job_view_number (self->view, "BytesTotal", BGC_SIZE_UNKNOWN);
  if (self->stopped == 0 && bgc_job_view_is_in (self->view, "transferring"))
    bar.rate = bgc_job_view_number (self->view, "Rate", 0);
  bar.transferred = shown_bytes (self, bar.total, bar.rate);
  if (self->stopped != 0)
    note = g_strdup (_("the service went away; waiting for it to come back"));
  else if (bgc_job_view_is_in (self->view, "transferred") || bgc_job_view_is_in (self->view, "acknowledged"))
    note = g_strdup (is_upload (self) ? _("ending the upload") : _("putting the file in place"));
  else if (bgc_job_view_is_in (self->view, "connecting"))
    note = g_strdup (_("connecting"));
  else if (!bgc_job_view_is_in (self->view, "transferring"))
    note = bgc_job_view_waiting (self->view, g_get_real_time ());
  else
    note = after_upload (self);
  bar.note = note;

  /* A line in the last column would make some terminals wrap. */
  line = bgc_progress_bar_render (&bar, bgc_terminal_columns (self->terminal) - 1);
  bgc_terminal_draw (self->terminal, line);
}

/* The first trouble in full, since a line has room for a part of it only, and how to get out. */
static void
tell_trouble (BgcJobWait *self)
{
  GVariant *error = bgc_job_view_peek (self->view, "Error");
  g_autofree char *problem = error != NULL ? bgc_error_line_for_job (error) : NULL;
  g_autofree char *url = error != NULL ? bgc_error_line_url (error) : NULL;

  if (self->quiet || self->told || problem == NULL || !bgc_job_view_is_in (self->view, "transient-error"))
    return;
  self->told = TRUE;
  if (self->terminal != NULL)
    bgc_terminal_clear (self->terminal);
  bgc_command_complain ("%s%s%s", url != NULL ? url : "", url != NULL ? ": " : "", problem);
  g_printerr (_("  It will be tried again; Ctrl-C ends the waiting and says how to stop the transfer.\n"));
}

/* ---- following ---- */

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT)
         || g_error_matches (error, BGC_ERROR, BGC_ERROR_NOT_FOUND);
}

/* Reads the job; TRUE also where the service went away meanwhile, which an event tells. */
static gboolean
read_job (BgcJobWait *self, gboolean *gone, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GVariant) properties
    = bgc_client_read_job (self->client, bgc_job_view_path (self->view), &reason);

  if (properties != NULL)
    {
      bgc_job_view_update (self->view, properties);
      return TRUE;
    }
  *gone = is_gone (reason);
  if (*gone || bgc_exit_code_for_error (reason) == BGC_EXIT_CODE_UNREACHABLE)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

/* After a restart the new process knows nothing of us. */
static gboolean
take_up_again (BgcJobWait *self, gboolean *gone, GError **error)
{
  g_autoptr (GError) reason = NULL;

  self->stopped = 0;
  /* If it does not let us subscribe, reading the job below still lets us have that job's signals. */
  if (!bgc_client_subscribe (self->client, &reason))
    g_debug ("subscribing again: %s", reason->message);
  return read_job (self, gone, error);
}

/* TRUE if the state is one in which there is nothing to wait for. */
static gboolean
has_ended (BgcJobWait *self, BgcJobWaitEnd *end)
{
  if (bgc_job_view_is_in (self->view, "acknowledged"))
    *end = BGC_JOB_WAIT_ACKNOWLEDGED;
  else if (bgc_job_view_is_in (self->view, "error"))
    *end = BGC_JOB_WAIT_FAILED;
  else if (bgc_job_view_is_in (self->view, "cancelled"))
    *end = BGC_JOB_WAIT_CANCELLED;
  /* Somebody has taken AutoComplete away: nothing more will happen by itself. */
  else if (bgc_job_view_is_in (self->view, "transferred")
           && !bgc_job_view_boolean (self->view, "AutoComplete"))
    *end = BGC_JOB_WAIT_TRANSFERRED;
  else
    return FALSE;
  return TRUE;
}

static void
take_properties (BgcJobWait *self, GVariant *parameters)
{
  g_autoptr (GVariant) changed = NULL;
  const char *interface;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (parameters, "(&s@a{sv}@as)", &interface, &changed, NULL);
  if (g_str_equal (interface, BGC_CLIENT_JOB))
    bgc_job_view_update (self->view, changed);
}

/* TRUE for a signal that says that the job ended, or left the queue. */
static gboolean
tells_of_an_end (BgcJobWait *self, const BgcClientEvent *event)
{
  const char *path = NULL;

  if (g_str_equal (event->member, "InterfacesRemoved")
      && g_variant_is_of_type (event->parameters, G_VARIANT_TYPE ("(oas)")))
    g_variant_get (event->parameters, "(&o@as)", &path, NULL);
  else if (g_str_equal (event->member, "Transferred") || g_str_equal (event->member, "Failed"))
    path = event->path;
  return g_strcmp0 (path, bgc_job_view_path (self->view)) == 0;
}

static gboolean
take_signal (BgcJobWait *self, const BgcClientEvent *event, gboolean *gone, GError **error)
{
  BgcJobWaitEnd end;

  if (g_str_equal (event->member, "PropertiesChanged")
      && g_strcmp0 (event->path, bgc_job_view_path (self->view)) == 0)
    take_properties (self, event->parameters);
  /* Somebody may have switched off PropertiesChanged for this job (NotifyFlags). */
  else if (tells_of_an_end (self, event) && !has_ended (self, &end))
    return read_job (self, gone, error);
  return TRUE;
}

static gboolean
take_event (BgcJobWait *self, const BgcClientEvent *event, gboolean *gone, gboolean *lost, GError **error)
{
  switch (event->kind)
    {
    case BGC_CLIENT_EVENT_SERVICE_STOPPED:
      self->stopped = g_get_monotonic_time ();
      start_ticking (self);
      return TRUE;
    case BGC_CLIENT_EVENT_SERVICE_STARTED:
      return take_up_again (self, gone, error);
    case BGC_CLIENT_EVENT_BUS_CLOSED:
      *lost = TRUE;
      return TRUE;
    case BGC_CLIENT_EVENT_SIGNAL:
    default:
      return take_signal (self, event, gone, error);
    }
}

gboolean
bgc_job_wait_run (BgcJobWait *self, const char *path, BgcJobWaitEnd *end, GError **error)
{
  gboolean gone = FALSE;
  gboolean lost = FALSE;

  self->view = bgc_job_view_new (path);
  if (self->terminal != NULL)
    start_ticking (self);
  if (!read_job (self, &gone, error))
    return FALSE;

  for (;;)
    {
      g_autoptr (BgcClientEvent) event = bgc_client_next_event (self->client);

      if (event != NULL && !take_event (self, event, &gone, &lost, error))
        break;
      lost = lost || (self->stopped != 0 && g_get_monotonic_time () - self->stopped > PATIENCE);
      *end = gone ? BGC_JOB_WAIT_GONE : lost ? BGC_JOB_WAIT_LOST : BGC_JOB_WAIT_INTERRUPTED;
      if (has_ended (self, end) || gone || lost || bgc_interrupt_get () != 0)
        break;
      tell_trouble (self);
      if (self->terminal != NULL && bgc_terminal_is_due (self->terminal))
        draw (self);
      if (event == NULL)
        bgc_client_wait (self->client);
    }
  if (self->terminal != NULL)
    bgc_terminal_clear (self->terminal);
  return error == NULL || *error == NULL;
}
