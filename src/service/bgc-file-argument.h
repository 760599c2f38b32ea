/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* File requests as they come over the bus. Pure. */

#pragma once

#include "engine/bgc-manager.h"

/* @options: a{sv} of AddFile. NULL with InvalidArgument or NotSupported. */
BgcFileRequest *bgc_file_argument_parse (const char *remote, const char *local, GVariant *options,
                                         GError **error);
/* @files: a(ssa{sv}), 1 to BGC_FILES_PER_CALL. Result (element-type BgcFileRequest), with its own free
 * function.
 * NULL with Empty, TooManyFiles, InvalidArgument or NotSupported; the message says which file. */
GPtrArray *bgc_file_argument_parse_all (GVariant *files, GError **error);
