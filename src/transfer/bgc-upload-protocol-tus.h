/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* tus 1.0.0. */

#pragma once

#include "transfer/bgc-upload-protocol.h"

const BgcUploadProtocolFunctions *bgc_upload_protocol_tus (void);
