/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-user.h"

BgcUser *
bgc_user_new (guint32 uid)
{
  BgcUser *self = g_new0 (BgcUser, 1);

  self->uid = uid;
  self->due = G_MININT64;
  g_queue_init (&self->turns);
  return self;
}

void
bgc_user_free (BgcUser *self)
{
  g_queue_clear_full (&self->turns, (GDestroyNotify) bgc_caller_unref);
  g_free (self);
}

gboolean
bgc_user_allows (const BgcUser *self, guint64 bytes, GError **error)
{
  if (self->connections > BGC_USER_MAX_CONNECTIONS)
    g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED, "A user may have %u connections",
                 BGC_USER_MAX_CONNECTIONS);
  else if (self->calls >= BGC_USER_MAX_CALLS)
    g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED, "%u calls of this user wait for an answer",
                 BGC_USER_MAX_CALLS);
  else if (self->calls > 0 && self->bytes + bytes > BGC_USER_MAX_BYTES)
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                         "The calls of this user that wait for an answer are too large together");
  else
    return TRUE;
  return FALSE;
}

void
bgc_user_line_up (BgcUser *self, BgcCaller *caller)
{
  if (caller->in_line || !bgc_caller_is_ready (caller))
    return;
  caller->in_line = TRUE;
  g_queue_push_tail (&self->turns, bgc_caller_ref (caller));
}

gboolean
bgc_user_is_ready (const BgcUser *self)
{
  return self->turns.length > 0 && self->working < BGC_USER_MAX_WORKING && self->unheard < BGC_USER_WINDOW;
}

static gboolean
is_paced (const BgcUser *self)
{
  return self->connections > BGC_USER_FEW_CONNECTIONS || self->calls + self->held > BGC_USER_FEW_CALLS;
}

gint64
bgc_user_due (const BgcUser *self, gint64 now)
{
  return is_paced (self) ? self->due : now;
}

BgcCaller *
bgc_user_next (BgcUser *self)
{
  BgcCaller *caller = bgc_user_is_ready (self) ? g_queue_pop_head (&self->turns) : NULL;

  if (caller != NULL)
    caller->in_line = FALSE;
  return caller;
}

void
bgc_user_pace (BgcUser *self, gint64 now)
{
  self->due = MAX (self->due, now - BGC_USER_BURST * BGC_USER_PACE) + BGC_USER_PACE;
  /* What was free is not owed. */
  if (!is_paced (self))
    self->due = MIN (self->due, now);
}

gboolean
bgc_user_answered (BgcUser *self)
{
  self->unheard++;
  if (self->asked > 0 || self->unheard < BGC_USER_WINDOW / 2)
    return FALSE;
  self->asked = self->unheard;
  return TRUE;
}

void
bgc_user_heard (BgcUser *self)
{
  self->unheard -= self->asked;
  self->asked = 0;
}

gboolean
bgc_user_is_idle (const BgcUser *self)
{
  return self->connections == 0 && self->calls == 0 && self->held == 0 && self->turns.length == 0
         && !self->in_line && self->asked == 0;
}
