/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The ground of the operations that change a job for a caller: may it be, does the owner's quota bear it, and
 * what follows when it is stored or cannot be. Kinds embed it as their first field. */

#pragma once

#include "engine/bgc-engine.h"

typedef struct {
  BgcOperation base;
  BgcQuota quota;         /* reserved while the commit is under way */
  gssize value;           /* the answer */
  gboolean administrator; /* who asks: the limits of the owner do not bind it */
  gboolean feeds;         /* the change has files for a worker that runs the job */
  gboolean leaves;        /* the change has a leftover to be deleted now */
  GPtrArray *requests;    /* (owned) (nullable) (element-type BgcFileRequest) files to add */
  GError *refusal;        /* (owned) (nullable) an answer that has to wait */
} BgcEdit;

/* For the clear function of a kind. */
void bgc_edit_clear (BgcEdit *self);
/* An edit that stands in no lane yet fails, and is freed. */
void bgc_edit_reject (BgcEdit *self, const GError *error);
/* These two end it. */
void bgc_edit_succeed (BgcEdit *self);
void bgc_edit_refuse (BgcEdit *self, const GError *error);
/* FALSE: the job's state does not allow @request, and the edit has ended. */
gboolean bgc_edit_allow (BgcEdit *self, BgcRequest request);
/* Takes what the change adds to the owner's quota; what it frees is freed when it is durable. */
gboolean bgc_edit_reserve (BgcEdit *self, guint files, gint64 bytes, GError **error);
/* Stores @change (transfer full), and ends with what becomes of that; a job that was stopped goes on. */
void bgc_edit_commit (BgcEdit *self, BgcChange *change);
/* Stops the worker, if there is one, then calls @stopped with the edit. */
void bgc_edit_stop_then (BgcEdit *self, void (*stopped) (gpointer edit));
/* It cannot do what the job was stopped for: ends with @error, and the job goes on. @change (transfer full)
 * has what the worker said last, which would otherwise be told in the next run, and nothing else. */
void bgc_edit_refuse_stopped (BgcEdit *self, BgcChange *change, const GError *error);
