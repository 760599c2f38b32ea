/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What an error number of the file system means for a file of the owner's. */

#pragma once

#include "model/bgc-failure.h"

/* @number: errno; @doing: what was tried, "Cannot create"; @path: on what. Owned by the caller. */
BgcFailure *bgc_local_file_error_failure (int number, const char *doing, const char *path);
/* The code alone. */
BgcErrorCode bgc_local_file_error_code (int number);
