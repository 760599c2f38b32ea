/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Logins for tests: at first nobody knows, so that everybody seems to be there. */

#pragma once

#include "host/bgc-logins.h"

#define BGC_TYPE_LOGINS_FAKE (bgc_logins_fake_get_type ())
G_DECLARE_FINAL_TYPE (BgcLoginsFake, bgc_logins_fake, BGC, LOGINS_FAKE, GObject)

BgcLoginsFake *bgc_logins_fake_new (void);
/* From now on it is known who is there: those that were set so. */
void bgc_logins_fake_set (BgcLoginsFake *self, guint32 uid, gboolean there);
