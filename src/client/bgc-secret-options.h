/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The options of get and put that say who one is to servers and proxies. */

#pragma once

#include "client/bgc-command.h"

typedef struct {
  char *user;                /* (owned) (nullable) and likewise the next four */
  char *password_file;
  char *proxy_user;
  char *proxy_password_file;
  char *bearer_file;
  char **headers;            /* (owned) (nullable) as given */
  GPtrArray *logins;         /* (owned) (nullable) (element-type GVariant) arguments of SetCredentials */
  GVariant *lines;           /* (owned) (nullable) those of SetCustomHeaders */
} BgcSecretOptions;

void bgc_secret_options_clear (BgcSecretOptions *self);
/* Appends to @entries (element-type GOptionEntry), whose strings last; the options stay where @self is. */
void bgc_secret_options_add_entries (BgcSecretOptions *self, GArray *entries);
/* Fetches the passwords, from files or by asking for them. FALSE: said, the command ends with @exit_code. */
gboolean bgc_secret_options_collect (BgcSecretOptions *self, const BgcCommandLine *line,
                                     BgcExitCode *exit_code);
/* There is something to give to a job. */
gboolean bgc_secret_options_are_given (const BgcSecretOptions *self);
/* Gives what was collected to the job at @path. */
gboolean bgc_secret_options_give (const BgcSecretOptions *self, BgcClient *client, const char *path,
                                  GError **error);
