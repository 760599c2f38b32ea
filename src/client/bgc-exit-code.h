/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What bgcopyctl ends with, for scripts. The numbers are documented in bgcopyctl(1) and never change. */

#pragma once

#include <glib.h>

typedef enum {
  BGC_EXIT_CODE_OK = 0,
  BGC_EXIT_CODE_FAILED = 1,       /* the transfer, or what was asked of the job, failed */
  BGC_EXIT_CODE_USAGE = 2,        /* the command line, or a value on it that the service refused */
  BGC_EXIT_CODE_NOT_FOUND = 3,    /* no such job, as far as the caller may see */
  BGC_EXIT_CODE_UNREACHABLE = 4,  /* no bus, or no service on it */
  BGC_EXIT_CODE_DENIED = 5,
  BGC_EXIT_CODE_STATE = 6,        /* the job's state does not allow it */
  BGC_EXIT_CODE_PARTIAL = 7,      /* done, but something is missing or left over */
  BGC_EXIT_CODE_INTERRUPTED = 130, /* 128 + SIGINT, as shells do */
  BGC_EXIT_CODE_TERMINATED = 143,  /* 128 + SIGTERM */
} BgcExitCode;

/* For an error of the bus or of the client; NULL is OK. */
BgcExitCode bgc_exit_code_for_error (const GError *error);
