/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Users of connections as a test says. */

#pragma once

#include "service/bgc-credentials.h"

#define BGC_TYPE_CREDENTIALS_FAKE (bgc_credentials_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcCredentialsFake, bgc_credentials_fake, BGC, CREDENTIALS_FAKE, GObject)

/* Knows nobody: everyone is @uid until said otherwise. */
BgcCredentialsFake *bgc_credentials_fake_new (guint32 uid);
void bgc_credentials_fake_set (BgcCredentialsFake *self, const char *sender, guint32 uid);
/* Look-ups of @sender fail from now on. */
void bgc_credentials_fake_refuse (BgcCredentialsFake *self, const char *sender);
/* While held, look-ups wait for the release. */
void bgc_credentials_fake_hold (BgcCredentialsFake *self);
void bgc_credentials_fake_release (BgcCredentialsFake *self);
/* How many look-ups there were. */
guint bgc_credentials_fake_count (BgcCredentialsFake *self);
