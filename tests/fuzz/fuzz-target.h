/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every fuzz target defines: the entry point that libFuzzer knows, also called by fuzz-driver.c
 * where there is no libFuzzer. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
#endif
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
