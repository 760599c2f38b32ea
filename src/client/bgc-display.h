/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How numbers, times and foreign text look to a person. Pure, but for the locale and the time zone. */

#pragma once

#include <glib.h>

/* Every char * that comes back is the caller's. */

/* Text that came from outside (a name, a server's message), made harmless for a terminal: no control
 * characters, no characters that turn the writing direction. NULL is "". */
char *bgc_display_text (const char *text);
/* TRUE for what bgc_display_text() does not let through. */
gboolean bgc_display_is_unsafe (gunichar c);
/* "512 B", "1.5 KiB", "2.0 GiB"; BGC_SIZE_UNKNOWN is "?". */
char *bgc_display_size (guint64 bytes);
/* "35.1 MiB/s". */
char *bgc_display_rate (guint64 bytes_per_second);
/* "0:23", "1:02:03", "3 d 04:05". */
char *bgc_display_duration (guint64 seconds);
/* Local time as ISO 8601 with its offset, to the second; 0 (never) is "-". @time in microseconds
 * since the epoch. */
char *bgc_display_time (gint64 time);
/* A time to come as one says it: "18:00" today, "Tue 18:00" within the week, else with the date. Both in
 * microseconds since the epoch. */
char *bgc_display_clock (gint64 time, gint64 now);
/* How far something is: "45% of 2.0 GiB", "12.0 MiB" where the total is not known. */
char *bgc_display_progress (guint64 transferred, guint64 total);
/* 0…100, rounded down: 100 means all of it. @total must be known. */
guint bgc_display_percent (guint64 transferred, guint64 total);

/* Columns that valid UTF-8 takes on a terminal. */
guint bgc_display_columns (const char *text);
/* @text cut to at most @columns, with an ellipsis where something is missing. */
char *bgc_display_ellipsize (const char *text, guint columns, gboolean unicode);
/* @text followed by blanks up to @columns; never cut. */
char *bgc_display_pad (const char *text, guint columns);
/* @text with blanks before it. */
char *bgc_display_pad_left (const char *text, guint columns);
