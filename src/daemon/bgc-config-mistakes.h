/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What is wrong in configuration files, and where, in the order in which it was found. */

#pragma once

#include <glib.h>

typedef struct {
  char *file;     /* (owned) escaped, as it may have any bytes */
  guint line;     /* from 1; 0 = the file itself */
  gboolean grave; /* a setting is not what was written; else only something that has no effect */
  char *text;     /* (owned) */
} BgcConfigMistake;

/* (element-type BgcConfigMistake) */
GPtrArray *bgc_config_mistakes_new (void);
void bgc_config_mistakes_add (GPtrArray *self, const char *file, guint line, gboolean grave,
                              const char *format, ...) G_GNUC_PRINTF (5, 6);
gboolean bgc_config_mistakes_any_grave (const GPtrArray *self);
/* "FILE:LINE: TEXT", transfer full. */
char *bgc_config_mistakes_line (const BgcConfigMistake *mistake);
