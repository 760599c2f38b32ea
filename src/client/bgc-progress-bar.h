/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One line that says how a download goes. Pure: numbers and a width in, text out. */

#pragma once

#include <glib.h>

typedef struct {
  const char *name;     /* (borrowed) safe for a terminal, see bgc_display_text() */
  const char *note;     /* (borrowed) (nullable) why it is not moving; takes the place of the bar */
  guint64 transferred;  /* bytes */
  guint64 total;        /* bytes, or BGC_SIZE_UNKNOWN */
  guint64 rate;         /* bytes a second, 0 = standing still */
  gboolean unicode;     /* the terminal can show more than ASCII */
} BgcProgressBar;

/* At most @columns wide, without a newline. Owned by the caller. */
char *bgc_progress_bar_render (const BgcProgressBar *self, guint columns);
