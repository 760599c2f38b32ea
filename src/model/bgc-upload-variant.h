/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* An upload's session as it travels between daemon and worker: a{sv}, described at StartUpload in
 * dbus/org.example.BackgroundCopy.Worker.xml. Pure. */

#pragma once

#include "model/bgc-upload.h"

/* Floating; what could not be read again is left out. */
GVariant *bgc_upload_variant_new (const BgcUpload *upload);
/* Believes nothing: words are known ones, names label-like and of at most 1 KiB, URLs http or https,
 * numbers such as can be. Error: InvalidArgument. Unknown keys are ignored. */
BgcUpload *bgc_upload_variant_read (GVariant *dict, GError **error);
