/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What of the model makes sense in a database: held on writing, so that reading never finds anything else
 * but damage. */

#pragma once

#include "model/bgc-change.h"

/* FALSE, with @reason (owned by the caller), for what reading would call damaged. */
gboolean bgc_store_check_job (const BgcJob *job, char **reason);
gboolean bgc_store_check_file (const BgcFile *file, char **reason);
/* Whether a file that makes sense does so in @job. */
gboolean bgc_store_check_file_of (const BgcFile *file, const BgcJob *job, char **reason);
gboolean bgc_store_check_leftover (const BgcLeftover *leftover, char **reason);
