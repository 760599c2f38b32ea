/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Values of any D-Bus type that lean towards what might hurt: boundaries, words of the API out of place,
 * long and odd strings. Drawn from the test's own random numbers, so a seed brings them back. */

#pragma once

#include <glib.h>

/* A floating value of @type, definite. @words: strings worth trying, of any kind. */
GVariant *fuzz_value_of_type (const GVariantType *type, GPtrArray *words);
/* A definite type. */
char *fuzz_value_signature (void);
/* A string as it might be met, owned by the caller. */
char *fuzz_value_string (GPtrArray *words);
/* TRUE once in @n. */
gboolean fuzz_value_once_in (gint32 n);
