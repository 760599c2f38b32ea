/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The door that every call comes through, those for properties included: who calls → which job, if he may see
 * it → which row → may he. A job that the caller may not see and one that does not exist are the same here:
 * the same questions are asked about both, and the same answer is given. */

#pragma once

#include "service/bgc-call.h"
#include "service/bgc-dispatch-table.h"

/* Answers @call (transfer full), now or later. The tables are borrowed and outlive it. */
void bgc_door_enter (BgcCall *call, BgcDispatchTable *manager_rows, BgcDispatchTable *job_rows);
