/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The objects below /org/example/BackgroundCopy/Job: the Job interface and its properties. */

#pragma once

#include "service/bgc-call.h"

/* Their rows; *@n_rows is their number. */
const BgcCallRow *bgc_job_object_rows (guint *n_rows);
