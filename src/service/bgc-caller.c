/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-caller.h"

BgcCaller *
bgc_caller_new (const char *name, GDestroyNotify drop)
{
  BgcCaller *self = g_rc_box_new0 (BgcCaller);

  self->name = g_strdup (name);
  self->drop = drop;
  self->leaving = g_cancellable_new ();
  g_queue_init (&self->waiting);
  g_queue_init (&self->held);
  return self;
}

BgcCaller *
bgc_caller_ref (BgcCaller *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BgcCaller *self = data;

  g_queue_clear_full (&self->waiting, self->drop);
  g_queue_clear (&self->held);
  g_object_unref (self->leaving);
  g_free (self->name);
}

void
bgc_caller_unref (BgcCaller *self)
{
  g_rc_box_release_full (self, clear);
}

gboolean
bgc_caller_admit (BgcCaller *self, gpointer call)
{
  if (self->working + self->waiting.length >= BGC_CALLER_MAX_CALLS)
    return FALSE;
  g_queue_push_tail (&self->waiting, call);
  return TRUE;
}

gboolean
bgc_caller_hold (BgcCaller *self, guint32 serial)
{
  if (self->held.length >= BGC_CALLER_MAX_CALLS)
    return FALSE;
  g_queue_push_tail (&self->held, GUINT_TO_POINTER (serial));
  return TRUE;
}

guint32
bgc_caller_next_held (BgcCaller *self)
{
  return GPOINTER_TO_UINT (g_queue_pop_head (&self->held));
}

static gboolean
has_work (const BgcCaller *self)
{
  return self->waiting.length > 0 && self->working < BGC_CALLER_MAX_WORKING;
}

gboolean
bgc_caller_is_ready (const BgcCaller *self)
{
  return self->status != BGC_CALLER_ASKING && !self->flushing && (has_work (self) || self->held.length > 0);
}

gpointer
bgc_caller_next (BgcCaller *self)
{
  if (!bgc_caller_is_ready (self) || !has_work (self))
    return NULL;
  self->working++;
  return g_queue_pop_head (&self->waiting);
}

void
bgc_caller_done (BgcCaller *self)
{
  g_return_if_fail (self->working > 0);
  self->working--;
}

/* Each call holds a reference to its caller, so ours has to outlive them. */
void
bgc_caller_drop_waiting (BgcCaller *self)
{
  g_autoptr (BgcCaller) kept = bgc_caller_ref (self);
  gpointer call;

  while ((call = g_queue_pop_head (&kept->waiting)) != NULL)
    kept->drop (call);
  g_queue_clear (&kept->held);
}

void
bgc_caller_leave (BgcCaller *self)
{
  self->gone = TRUE;
  bgc_caller_drop_waiting (self);
  g_cancellable_cancel (self->leaving);
}
