/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What get and put have in common: the options that both take, a job made in one call, waited for or left
 * to the service, and how it ended. */

#pragma once

#include "client/bgc-command.h"
#include "client/bgc-secret-options.h"

typedef struct {
  char *name;               /* (owned) (nullable) likewise the next two */
  char *description;
  char *priority;
  gint retry_delay;         /* seconds, negative = the service's default; likewise the next two */
  gint no_progress_timeout;
  gint max_time;
  char *limit_rate;         /* (owned) (nullable) likewise the next */
  char *cost_policy;
  gboolean detach;
  gboolean keep;
  gboolean no_progress;
  BgcSecretOptions secrets;
} BgcSubmissionOptions;

/* All unset. */
void bgc_submission_options_init (BgcSubmissionOptions *self);
void bgc_submission_options_clear (BgcSubmissionOptions *self);
/* As bgc_command_parse(), for the options here and those of the command, @more, whose last has no name. */
gboolean bgc_submission_options_parse (BgcSubmissionOptions *self, BgcCommandLine *line,
                                       const GOptionEntry *more, guint min, guint max, char ***arguments,
                                       BgcExitCode *exit_code);
/* What the command line says in bytes must be text on the bus. FALSE: said, ends with @exit_code. */
gboolean bgc_submission_check_text (const BgcCommandLine *line, const char *text, BgcExitCode *exit_code);

/* A job of one file. All borrowed. */
typedef struct {
  BgcCommandLine *line;
  const BgcSubmissionOptions *options;
  const char *type;       /* "download", "upload", "upload-reply" */
  const char *remote;
  const char *local;
  const char *subject;    /* what it is about when its end is told: the path or URL that comes to be */
  const char *reply;      /* (nullable) the path of the reply */
  GVariant *file_options; /* (nullable) a{sv}, sunk by bgc_submission_run(); likewise the next */
  GVariant *properties;   /* (nullable) a{sv} beyond what the options say */
} BgcSubmission;

/* Makes the job, waits for its end unless --detach was given, and says how it ended. */
BgcExitCode bgc_submission_run (const BgcSubmission *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BgcSubmissionOptions, bgc_submission_options_clear)
