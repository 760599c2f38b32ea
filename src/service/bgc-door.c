/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-door.h"

#include "service/bgc-object-path.h"

static void
refuse (BgcCall *call, int code, const char *message)
{
  bgc_call_return_error (call, g_error_new_literal (G_DBUS_ERROR, code, message));
}

static const char *
member_of (BgcCall *call)
{
  return g_dbus_method_invocation_get_method_name (call->invocation);
}

static void
refuse_as_unknown (BgcCall *call)
{
  if (bgc_call_job (call) != NULL)
    bgc_refusals_note (call->desk->refusals, call->caller->uid, BGC_REFUSAL_ANOTHERS_JOB, member_of (call));
  refuse (call, G_DBUS_ERROR_UNKNOWN_OBJECT, "There is no such object");
}

static void
refuse_as_denied (BgcCall *call, const char *message)
{
  bgc_refusals_note (call->desk->refusals, call->caller->uid, BGC_REFUSAL_RIGHT, member_of (call));
  bgc_call_return_failure (call, BGC_ERROR_ACCESS_DENIED, message);
}

/* Whoever uses a job hears about it from then on. */
static void
listen_to_job (BgcCall *call, const BgcJob *job)
{
  BgcDesk *desk = call->desk;
  const char *connection = call->caller->name;
  gboolean heard;

  if (call->caller->gone)
    return;
  heard = bgc_subscribers_hear (desk->subscribers, &job->id, job->owner);
  if (!bgc_subscribers_add_job (desk->subscribers, connection, call->caller->uid, &job->id, job->owner))
    return;
  if (!heard)
    bgc_notifier_job_heard (desk->notifier, job);
  bgc_notifier_repeat (desk->notifier, job, connection);
}

static void
serve_job (BgcCall *call, const BgcJob *job)
{
  listen_to_job (call, job);
  call->row->function (call);
}

/* ---- jobs of others ------------------------------------------------------------------------------ */

static void
asked_to_see (BgcCall *call, gboolean granted)
{
  const BgcJob *job = bgc_call_job (call);

  if (job == NULL || !granted)
    refuse_as_unknown (call);
  else if (call->row->rule == BGC_RULE_SECRET)
    refuse_as_denied (call, "Only the owner may do this");
  else
    serve_job (call, job);
}

static void
asked_for_right (BgcCall *call, gboolean granted)
{
  const BgcJob *job = bgc_call_job (call);

  if (job == NULL)
    refuse_as_unknown (call);
  else if (!granted)
    refuse_as_denied (call, "Only administrators may do this");
  else
    serve_job (call, job);
}

static void
enter_job (BgcCall *call, const BgcJob *job)
{
  BgcAuthority *authority = call->desk->authority;
  guint32 uid = call->caller->uid;
  guint32 owner = job != NULL ? job->owner : BGC_AUTHORITY_NOBODY;
  BgcRule rule = call->row->rule;

  if (!bgc_authority_allows (authority, uid, owner, BGC_RULE_SEE))
    bgc_call_ask (call, rule == BGC_RULE_SECRET ? BGC_RULE_SEE : rule, asked_to_see);
  else if (job == NULL)
    refuse_as_unknown (call);
  else if (bgc_authority_allows (authority, uid, owner, rule))
    serve_job (call, job);
  else if (rule == BGC_RULE_SECRET)
    refuse_as_denied (call, "Only the owner may do this");
  else
    bgc_call_ask (call, rule, asked_for_right);
}

void
bgc_door_enter (BgcCall *call, BgcDispatchTable *manager_rows, BgcDispatchTable *job_rows)
{
  const char *path = g_dbus_method_invocation_get_object_path (call->invocation);
  gboolean on_job = g_strcmp0 (path, BGC_OBJECT_PATH_ROOT) != 0;

  if (call->caller->status != BGC_CALLER_KNOWN)
    {
      bgc_call_return_failure (call, BGC_ERROR_ACCESS_DENIED, "The caller's user is not known");
      return;
    }
  call->row = bgc_dispatch_table_find (on_job ? job_rows : manager_rows,
                                       g_dbus_method_invocation_get_interface_name (call->invocation),
                                       member_of (call));
  if (call->row == NULL)
    refuse (call, G_DBUS_ERROR_UNKNOWN_METHOD, "There is no such method");
  else if (on_job)
    enter_job (call, bgc_object_path_parse (path, &call->job) ? bgc_call_job (call) : NULL);
  else if (!bgc_authority_allows (call->desk->authority, call->caller->uid, call->caller->uid,
                                  call->row->rule))
    refuse_as_denied (call, "Only administrators may do this");
  else
    call->row->function (call);
}
