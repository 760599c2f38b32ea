/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A system bus of the test's own, and services on it that have properties and nothing else. */

#pragma once

#include <gio/gio.h>

typedef struct _BgcMockBus BgcMockBus;

/* Also g_bus_get() of the system bus finds it. One at a time. */
BgcMockBus *bgc_mock_bus_new (void);
void bgc_mock_bus_free (BgcMockBus *self);
/* The object has the property, which has this value now (floating); it is told. */
void bgc_mock_bus_set (BgcMockBus *self, const char *path, const char *interface, const char *name,
                       GVariant *value);
/* A method without arguments answers @answer (floating) from now on. */
void bgc_mock_bus_answer (BgcMockBus *self, const char *path, const char *interface, const char *method,
                          GVariant *answer);
/* A signal without arguments. */
void bgc_mock_bus_tell (BgcMockBus *self, const char *path, const char *interface, const char *signal);
/* The objects are @name's; or nobody's. */
void bgc_mock_bus_own (BgcMockBus *self, const char *name);
void bgc_mock_bus_disown (BgcMockBus *self, const char *name);
/* Until *@count has reached @least. */
void bgc_mock_bus_await (BgcMockBus *self, const guint *count, guint least);
/* Until everybody on the bus has heard what was told. */
void bgc_mock_bus_settle (BgcMockBus *self);
