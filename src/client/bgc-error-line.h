/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One line that says what went wrong: the translated sentence for the error's name, and what the service
 * said about this case. Pure. */

#pragma once

#include <glib.h>

/* Safe for a terminal. Owned by the caller. */
char *bgc_error_line_for_error (const GError *error);
/* For the Error property of a job or the error of a file (a{sv}); NULL if that is empty. Owned by the
 * caller. */
char *bgc_error_line_for_job (GVariant *error);
/* The URL that such an error is about, as it may be shown, without secrets; NULL where it is about something
 * else. Owned by the caller. */
char *bgc_error_line_url (GVariant *error);
