/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the bus says as JSON. Keys stay the names of the D-Bus API; sizes that are not known become
 * null; times stay microseconds since the epoch. */

#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

/* (transfer full) Any value that D-Bus can carry. */
JsonNode *bgc_json_output_node (GVariant *value);
/* Adds each key of @dictionary (a{sv}) to @object. */
void bgc_json_output_add (JsonObject *object, GVariant *dictionary);
/* (transfer full) A job: its properties (a{sv}), and "Files" with each of @files (element-type
 * GVariant, a{sv}). */
JsonNode *bgc_json_output_job (GVariant *properties, GPtrArray *files);
/* (transfer full) A node of @object, whose reference it takes. */
JsonNode *bgc_json_output_take (JsonObject *object);
/* The document as ASCII-safe-for-terminals UTF-8: characters that would steer a terminal are written as
 * \uNNNN. Without a newline at the end; on one line unless @pretty. Owned by the caller. */
char *bgc_json_output_text (JsonNode *node, gboolean pretty);
