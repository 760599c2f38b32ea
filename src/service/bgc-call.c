/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-call.h"

#include "service/bgc-bus-error.h"

BgcCall *
bgc_call_new (BgcDesk *desk, BgcCaller *caller, GDBusMethodInvocation *invocation)
{
  BgcCall *self = g_new0 (BgcCall, 1);

  self->desk = bgc_desk_ref (desk);
  self->caller = bgc_caller_ref (caller);
  self->invocation = invocation;
  self->parameters = g_dbus_method_invocation_get_parameters (invocation);
  self->weight = g_variant_get_size (self->parameters);
  return self;
}

static void
call_free (BgcCall *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_object (&self->invocation);
  bgc_caller_unref (self->caller);
  bgc_desk_unref (self->desk);
  g_free (self);
}

void
bgc_call_drop (gpointer call)
{
  call_free (call);
}

guint64
bgc_call_weigh (gpointer call)
{
  return ((BgcCall *) call)->weight;
}

void
bgc_call_keep (BgcCall *self, gpointer data, GDestroyNotify destroy)
{
  self->data = data;
  self->destroy = destroy;
}

const BgcJob *
bgc_call_job (BgcCall *self)
{
  return bgc_manager_find (self->desk->manager, &self->job);
}

gboolean
bgc_call_is_administrator (BgcCall *self)
{
  guint32 uid = self->caller->uid;

  return bgc_authority_allows (self->desk->authority, uid, uid, BGC_RULE_MANAGE);
}

static gboolean
is_interactive (BgcCall *self)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (self->invocation);

  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcCall *self = data;
  BgcCallAskedFunc asked = g_steal_pointer (&self->asked);

  asked (self, bgc_authority_ask_finish (BGC_AUTHORITY (source), result));
}

void
bgc_call_ask (BgcCall *self, BgcRule rule, BgcCallAskedFunc asked)
{
  BgcAuthorityQuestion question = { self->caller->name, rule, is_interactive (self) };

  self->asked = asked;
  bgc_authority_ask_async (self->desk->authority, &question, self->caller->leaving, asked_cb, self);
}

/* The answer of so many @bytes is on its way: lets the caller's next call through. */
static void
finish (BgcCall *self, gsize bytes)
{
  g_autoptr (BgcDesk) desk = bgc_desk_ref (self->desk);
  g_autoptr (BgcCaller) caller = bgc_caller_ref (self->caller);
  guint64 weight = self->weight;

  call_free (self);
  if (desk->callers != NULL)
    bgc_callers_answered (desk->callers, caller, weight, bytes);
}

void
bgc_call_return (BgcCall *self, GVariant *parameters)
{
  gsize bytes = parameters != NULL ? g_variant_get_size (parameters) : 0;

  if (self->caller->gone)
    g_clear_pointer (&parameters, g_variant_unref);
  else
    g_dbus_method_invocation_return_value (g_steal_pointer (&self->invocation), parameters);
  finish (self, bytes);
}

void
bgc_call_return_error (BgcCall *self, GError *error)
{
  if (!self->caller->gone)
    bgc_bus_error_return (g_steal_pointer (&self->invocation), error);
  g_error_free (error);
  finish (self, 0);
}

void
bgc_call_return_failure (BgcCall *self, BgcErrorCode code, const char *message)
{
  bgc_call_return_error (self, g_error_new_literal (BGC_ERROR, (int) code, message));
}

void
bgc_call_return_ended (BgcCall *self, gboolean ok, GError *error)
{
  if (ok)
    bgc_call_return (self, NULL);
  else
    bgc_call_return_error (self, error);
}
