/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The Fragment packet: its bytes go to the session's data file in blocks, one being written by a
 * thread while the next is collected; reading pauses while both are full. */

#pragma once

#include "server/bgc-exchange.h"

extern const BgcExchangeBody bgc_fragment_body;
