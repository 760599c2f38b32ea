/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every authority that asks somebody does, checked on polkit's and on the fake. */

#pragma once

#include "service/bgc-authority.h"

/* The connection that the questions are about. */
#define BGC_AUTHORITY_CONTRACT_SENDER ":1.77"

typedef struct {
  gpointer (*set_up) (BgcAuthority **authority);
  void (*tear_down) (gpointer data, BgcAuthority *authority);
  /* The sender may do what the rule says; where that is @interactive, only if it may be asked to
   * authenticate. */
  void (*grant) (gpointer data, BgcRule rule, gboolean interactive);
  /* Whoever is asked does not answer until released. */
  void (*hold) (gpointer data);
  void (*release) (gpointer data);
  /* Questions that wait for their answer. */
  guint (*held) (gpointer data);
} BgcAuthorityContract;

/* Adds the tests below @prefix. @contract is static. */
void bgc_authority_contract_add (const char *prefix, const BgcAuthorityContract *contract);
