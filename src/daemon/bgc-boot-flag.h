/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A file beside the queue that says "somebody should look after the queue": bgcopyd.timer starts the
 * service at boot where it stands. It stands while the service runs and after any end but one with an
 * empty queue, so a job that exists is never without it. */

#pragma once

#include <glib.h>

/* Durable when this returns. Error: StoreFailed. */
gboolean bgc_boot_flag_raise (const char *state_directory, GError **error);
/* Nothing is left to look after. A flag that cannot be removed costs a needless start. */
void bgc_boot_flag_lower (const char *state_directory);
