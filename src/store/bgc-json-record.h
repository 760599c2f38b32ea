/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Reading and writing the members of a record that the database holds as JSON text. Whatever the text is,
 * reading answers; nothing of it is trusted. */

#pragma once

#include <json-glib/json-glib.h>

/* Bytes; no record comes near it (a few URLs of 8 KiB escaped sixfold, and a sentence), and the parser
 * never sees what a broken database may hold instead. */
#define BGC_JSON_RECORD_MAX (256u * 1024u)

/* The object that @text is, or NULL with @reason (static). Owned by the caller. */
JsonObject *bgc_json_record_parse (const char *text, gsize length, const char **reason);
/* NULL where there is no such member, or none of that type. Owned by the caller. */
char *bgc_json_record_text (JsonObject *self, const char *name);
/* FALSE where there is no such member, none of that type, or one out of range. */
gboolean bgc_json_record_number (JsonObject *self, const char *name, gint64 least, gint64 most, gint64 *out);
gboolean bgc_json_record_boolean (JsonObject *self, const char *name, gboolean *out);

/* Nothing where @text is NULL. */
void bgc_json_record_add_text (JsonBuilder *builder, const char *name, const char *text);
void bgc_json_record_add_number (JsonBuilder *builder, const char *name, gint64 number);
void bgc_json_record_add_boolean (JsonBuilder *builder, const char *name, gboolean value);
/* What was built, on one line. Owned by the caller. */
char *bgc_json_record_end (JsonBuilder *builder);
