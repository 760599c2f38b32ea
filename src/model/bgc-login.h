/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What a job shows to whoever asks it for credentials. Plain data; its strings are overwritten when it
 * is freed. */

#pragma once

#include "base/bgc-enums.h"

typedef struct {
  BgcLoginTarget target;
  BgcLoginScheme scheme;
  char *user;     /* (owned) "" where the scheme has none */
  char *password; /* (owned) or token */
} BgcLogin;

/* NULL for a string is "". */
BgcLogin *bgc_login_new (BgcLoginTarget target, BgcLoginScheme scheme, const char *user,
                         const char *password);
BgcLogin *bgc_login_copy (const BgcLogin *self); /* NULL gives NULL */
void bgc_login_free (BgcLogin *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcLogin, bgc_login_free)
