/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The BITS upload protocol. */

#pragma once

#include "transfer/bgc-upload-protocol.h"

const BgcUploadProtocolFunctions *bgc_upload_protocol_bits (void);
