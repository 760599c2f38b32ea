/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Properties of other services on the system bus, followed: read once they are there, and again when they
 * change or their service comes and goes. Starts nobody, waits for nobody; without a system bus there are
 * none. */

#pragma once

#include <glib.h>

typedef struct _BgcBusProperties BgcBusProperties;

typedef struct {
  const char *service;   /* static, and likewise the next two */
  const char *path;
  const char *interface;
} BgcBusPropertiesObject;

/* @objects is static. @changed: any property may have another value than before. */
BgcBusProperties *bgc_bus_properties_new (const BgcBusPropertiesObject *objects, guint n_objects,
                                          void (*changed) (gpointer data), gpointer data);
/* @changed is not called any more. */
void bgc_bus_properties_free (BgcBusProperties *self);
/* The service of object @index is there. */
gboolean bgc_bus_properties_has (BgcBusProperties *self, guint index);
/* Of object @index; @otherwise where it is not there or of another type. */
gboolean bgc_bus_properties_boolean (BgcBusProperties *self, guint index, const char *name,
                                     gboolean otherwise);
guint32 bgc_bus_properties_number (BgcBusProperties *self, guint index, const char *name, guint32 otherwise);
/* It is the text @text. */
gboolean bgc_bus_properties_is (BgcBusProperties *self, guint index, const char *name, const char *text);
