/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One call from its arrival to its answer, and the table row that says how it is answered. */

#pragma once

#include "service/bgc-desk.h"

typedef struct _BgcCall BgcCall;

/* Answers @call, now or later, with one of bgc_call_return_*(). The caller may do what the row's rule says,
 * and the job, where there is one, is there and may be seen. */
typedef void (*BgcCallFunc) (BgcCall *call);
/* What bgc_call_ask() brought. The job may be another's now, or gone. */
typedef void (*BgcCallAskedFunc) (BgcCall *call, gboolean granted);

typedef struct {
  const char *interface; /* static */
  const char *member;    /* static; unique among the interfaces of one object */
  BgcRule rule;
  BgcCallFunc function;
} BgcCallRow;

struct _BgcCall {
  BgcDesk *desk;                     /* (owned) */
  BgcCaller *caller;                 /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) until answered */
  GVariant *parameters;              /* borrowed from invocation; of the signature in the interface */
  guint64 weight;                    /* bytes of parameters */
  BgcJobId job;                      /* what the path means; unused on the manager object */
  gpointer data;                     /* (owned) (nullable) what the function keeps until the answer */
  GDestroyNotify destroy;            /* of data */
  const BgcCallRow *row;             /* (nullable) static; NULL until found */
  BgcCallAskedFunc asked;            /* (nullable) while somebody is asked about the caller */
};

/* @invocation transfer full. */
BgcCall *bgc_call_new (BgcDesk *desk, BgcCaller *caller, GDBusMethodInvocation *invocation);
/* Drops @call without an answer: its caller is gone. */
void bgc_call_drop (gpointer call);
guint64 bgc_call_weigh (gpointer call);
/* Keeps @data (transfer full) until the answer. */
void bgc_call_keep (BgcCall *self, gpointer data, GDestroyNotify destroy);
/* The job; it may have gone since the call was let through: NULL. Borrowed. */
const BgcJob *bgc_call_job (BgcCall *self);
gboolean bgc_call_is_administrator (BgcCall *self);
/* Asks whether the caller may do what @rule says to jobs of others, letting him authenticate if his message
 * allows that; he leaving ends it. @asked is called later, once. */
void bgc_call_ask (BgcCall *self, BgcRule rule, BgcCallAskedFunc asked);

/* Each answers, and frees @self. @parameters: floating, a tuple; NULL = (). @error: transfer full. */
void bgc_call_return (BgcCall *self, GVariant *parameters);
void bgc_call_return_error (BgcCall *self, GError *error);
void bgc_call_return_failure (BgcCall *self, BgcErrorCode code, const char *message);
/* One of the two, for functions that end with TRUE or an error. */
void bgc_call_return_ended (BgcCall *self, gboolean ok, GError *error);
