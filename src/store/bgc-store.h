/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Port: the durable queue. Loading is synchronous and happens once, before anything else; after that
 * every change goes through bgc_store_commit_async(), whose callback runs when the change survives a
 * power cut, or never happened. Main thread only. */

#pragma once

#include <gio/gio.h>

#include "model/bgc-change.h"

#define BGC_TYPE_STORE (bgc_store_get_type ())
G_DECLARE_INTERFACE (BgcStore, bgc_store, BGC, STORE, GObject)

/* What loading hands over. Each owns what it is given. */
typedef struct {
  void (*job) (BgcJob *job, gpointer data);               /* with all its files; oldest first */
  void (*leftover) (BgcLeftover *leftover, gpointer data);
} BgcStoreVisitor;

typedef enum {
  BGC_STORE_NORMAL = 0,
  BGC_STORE_URGENT, /* goes before what is normal and not yet begun: Cancel */
} BgcStoreUrgency;

struct _BgcStoreInterface {
  GTypeInterface parent;
  gboolean (*load) (BgcStore *self, const BgcStoreVisitor *visitor, gpointer data, GError **error);
  void (*commit_async) (BgcStore *self, BgcChange *change, BgcStoreUrgency urgency,
                        GAsyncReadyCallback callback, gpointer data);
  BgcChange *(*commit_finish) (BgcStore *self, GAsyncResult *result, GError **error);
  void (*close) (BgcStore *self);
};

/* A row that makes no sense is set aside and logged, not handed over. Errors: StoreFailed. */
gboolean bgc_store_load (BgcStore *self, const BgcStoreVisitor *visitor, gpointer data, GError **error);
/* @change transfer full. Changes of one urgency become durable in the order given; the caller keeps
 * at most one change of a job in flight. Cannot be cancelled. New leftovers get their ids here. */
void bgc_store_commit_async (BgcStore *self, BgcChange *change, BgcStoreUrgency urgency,
                             GAsyncReadyCallback callback, gpointer data);
/* The same change again (transfer full), now to be applied; NULL with StoreFailed or NoSpace, and then
 * nothing of it is stored. */
BgcChange *bgc_store_commit_finish (BgcStore *self, GAsyncResult *result, GError **error);
/* Waits for what is in flight (its callbacks still run, in the main loop), then closes. Idempotent. */
void bgc_store_close (BgcStore *self);
