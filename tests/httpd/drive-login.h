/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Logins for servers as words of a command line. */

#pragma once

#include "model/bgc-job-secrets.h"

/* @words (nullable): "SCHEME:USER:PASSWORD" each. Owned by the caller; NULL where one is none. */
BgcJobSecrets *drive_login_parse (char **words);
