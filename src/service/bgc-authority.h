/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: may this user do that to a job of that owner? What no rule allows is denied. Main thread only.
 *
 * Answers at once. An authority that has to ask somebody first will be asked in a second step, only for
 * what this one denies. */

#pragma once

#include <glib-object.h>

/* What a member of an interface demands. */
typedef enum {
  BGC_RULE_NOBODY = 0, /* a row that forgot its rule */
  BGC_RULE_ANYBODY,    /* concerns no job, or only the caller's own */
  BGC_RULE_SEE,        /* reads a job */
  BGC_RULE_CHANGE,     /* changes it */
  BGC_RULE_SECRET,     /* gives it secrets: the owner's alone */
  BGC_RULE_MANAGE,     /* concerns everybody's jobs */
  BGC_N_RULES
} BgcRule;

#define BGC_TYPE_AUTHORITY (bgc_authority_get_type ())
G_DECLARE_INTERFACE (BgcAuthority, bgc_authority, BGC, AUTHORITY, GObject)

struct _BgcAuthorityInterface {
  GTypeInterface parent;
  gboolean (*allows) (BgcAuthority *self, guint32 uid, guint32 owner, BgcRule rule);
};

gboolean bgc_authority_allows (BgcAuthority *self, guint32 uid, guint32 owner, BgcRule rule);
