/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A rate as somebody types it. */

#pragma once

#include <glib.h>

/* A whole number of bytes a second, with K, M or G behind it (powers of 1024, also in small letters), as curl
 * takes it. FALSE: it is none. */
gboolean bgc_rate_option_parse (const char *text, guint64 *rate);
