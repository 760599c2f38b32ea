/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Finds out which upload protocol a server speaks, where nobody said so: BITS if it answers a Ping, tus
 * or resumable uploads if it says so of itself, else PUT. */

#pragma once

#include "transfer/bgc-upload-talk.h"

/* DONE, and the session's protocol is no longer auto; or FAILED: it could not be found out now. */
BgcUploadResult bgc_upload_detection_run (BgcUploadTalk *talk);
