/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Lists that travel as records, written down as GVariant text. */

#pragma once

#include <glib.h>

/* @text is a list of tuples, of @type: their numbers and texts as a floating ay. Members that are
 * dictionaries, if any has content, go to @failures (aa{sv}, floating, nullable) instead. */
GVariant *hand_records (const char *type, const char *text, GVariant **failures);
/* How many @records there are, each of members of @kinds: n a number, s a text. */
guint hand_records_count (GVariant *records, const char *kinds);

#define HAND_RECORDS_FILE "nsssnnnnnsssnnn"
#define HAND_RECORDS_PLACEMENT "sssnnnn"
