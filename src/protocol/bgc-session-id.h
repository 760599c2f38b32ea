/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The names of upload sessions: a server of ours makes a GUID in braces of 128 random bits; a client
 * takes whatever a server calls it. Pure. */

#pragma once

#include <glib.h>

#define BGC_SESSION_ID_BYTES 16u
#define BGC_SESSION_ID_MAX_TEXT 100u /* bytes of another server's session id, as documented for BITS */

/* "{0F3E…}", upper case. Owned by the caller. */
char *bgc_session_id_format (const guint8 bytes[BGC_SESSION_ID_BYTES]);
/* The same in 32 lower-case digits: fit for a file's name. Owned by the caller. */
char *bgc_session_id_file_name (const guint8 bytes[BGC_SESSION_ID_BYTES]);
/* FALSE for anything but our own form, in any case. */
gboolean bgc_session_id_parse (const char *text, guint8 bytes[BGC_SESSION_ID_BYTES]);
/* What a client may take from a server and send back. */
gboolean bgc_session_id_is_acceptable (const char *text);
