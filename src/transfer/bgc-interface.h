/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Which interface has an address. Asked without netlink, which the worker's sandbox does not let it speak. */

#pragma once

#include <gio/gio.h>

/* Its name, owned by the caller; NULL: none has it. */
char *bgc_interface_find (GInetAddress *address);
