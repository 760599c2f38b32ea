/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: may this user do that to a job of that owner? The owner and root first, and at once, whatever the
 * implementation; only what that denies may somebody else be asked about. What no rule allows is denied.
 * Main thread only. */

#pragma once

#include <gio/gio.h>

/* What a member of an interface demands. */
typedef enum {
  BGC_RULE_NOBODY = 0, /* a row that forgot its rule */
  BGC_RULE_ANYBODY,    /* concerns no job, or only the caller's own */
  BGC_RULE_SEE,        /* reads a job */
  BGC_RULE_CHANGE,     /* changes it */
  BGC_RULE_SECRET,     /* gives it secrets: the owner's alone */
  BGC_RULE_TAKE,       /* makes it the caller's own */
  BGC_RULE_MANAGE,     /* concerns everybody's jobs */
  BGC_N_RULES
} BgcRule;

/* Nobody's number: a job that does not exist has it as its owner. */
#define BGC_AUTHORITY_NOBODY G_MAXUINT32

typedef struct {
  const char *sender;   /* unique name of the connection */
  BgcRule rule;
  gboolean interactive; /* its user may be asked to authenticate */
} BgcAuthorityQuestion;

#define BGC_TYPE_AUTHORITY (bgc_authority_get_type ())
G_DECLARE_INTERFACE (BgcAuthority, bgc_authority, BGC, AUTHORITY, GObject)

struct _BgcAuthorityInterface {
  GTypeInterface parent;
  /* Both may be NULL: nobody is asked, and nothing is remembered. A GTask that returns a boolean. */
  void (*ask) (BgcAuthority *self, const BgcAuthorityQuestion *question, GTask *task);
  void (*forget) (BgcAuthority *self, const char *sender);
};

gboolean bgc_authority_allows (BgcAuthority *self, guint32 uid, guint32 owner, BgcRule rule);
/* May who calls do what the rule says to any job, whoever its owner? Never for secrets. Which job it is about
 * is not part of the question, so that the answer, the time it takes and what is shown on the way tell
 * nothing
 * of whether there is one. @cancellable (nullable) takes the question back. */
void bgc_authority_ask_async (BgcAuthority *self, const BgcAuthorityQuestion *question,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);
/* FALSE also where nobody could be asked. */
gboolean bgc_authority_ask_finish (BgcAuthority *self, GAsyncResult *result);
/* That connection is gone. */
void bgc_authority_forget (BgcAuthority *self, const char *sender);
