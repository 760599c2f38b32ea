/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What every call needs at hand: the parts of the service, kept for as long as a call is being worked on. */

#pragma once

#include "engine/bgc-manager.h"
#include "service/bgc-authority.h"
#include "service/bgc-callers.h"
#include "service/bgc-notifier.h"
#include "service/bgc-refusals.h"
#include "service/bgc-repeater.h"
#include "service/bgc-subscribers.h"

typedef struct {
  GDBusConnection *connection; /* (owned) */
  BgcManager *manager;         /* (owned) */
  BgcAuthority *authority;     /* (owned) */
  BgcSubscribers *subscribers; /* (owned) */
  BgcNotifier *notifier;       /* (owned) */
  BgcRepeater *repeater;       /* (owned) */
  BgcRefusals *refusals;       /* (owned) */
  BgcCallers *callers;         /* (owned) (nullable) NULL until the service sets it */
} BgcDesk;

BgcDesk *bgc_desk_new (GDBusConnection *connection, BgcManager *manager, BgcClock *clock,
                       BgcAuthority *authority);
BgcDesk *bgc_desk_ref (BgcDesk *self);
void bgc_desk_unref (BgcDesk *self);

/* Begins to tell @connection of the jobs of @owner that have transferred or failed already. */
void bgc_desk_repeat_all (BgcDesk *self, const char *connection, guint32 owner);
/* @connection hears nothing any more. */
void bgc_desk_dismiss (BgcDesk *self, const char *connection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcDesk, bgc_desk_unref)
