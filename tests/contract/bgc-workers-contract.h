/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What workers do, checked on the real ones and on the fake. */

#pragma once

#include "workers/bgc-workers.h"

/* Bytes of every file that the contract's server has. */
#define BGC_WORKERS_CONTRACT_SIZE 5000u

typedef struct
{
  gpointer (*set_up) (void);
  void (*tear_down) (gpointer data);
  BgcWorkers *(*workers) (gpointer data);
  /* Where files may be put. */
  const char *(*directory) (gpointer data);
  /* Of a file, "fast" or, never ending, "slow", or of a place for an upload by BITS, "drop". Owned by the
   * caller. */
  char *(*url) (gpointer data, const char *name);
  /* Path of a file of that size that may be uploaded. Owned by the caller. */
  char *(*source) (gpointer data);
  /* Makes @reply, a file of an upload in the directory, one that is whole and holds @bytes, some text. */
  void (*put_reply) (gpointer data, BgcFile *reply, GBytes *bytes);
  /* @path will be refused with AccessDenied, NotFound or InvalidPath: a path below no directory. */
  void (*refuse) (gpointer data, const char *path);
  /* Whatever is needed so that file 0 of @job becomes whole, or makes some progress; so that the step of an
   * upload that was started is done. */
  void (*let_finish) (gpointer data, const BgcJob *job);
  void (*let_move) (gpointer data, const BgcJob *job);
  /* The owner's worker is to die. */
  void (*lose) (gpointer data, guint32 owner);
} BgcWorkersContract;

/* Adds the tests below @prefix, "/workers-fake/contract". @contract is static. */
void
bgc_workers_contract_add (const char *prefix, const BgcWorkersContract *contract);
