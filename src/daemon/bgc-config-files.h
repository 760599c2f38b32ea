/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which files the configuration is made of, by the rules of systemd: of bgcopyd.conf the one in the first
 * directory that has it; then of all bgcopyd.conf.d the files NAME.conf in the order of their names, of
 * several with one name the one in the first directory. Later ones override earlier ones; an empty file, or
 * a link to /dev/null, hides those of its name behind it. */

#pragma once

#include <glib.h>

/* Where to look, the most important first: for a user's own daemon in his configuration directory, else in
 * that of the administrator and that of the packages. Transfer full. */
GStrv bgc_config_files_directories (gboolean session);
/* The paths of the files in the order in which they are to be read; (element-type filename), transfer full.
 * A directory that cannot be read is one of @mistakes. */
GPtrArray *bgc_config_files_find (const char *const *directories, GPtrArray *mistakes);
