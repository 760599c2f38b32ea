/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* All upload protocols. */

#pragma once

#include "transfer/bgc-upload-protocol.h"

/* NULL for auto. */
const BgcUploadProtocolFunctions *bgc_upload_protocols_find (BgcUploadProtocol protocol);
