/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A window of the timetable as people write it: "Mon..Fri 08:00-18:00 limit=1M low=0". */

#pragma once

#include "model/bgc-caps.h"

/* Some of the seven days of a week and some hours of each. */
typedef struct {
  guint days;  /* a set of 1 << day on which it begins, Monday = 0 */
  guint begin; /* minutes after midnight, 0 … 1439 */
  guint end;   /* likewise, 1 … 1440; at or before begin: on the day after */
  guint words; /* a set of 1 << index into caps as an array: which of them it names */
  BgcCaps caps; /* none where it names none */
} BgcTimetableWindow;

/* "500K", "none", "0": bytes a second, also with K, M or G behind, powers of 1024. */
gboolean bgc_timetable_window_parse_cap (const char *text, guint64 *cap);
/* Days (every day if left out), hours, and words with caps, in this order. Any @text is fine; the error
 * (InvalidArgument) says what is wrong with it. */
gboolean bgc_timetable_window_parse (const char *text, BgcTimetableWindow *window, GError **error);
/* Is it open when the local clock shows @minute (after midnight) of @day (Monday = 0)? */
gboolean bgc_timetable_window_holds (const BgcTimetableWindow *self, guint day, guint minute);
/* Over @caps what the window names. */
void bgc_timetable_window_apply (const BgcTimetableWindow *self, BgcCaps *caps);
