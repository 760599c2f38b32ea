/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A plain PUT of the whole file: no session, nothing to go on with. */

#pragma once

#include "transfer/bgc-upload-protocol.h"

const BgcUploadProtocolFunctions *bgc_upload_protocol_put (void);
