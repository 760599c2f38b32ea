/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-cancel-note.h"

#include <glib/gi18n.h>

#include "client/bgc-command.h"
#include "client/bgc-display.h"

#define MOMENT (G_USEC_PER_SEC)  /* microseconds that all servers together are given to answer */
#define LOOK_INTERVAL 100u       /* milliseconds between two looks meanwhile */

char *
bgc_cancel_note_text (const BgcJobView *view, gint64 now)
{
  guint64 deadline = bgc_job_view_number (view, "CancelDeadline", 0);
  guint64 next = bgc_job_view_number (view, "NextAttempt", 0);
  g_autofree char *until = bgc_display_time ((gint64) MIN (deadline, (guint64) G_MAXINT64));
  g_autofree char *wait = NULL;

  if (!bgc_job_view_boolean (view, "ServerCancelPending"))
    return NULL;
  if (next <= (guint64) now)
    /* Translators: a time of day. */
    return g_strdup_printf (_("the server is told to drop the upload until %s"), until);
  wait = bgc_display_duration ((next - (guint64) now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
  /* Translators: a time of day, and a time from now. */
  return g_strdup_printf (_("the server is told to drop the upload until %s, next in %s"), until, wait);
}

static gboolean
is_open (GVariant *properties)
{
  gboolean pending = FALSE;

  return properties != NULL && g_variant_lookup (properties, "ServerCancelPending", "b", &pending) && pending;
}

static gboolean
any_is_open (GPtrArray *jobs)
{
  for (guint i = 0; i < jobs->len; i++)
    if (is_open (g_ptr_array_index (jobs, i)))
      return TRUE;
  return FALSE;
}

static gboolean
on_look (gpointer data)
{
  /* Waking the loop is all it is for. */
  return G_SOURCE_CONTINUE;
}

static void
unref_nullable (gpointer value)
{
  g_clear_pointer (&value, g_variant_unref);
}

GPtrArray *
bgc_cancel_note_read (BgcClient *client, const char *const *paths)
{
  gint64 end = g_get_monotonic_time () + MOMENT;
  guint look = g_timeout_add (LOOK_INTERVAL, on_look, NULL);
  GPtrArray *open = g_ptr_array_new_with_free_func (unref_nullable);
  g_autoptr (GPtrArray) jobs = bgc_client_read_jobs (client, paths, NULL);

  g_source_set_name_by_id (look, "bgcopyctl look");
  while (jobs != NULL && any_is_open (jobs) && g_get_monotonic_time () < end)
    {
      bgc_client_wait (client);
      g_clear_pointer (&jobs, g_ptr_array_unref);
      jobs = bgc_client_read_jobs (client, paths, NULL);
    }
  g_source_remove (look);
  for (guint i = 0; paths[i] != NULL; i++)
    {
      GVariant *job = jobs != NULL ? g_ptr_array_index (jobs, i) : NULL;

      g_ptr_array_add (open, is_open (job) ? g_variant_ref (job) : NULL);
    }
  return open;
}

void
bgc_cancel_note_tell (BgcClient *client, const char *path)
{
  const char *const paths[] = { path, NULL };
  g_autoptr (GPtrArray) open = bgc_cancel_note_read (client, paths);
  g_autoptr (BgcJobView) view = bgc_job_view_new (path);
  g_autofree char *text = NULL;

  if (g_ptr_array_index (open, 0) == NULL)
    return;
  bgc_job_view_update (view, g_ptr_array_index (open, 0));
  text = bgc_cancel_note_text (view, g_get_real_time ());
  bgc_command_complain ("%s: %s", bgc_job_view_id (view), text);
}
