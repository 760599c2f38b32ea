/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The resumable uploads that the IETF drafts, interop version 8; experimental. The session is opened with
 * an empty request, so that no interim answer is needed to learn of it. */

#pragma once

#include "transfer/bgc-upload-protocol.h"

const BgcUploadProtocolFunctions *bgc_upload_protocol_resumable (void);
