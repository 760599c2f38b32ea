/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The owner, and root. Asks nobody. */

#pragma once

#include "service/bgc-authority.h"

#define BGC_TYPE_AUTHORITY_OWNER (bgc_authority_owner_get_type ())
G_DECLARE_FINAL_TYPE (BgcAuthorityOwner, bgc_authority_owner, BGC, AUTHORITY_OWNER, GObject)

BgcAuthority *bgc_authority_owner_new (void);
