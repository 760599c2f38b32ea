/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The end: nothing new begins, running jobs stop with their bytes kept and queue again, what was asked
 * before ends as it would; then the workers go and the store closes. */

#pragma once

#include "engine/bgc-engine.h"

/* @task (transfer full) returns TRUE at the end. */
void bgc_closing_begin (BgcEngine *engine, GTask *task);
/* A job has no operations any more. */
void bgc_closing_check (BgcEngine *engine);
