/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Who is logged in, as systemd-logind tells on the system bus. Where it is not there nobody knows. */

#pragma once

#include "host/bgc-logins.h"

#define BGC_TYPE_LOGINS_LOGIND (bgc_logins_logind_get_type ())
G_DECLARE_FINAL_TYPE (BgcLoginsLogind, bgc_logins_logind, BGC, LOGINS_LOGIND, GObject)

BgcLogins *bgc_logins_logind_new (void);
