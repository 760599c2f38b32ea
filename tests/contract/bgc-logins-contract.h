/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every port of logins does, checked on the real one and on the fake. */

#pragma once

#include "host/bgc-logins.h"

typedef struct
{
  gpointer (*create) (void);
  BgcLogins *(*port) (gpointer world);
  /* Returns when the port has heard of it. */
  void (*set) (gpointer world, guint32 uid, gboolean there);
  void (*free) (gpointer world);
} BgcLoginsContract;

/* Adds the tests below @prefix, "/logins/fake/contract". @contract is static. */
void bgc_logins_contract_add (const char *prefix, const BgcLoginsContract *contract);
