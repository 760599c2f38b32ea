/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-desk.h"

static void
send_signal (const char *connection, const char *path, const char *interface, const char *signal,
             GVariant *parameters, gpointer data)
{
  BgcDesk *self = data;

  /* Fails only where the connection is closed, and then nobody is there to hear it. */
  g_dbus_connection_emit_signal (self->connection, connection, path, interface, signal, parameters, NULL);
}

static const BgcJob *
find_job (const BgcJobId *id, gpointer data)
{
  return bgc_manager_find (((BgcDesk *) data)->manager, id);
}

static BgcFigures
figures_of (const BgcJob *job, gpointer data)
{
  return bgc_manager_figures (((BgcDesk *) data)->manager, job);
}

static gboolean
is_listed (const BgcJob *job, gpointer data)
{
  return bgc_manager_is_listed (((BgcDesk *) data)->manager, job);
}

static void
repeat_one (const char *connection, const BgcJobId *id, gpointer data)
{
  BgcDesk *self = data;
  const BgcJob *job = bgc_manager_find (self->manager, id);

  if (job != NULL)
    bgc_notifier_repeat (self->notifier, job, connection);
}

BgcDesk *
bgc_desk_new (GDBusConnection *connection, BgcManager *manager, BgcClock *clock, BgcAuthority *authority)
{
  static const BgcNotifierHooks hooks = { send_signal, find_job, figures_of, is_listed };
  BgcDesk *self = g_rc_box_new0 (BgcDesk);

  self->connection = g_object_ref (connection);
  self->manager = g_object_ref (manager);
  self->authority = g_object_ref (authority);
  self->subscribers = bgc_subscribers_new ();
  self->notifier = bgc_notifier_new (clock, self->subscribers, &hooks, self);
  self->refusals = bgc_refusals_new (clock);
  self->repeater = bgc_repeater_new (clock, repeat_one, self);
  return self;
}

BgcDesk *
bgc_desk_ref (BgcDesk *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BgcDesk *self = data;

  g_clear_pointer (&self->callers, bgc_callers_unref);
  bgc_refusals_free (self->refusals);
  bgc_repeater_free (self->repeater);
  bgc_notifier_free (self->notifier);
  bgc_subscribers_free (self->subscribers);
  g_object_unref (self->authority);
  g_object_unref (self->manager);
  g_object_unref (self->connection);
}

void
bgc_desk_unref (BgcDesk *self)
{
  g_rc_box_release_full (self, clear);
}

void
bgc_desk_repeat_all (BgcDesk *self, const char *connection, guint32 owner)
{
  g_autoptr (GPtrArray) jobs = bgc_manager_list (self->manager, owner, bgc_notifier_repeated_states (), 0,
                                                 G_MAXUINT);
  GArray *ids = g_array_sized_new (FALSE, FALSE, sizeof (BgcJobId), jobs->len);

  for (guint i = 0; i < jobs->len; i++)
    g_array_append_vals (ids, &((const BgcJob *) g_ptr_array_index (jobs, i))->id, 1);
  bgc_repeater_start (self->repeater, connection, ids);
}

void
bgc_desk_dismiss (BgcDesk *self, const char *connection)
{
  bgc_repeater_stop (self->repeater, connection);
  bgc_subscribers_remove (self->subscribers, connection);
}
