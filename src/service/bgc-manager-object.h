/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The object at /org/example/BackgroundCopy: Manager, ObjectManager, and their properties. */

#pragma once

#include "service/bgc-call.h"

/* Its rows; *@n_rows is their number. */
const BgcCallRow *bgc_manager_object_rows (guint *n_rows);
/* org.freedesktop.DBus.ObjectManager, static. */
const GDBusInterfaceInfo *bgc_manager_object_object_manager_interface (void);
/* The value of a property of the Manager interface, floating; NULL if there is none of that name. @owner:
 * whose jobs it is about, G_MAXUINT32 = everybody's. */
GVariant *bgc_manager_object_property (BgcManager *manager, guint32 owner, const char *name);
