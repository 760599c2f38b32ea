/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A job's secrets as they travel to its owner's worker: an a{sv} with what there is of logins a(ssss)
 * (target, scheme, user, password), headers as, certificate s and key s. Pure. */

#pragma once

#include "model/bgc-job-secrets.h"

/* Floating. @self NULL is empty. */
GVariant *bgc_job_secrets_variant_new (const BgcJobSecrets *self);
/* NULL where there are none. What makes no sense is left out. */
BgcJobSecrets *bgc_job_secrets_variant_read (GVariant *dict);
