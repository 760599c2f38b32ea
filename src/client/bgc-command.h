/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What all commands of bgcopyctl have in common: their table, the options each takes, the connection, and
 * how they say that something failed. */

#pragma once

#include "client/bgc-client.h"
#include "client/bgc-exit-code.h"
#include "client/bgc-json-output.h"

typedef struct _BgcCommand BgcCommand;

/* The options that stand before or after the command's name. */
typedef struct {
  const BgcCommand *command; /* (borrowed) (nullable) NULL until it is found */
  gboolean session;          /* --session */
  gboolean system;           /* --system */
  gboolean json;             /* --json */
  gboolean quiet;            /* --quiet */
  gboolean help;             /* --help */
  gboolean version;          /* --version */
  GBusType bus;              /* what follows from the above and BGCOPY_BUS */
  BgcClient *client;         /* (owned) (nullable) after bgc_command_connect() */
} BgcCommandLine;

/* @arguments begins with the command's name and is the caller's. */
typedef BgcExitCode (*BgcCommandFunc) (BgcCommandLine *line, char **arguments);

struct _BgcCommand {
  const char *name;
  const char *operands;     /* untranslated as marked with N_(), likewise the next two; "" for none */
  const char *summary;      /* one line */
  const char *description;  /* for --help */
  BgcCommandFunc run;
};

/* Finds the command in the program's arguments and runs it. */
BgcExitCode bgc_command_run (const BgcCommand *const *commands, guint n_commands, char **arguments);

/* ---- for the commands ---- */

/* Takes the options out of @arguments, of which the name and at least @min and at most @max operands must
 * be left. FALSE: the command has ended with @exit_code; --help is OK. */
gboolean bgc_command_parse (BgcCommandLine *self, const GOptionEntry *entries, guint min, guint max,
                            char ***arguments, BgcExitCode *exit_code);
/* Opens the bus. FALSE: said on standard error, the command ends with @exit_code. */
gboolean bgc_command_connect (BgcCommandLine *self, BgcExitCode *exit_code);
/* "bgcopyctl: …" on standard error. @format is translated. */
void bgc_command_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Says it, and answers what to end with. */
BgcExitCode bgc_command_fail (const GError *error);
/* The same about something named. */
BgcExitCode bgc_command_fail_about (const char *subject, const GError *error);
/* A usage error: says it, with a pointer to --help. */
BgcExitCode bgc_command_misused (const BgcCommandLine *self, const char *message);
/* How to call the program on the same bus again: "bgcopyctl --session", for hints. Static. */
const char *bgc_command_again (const BgcCommandLine *self);
/* On standard output, with a newline. @node transfer full. */
void bgc_command_print_json (JsonNode *node, gboolean pretty);
/* FALSE once standard output cannot be written: nobody reads on. Flushes. */
gboolean bgc_command_output_is_open (void);

extern const BgcCommand bgc_command_get;
extern const BgcCommand bgc_command_put;
extern const BgcCommand bgc_command_list;
extern const BgcCommand bgc_command_show;
extern const BgcCommand bgc_command_watch;
extern const BgcCommand bgc_command_top;
extern const BgcCommand bgc_command_control_suspend;
extern const BgcCommand bgc_command_control_resume;
extern const BgcCommand bgc_command_control_cancel;
extern const BgcCommand bgc_command_control_complete;
