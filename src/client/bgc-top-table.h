/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What “bgcopyctl top” shows, as text: the sums above, a line for each job below. Pure, but for the locale,
 * the time zone and the names of users. */

#pragma once

#include <glib.h>

typedef struct {
  GPtrArray *jobs;     /* (borrowed) (element-type BgcJobView) in the order they are shown */
  guint running;       /* how many there are, shown or not, BGC_PAGE_SIZE = so many or more; likewise next */
  guint waiting;
  GVariant *manager;   /* (borrowed) (nullable) a{sv}: properties of the service */
  gint64 now;          /* microseconds since the epoch */
  gboolean owners;     /* whose each job is */
  gboolean unicode;    /* more than ASCII can be shown */
  guint columns;       /* of the terminal; 0 = as many as it takes */
  guint rows;          /* likewise */
} BgcTopTable;

/* Lines that end with a newline each. Owned by the caller. */
char *bgc_top_table_render (const BgcTopTable *self);
/* How many jobs there is room for below the sums. */
guint bgc_top_table_room (guint rows);
