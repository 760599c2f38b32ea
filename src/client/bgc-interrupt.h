/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Ctrl-C and SIGTERM, noticed in the main loop instead of ending the program. Only the first: the second
 * does what it always does. */

#pragma once

#include <glib.h>

void bgc_interrupt_install (void);
/* The signal that came, or 0. */
int bgc_interrupt_get (void);
