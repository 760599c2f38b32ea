/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every store must do. Each implementation's test adds these tests to its own. */

#pragma once

#include "store/bgc-store.h"

typedef struct {
  const char *name;               /* static; of the implementation */
  gpointer (*make_world) (void);  /* an empty place to keep a queue in */
  void (*free_world) (gpointer world);
  BgcStore *(*open) (gpointer world); /* holds what the last one, closed since, held durably */
} BgcStoreContract;

/* @contract must live until the tests have run. */
void bgc_store_contract_add (const BgcStoreContract *contract);
