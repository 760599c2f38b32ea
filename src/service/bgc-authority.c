/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority.h"

G_DEFINE_INTERFACE (BgcAuthority, bgc_authority, G_TYPE_OBJECT)

static void
bgc_authority_default_init (BgcAuthorityInterface *iface)
{
}

gboolean
bgc_authority_allows (BgcAuthority *self, guint32 uid, guint32 owner, BgcRule rule)
{
  switch (rule)
    {
    case BGC_RULE_ANYBODY:
      return TRUE;
    case BGC_RULE_SEE:
    case BGC_RULE_CHANGE:
      return uid == owner || uid == 0;
    case BGC_RULE_SECRET:
      return uid == owner;
    case BGC_RULE_TAKE:
    case BGC_RULE_MANAGE:
      return uid == 0;
    case BGC_RULE_NOBODY:
    case BGC_N_RULES:
      break;
    }
  return FALSE;
}

static gboolean
may_be_asked (BgcRule rule)
{
  return rule == BGC_RULE_SEE || rule == BGC_RULE_CHANGE || rule == BGC_RULE_TAKE || rule == BGC_RULE_MANAGE;
}

void
bgc_authority_ask_async (BgcAuthority *self, const BgcAuthorityQuestion *question, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer data)
{
  BgcAuthorityInterface *iface = BGC_AUTHORITY_GET_IFACE (self);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);

  g_task_set_source_tag (task, bgc_authority_ask_async);
  g_task_set_name (task, "bgc_authority_ask");
  if (iface->ask == NULL || !may_be_asked (question->rule))
    g_task_return_boolean (task, FALSE);
  else
    iface->ask (self, question, g_steal_pointer (&task));
}

gboolean
bgc_authority_ask_finish (BgcAuthority *self, GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

void
bgc_authority_forget (BgcAuthority *self, const char *sender)
{
  BgcAuthorityInterface *iface = BGC_AUTHORITY_GET_IFACE (self);

  if (iface->forget != NULL)
    iface->forget (self, sender);
}
