/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The Fragment packet: its bytes go to the session's data file in blocks, one being written by a
 * thread while the next is collected; reading pauses while both are full. */

#pragma once

#include "server/bgc-exchange.h"

/* With the session locked: what is to become of the body. (work) */
void bgc_fragment_open (BgcExchange *exchange);
/* A piece of the body, in the main loop. */
void bgc_fragment_take (BgcExchange *exchange, GBytes *chunk);
/* The body has been read, in the main loop. */
void bgc_fragment_end (BgcExchange *exchange);
/* The connection broke: what arrived is kept. In the main loop. */
void bgc_fragment_abandon (BgcExchange *exchange);
