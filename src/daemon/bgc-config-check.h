/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyd --check-config: says what a start or a reload would find wrong. */

#pragma once

#include <stdio.h>

#include <glib.h>

/* Reads @file, or what a daemon would read if it is NULL. What was read is written to @out, what is wrong to
 * @errors. The exit status: 0 if every setting is as it was written, 1 if not. */
int bgc_config_check (const char *file, gboolean session, FILE *out, FILE *errors);
