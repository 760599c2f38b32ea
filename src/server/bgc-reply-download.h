/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* GET and HEAD of a reply, DIRECTORY/BITS-Sessions/Replies/ID/reply, with ranges and validators;
 * everything else is not found. */

#pragma once

#include "server/bgc-server-parts.h"

void bgc_reply_download_begin (BgcServerParts *parts, SoupServerMessage *message);
