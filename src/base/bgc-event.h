/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What the journal can be searched for: each kind of event has a number of its own, the MESSAGE_ID, which
 * data/bgcopyd.catalog explains to people. Numbers are for ever; what an event means does not change. */

#pragma once

#include <glib.h>

typedef enum
{
  BGC_EVENT_JOB_CREATED,
  BGC_EVENT_JOB_RESUMED,
  BGC_EVENT_JOB_SUSPENDED,
  BGC_EVENT_JOB_INTERRUPTED, /* transient-error; only the first in a row */
  BGC_EVENT_JOB_TRANSFERRED,
  BGC_EVENT_JOB_FAILED,
  BGC_EVENT_JOB_COMPLETED,
  BGC_EVENT_JOB_CANCELLED,
  BGC_EVENT_JOB_OWNER_CHANGED,
  BGC_EVENT_SERVER_CANCEL_PENDING,
  BGC_EVENT_SERVER_CANCEL_SETTLED,
  BGC_EVENT_SERVER_CANCEL_GIVEN_UP,
  BGC_EVENT_REFUSED, /* somebody tried what is not theirs */
  BGC_EVENT_WORKER_LOST, /* ended, silent or hostile */
  BGC_N_EVENTS
} BgcEvent;

/* 32 lower-case hex digits. */
const char *bgc_event_message_id (BgcEvent event);
