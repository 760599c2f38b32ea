/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The configuration file bgcopyd.conf: limits by their names, in a key file. */

#pragma once

#include "base/bgc-limits.h"

/* Reads @path over what @limits holds. A group, key or value that makes no sense is refused by name and
 * then @limits is as it was. A file that does not exist is an error only if @required.
 * Errors: InvalidArgument, NotFound, AccessDenied. */
gboolean bgc_config_load (const char *path, gboolean required, BgcLimits *limits, GError **error);
