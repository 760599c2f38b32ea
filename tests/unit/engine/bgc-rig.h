/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A manager on fakes, and short words for what tests do with it. */

#pragma once

#include "engine/bgc-manager.h"
#include "host/bgc-clock-fake.h"
#include "host/bgc-logins-fake.h"
#include "host/bgc-metering-fake.h"
#include "host/bgc-network-fake.h"
#include "host/bgc-power-fake.h"
#include "store/bgc-store-fake.h"
#include "workers/bgc-workers-fake.h"

#define RIG_OWNER 1000u
#define RIG_WALL (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)
#define RIG_BOOT (G_GINT64_CONSTANT (5000) * G_USEC_PER_SEC)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define RIG_SUCCESS (-1) /* instead of an error's code */

typedef struct {
  BgcStoreFake *store;
  BgcWorkersFake *workers;
  BgcClockFake *clock;
  BgcNetworkFake *network;
  BgcPowerFake *power;
  BgcMeteringFake *metering;
  BgcLoginsFake *logins;
  BgcManager *manager;
  GRand *random;
  BgcLimits limits;
  GString *told;      /* the signals, "added changed state:queued file:0 left forgotten …" */
  guint targets;      /* local names given so far */
} Rig;

/* Of a request that a test lets run on. */
typedef struct {
  Rig *rig;
  gboolean done;
  int code;            /* of the error, or RIG_SUCCESS */
  gint64 value;        /* outcome or index */
  BgcJobId id;         /* of a new job */
  char *message;
} Reply;

Rig *rig_new (void);
/* The same with these limits. */
Rig *rig_new_with (const BgcLimits *limits);
void rig_free (Rig *self);
/* Until nothing is left to do. */
void rig_settle (Rig *self);
void rig_advance (Rig *self, gint64 microseconds);
/* The network goes, and stays away until everybody believes it. */
void rig_go_offline (Rig *self);
/* The daemon dies here: a new manager on what is durable. rig_start() starts it. */
void rig_crash (Rig *self);
/* The same for the machine: another boot, whose clock stands at @boot; the wall clock went on by
 * @wall_passed. */
void rig_reboot (Rig *self, const char *boot_id, gint64 boot, gint64 wall_passed);
void rig_start (Rig *self);
/* One warning is to be logged before the rig is freed; any other ends the test. */
void rig_expect_warning (Rig *self);
/* What was told since the last call; owned by the caller. */
char *rig_told (Rig *self);

/* For those who ask themselves: a reply to be, and who takes the answer to bgc_manager_create_async(). */
Reply *reply_new (Rig *self);
void rig_on_created (GObject *source, GAsyncResult *result, gpointer reply);
/* Requests that run on. */
Reply *rig_create_async (Rig *self, guint32 owner, guint files, gboolean resume);
Reply *rig_ask (Rig *self, const BgcJobId *id, BgcRequest request);
Reply *rig_add_async (Rig *self, const BgcJobId *id, const char *local);
Reply *rig_remove_async (Rig *self, const BgcJobId *id, guint32 index);
Reply *rig_set_remote_async (Rig *self, const BgcJobId *id, guint32 index, const char *remote);
Reply *rig_modify_async (Rig *self, const BgcJobId *id, BgcManagerModifyFunc modify, gpointer data);
Reply *rig_shut_down_async (Rig *self);
void reply_free (Reply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)
int rig_wait (Rig *self, Reply *reply); /* settles, takes the code, frees */

/* Requests and their codes. */
BgcJobId rig_create (Rig *self, guint files, gboolean resume);
BgcJobId rig_create_for (Rig *self, guint32 owner, BgcPriority priority, gboolean resume);
int rig_request (Rig *self, const BgcJobId *id, BgcRequest request);
/* The outcome of Cancel or Complete, which must succeed. */
BgcOutcome rig_outcome (Rig *self, const BgcJobId *id, BgcRequest request);
int rig_modify (Rig *self, const BgcJobId *id, BgcManagerModifyFunc modify, gpointer data);

/* The job; must exist. */
const BgcJob *rig_job (Rig *self, const BgcJobId *id);
const BgcFile *rig_file (Rig *self, const BgcJobId *id, guint32 index);
const BgcJob *rig_stored (Rig *self, const BgcJobId *id);
/* What the worker says; settles. */
void rig_progress (Rig *self, const BgcJobId *id, guint32 index, guint64 bytes, guint64 total);
void rig_whole (Rig *self, const BgcJobId *id, guint32 index);
void rig_fail (Rig *self, const BgcJobId *id, guint32 index, BgcErrorCode code, gboolean transient);
/* A new job brought into @state. */
BgcJobId rig_job_in (Rig *self, BgcJobState state);
gboolean rig_set_priority (BgcJob *draft, gpointer priority, GError **error);
gboolean rig_set_auto_complete (BgcJob *draft, gpointer on, GError **error);

#define rig_assert_state(rig, id, expected) \
  g_assert_cmpstr (bgc_enums_job_state_to_string (rig_job (rig, id)->state), ==, expected)
