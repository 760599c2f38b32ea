/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A terminal of which the whole is drawn over and over while its keys are listened to. What it was before it
 * is again at the end, however that comes while the program still runs. */

#pragma once

#include <glib.h>

typedef struct _BgcScreen BgcScreen;

/* Drawn on @out, which stays open; keys from @in, where that is a terminal too. NULL if @out is none. */
BgcScreen *bgc_screen_new (int in, int out);
void bgc_screen_free (BgcScreen *self);
guint bgc_screen_columns (const BgcScreen *self);
guint bgc_screen_rows (const BgcScreen *self);
/* More than ASCII can be shown. */
gboolean bgc_screen_is_unicode (const BgcScreen *self);
/* @text: lines that end with a newline each, in UTF-8. */
void bgc_screen_draw (BgcScreen *self, const char *text);
/* q was typed. The key wakes the main loop. */
gboolean bgc_screen_is_left (const BgcScreen *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcScreen, bgc_screen_free)
