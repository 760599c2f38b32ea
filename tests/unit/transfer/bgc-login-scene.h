/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Secrets of a job in few words, and proxies that are the test's own. */

#pragma once

#include "model/bgc-job-secrets.h"

/* "basic", "digest", "bearer", "proxy-basic", … of alice, whose password is "geheim", or with "!" behind it
 * a wrong one; "headers": X-Token, Cookie and User-Agent. Joined by blanks. Owned by the caller. */
BgcJobSecrets *bgc_login_scene_secrets (const char *words);

/* Once, before anybody asks for the machine's own. */
void bgc_login_scene_replace_proxies (void);
/* The port of 127.0.0.1 that all requests go to as to a proxy from now on; 0 = they go straight. */
void bgc_login_scene_set_proxy (guint port);
