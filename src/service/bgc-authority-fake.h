/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The owner, root, and whom the test authorizes. */

#pragma once

#include "service/bgc-authority.h"

#define BGC_TYPE_AUTHORITY_FAKE (bgc_authority_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcAuthorityFake, bgc_authority_fake, BGC, AUTHORITY_FAKE, GObject)

BgcAuthorityFake *bgc_authority_fake_new (void);
/* @sender may do what @rule says: at once, or if only @interactive, where it may be asked to authenticate. */
void bgc_authority_fake_grant (BgcAuthorityFake *self, const char *sender, BgcRule rule,
                               gboolean interactive);
/* Answers are held back until bgc_authority_fake_release(). */
void bgc_authority_fake_hold (BgcAuthorityFake *self);
void bgc_authority_fake_release (BgcAuthorityFake *self);
/* Questions asked; questions held back; connections forgotten. */
guint bgc_authority_fake_asked (BgcAuthorityFake *self);
guint bgc_authority_fake_held (BgcAuthorityFake *self);
guint bgc_authority_fake_forgotten (BgcAuthorityFake *self);
