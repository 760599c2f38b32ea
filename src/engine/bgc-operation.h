/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One thing that is asked of a job, by a caller or by the engine itself, from the time it is asked to its
 * answer. Kinds of operations embed it as their first field. */

#pragma once

#include <gio/gio.h>

#include "engine/bgc-queue.h"

typedef struct _BgcOperation BgcOperation;
typedef void (*BgcOperationFunc) (BgcOperation *self);
/* @error (borrowed, nullable): why the commit failed; NULL = it is durable and applied. */
typedef void (*BgcCommittedFunc) (BgcOperation *self, const GError *error);

struct _BgcOperation {
  const char *name;            /* static, for the log */
  struct _BgcEngine *engine;   /* (borrowed) */
  BgcEntry *entry;             /* (borrowed) stays while an operation is in its lane */
  /* (owned) (nullable) who waits for the answer, an int; NULL = the engine itself */
  GTask *task;
  guint32 owner;               /* of the job when it was asked */
  /* it can't begin yet, and those behind it wait with it; an urgent one may overtake */
  gboolean waiting;
  BgcOperationFunc begin;      /* its turn has come: ends with bgc_lanes_end(), now or later */
  BgcOperationFunc clear;      /* (nullable) frees what the kind added */
  BgcCommittedFunc committed;  /* (nullable) while a commit is under way */
};

/* @size is that of the kind's struct. @task transfer full, nullable. */
gpointer bgc_operation_new (gsize size, const char *name, struct _BgcEngine *engine, BgcEntry *entry,
                            GTask *task, BgcOperationFunc begin, BgcOperationFunc clear);
void bgc_operation_free (BgcOperation *self);
/* The answer; only the first one counts. What goes wrong with the engine's own operations is for the one
 * who calls this to log. */
void bgc_operation_succeed (BgcOperation *self, gssize value);
void bgc_operation_fail (BgcOperation *self, const GError *error);
