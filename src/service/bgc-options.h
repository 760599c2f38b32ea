/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Reads an a{sv} argument against a table of the keys that there are. Pure. */

#pragma once

#include "base/bgc-error.h"

/* One key. */
typedef struct {
  const char *name;      /* static */
  const char *signature; /* static; the type its value must have */
  gboolean later;        /* documented, but not yet served: NotSupported */
} BgcOptionSpec;

/* Fills @values, @n_specs of them, in the order of @specs: each a new reference, or NULL where the key is
 * absent. Errors, with every value NULL then: InvalidArgument (unknown key, named; other type; given
 * twice), NotSupported. */
gboolean bgc_options_read (GVariant *options, const BgcOptionSpec *specs, guint n_specs, GVariant **values,
                           GError **error);
/* Drops what bgc_options_read() gave. */
void bgc_options_clear (GVariant **values, guint n_values);
