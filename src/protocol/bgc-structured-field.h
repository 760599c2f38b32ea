/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The few forms of structured header fields (RFC 8941) that resumable uploads use: an integer, a
 * boolean, and one member of a dictionary of integers. Strict. Pure. */

#pragma once

#include <glib.h>

/* Integers of a structured field have at most 15 digits. */
#define BGC_STRUCTURED_FIELD_MAX G_GUINT64_CONSTANT (999999999999999)

/* A whole item without parameters being looked at: "5;a=1" is 5. Negative numbers, which no header here
 * allows, are refused. NULL is refused. */
gboolean bgc_structured_field_parse_integer (const char *text, guint64 *out);
gboolean bgc_structured_field_parse_boolean (const char *text, gboolean *out);
/* The integer member @key of a dictionary. Members of other types are skipped; of a key that comes
 * twice the last counts. FALSE if it is absent, no integer, or the dictionary is malformed. */
gboolean bgc_structured_field_lookup_integer (const char *dictionary, const char *key, guint64 *out);
/* TRUE if @dictionary is one, empty ones too. */
gboolean bgc_structured_field_is_dictionary (const char *dictionary);
