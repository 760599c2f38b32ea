/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The server of tests/httpd that a test program talks to, and the directory for its files: one of each, for
 * as long as its tests run. */

#pragma once

#include <glib.h>

/* g_test_run() with the server @arguments[0] of tests/httpd; the rest are names there or options. */
int bgc_scene_server_run_tests (const char *const *arguments);
/* The @n-th port it told. */
guint bgc_scene_server_port (guint n);
const char *bgc_scene_server_directory (void);
/* The body of its answer to GET @path. Owned by the caller. */
char *bgc_scene_server_get (const char *path);
