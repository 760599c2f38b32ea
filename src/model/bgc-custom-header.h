/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A header that an owner adds to the requests of a job, "Name: value". Pure. */

#pragma once

#include "base/bgc-error.h"

/* TRUE for a line that may go into a request: a name that is a token, a colon, and a value of UTF-8
 * without control characters other than tab. Names by which a request is framed, sent or resumed are
 * refused, since they are the service's own. Error: InvalidArgument; it never repeats the value. */
gboolean bgc_custom_header_check (const char *line, GError **error);
/* The name, owned by the caller, of a line that passed the check. *@value: what is behind the colon and
 * blanks; a part of @line. */
char *bgc_custom_header_split (const char *line, const char **value);
