/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Files of [groups] and Key=value lines: taken apart here, understood by those whose group it is. */

#pragma once

#include <glib.h>

#define BGC_CONFIG_LINES_SHOWN_MAX 128u /* bytes of what somebody wrote that a message repeats */

typedef struct _BgcConfigLines BgcConfigLines;

/* One group, "[Limits]", and who takes its keys. */
typedef struct {
  const char *name; /* (borrowed) static, without brackets */
  /* The name of the key @index, from 0 on; NULL behind the last. */
  const char *(*key) (guint index);
  /* @value is stripped; one that makes no sense is told with bgc_config_lines_refuse(). */
  void (*assign) (BgcConfigLines *lines, guint index, const char *value, gpointer data);
  gpointer data; /* (borrowed) */
} BgcConfigGroup;

struct _BgcConfigLines {
  const BgcConfigGroup *groups; /* (borrowed) and likewise the next */
  guint n_groups;
  GPtrArray *mistakes;          /* (borrowed) bgc-config-mistakes */
  const char *file;             /* (borrowed) the one at hand */
  guint line;                   /* from 1 */
  gboolean unreadable;          /* one of the files was */
  gboolean begun;               /* there was a group in this file */
  const BgcConfigGroup *group;  /* (nullable) where we are */
};

/* What is not to be read is one of the mistakes, and makes unreadable TRUE. */
void bgc_config_lines_read (BgcConfigLines *self, const char *path);
/* A mistake in the line at hand: a setting is not what it says. */
void bgc_config_lines_refuse (BgcConfigLines *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
