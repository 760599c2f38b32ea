/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* What an owner gives a job for its requests and nobody reads back: logins, headers, a client certificate.
 * Kept apart from the job, so that whatever lists, logs or stores jobs does not come upon them. Plain data;
 * its strings are overwritten when they go. */

#pragma once

#include "model/bgc-login.h"

typedef struct {
  GPtrArray *logins;   /* (element-type BgcLogin) (owned) at most one for a target and scheme */
  char **headers;      /* (owned) (nullable) each has passed bgc_custom_header_check() */
  gboolean write_only; /* the headers are not shown to their owner either */
  char *certificate;   /* (owned) (nullable) path or PKCS#11 URI, which may have a PIN in it */
  char *key;           /* (owned) (nullable) likewise, where it is not in the same file */
} BgcJobSecrets;

/* What each is on its own, where they are stored one by one: the logins, by target and scheme, then these. */
typedef enum {
  BGC_JOB_SECRET_HEADERS = BGC_N_LOGIN_TARGETS * BGC_N_LOGIN_SCHEMES,
  BGC_JOB_SECRET_CERTIFICATE,
  BGC_N_JOB_SECRETS
} BgcJobSecretField;

guint bgc_job_secrets_login_field (BgcLoginTarget target, BgcLoginScheme scheme);
/* Bytes of text. @self NULL is empty. */
gsize bgc_job_secrets_bytes (const BgcJobSecrets *self);

BgcJobSecrets *bgc_job_secrets_new (void);
BgcJobSecrets *bgc_job_secrets_copy (const BgcJobSecrets *self); /* NULL gives NULL */
void bgc_job_secrets_free (BgcJobSecrets *self);
/* @self NULL is empty. */
gboolean bgc_job_secrets_is_empty (const BgcJobSecrets *self);

/* Takes the place of one for the same target and scheme. @login transfer full. */
void bgc_job_secrets_set_login (BgcJobSecrets *self, BgcLogin *login);
/* FALSE: there was none. */
gboolean bgc_job_secrets_remove_login (BgcJobSecrets *self, BgcLoginTarget target, BgcLoginScheme scheme);
/* NULL: there is none, as in @self NULL. Borrowed. */
const BgcLogin *bgc_job_secrets_get_login (const BgcJobSecrets *self, BgcLoginTarget target,
                                           BgcLoginScheme scheme);
/* Copied; NULL or an empty one removes them. */
void bgc_job_secrets_set_headers (BgcJobSecrets *self, const char *const *headers, gboolean write_only);
/* Copied; NULL removes. */
void bgc_job_secrets_set_certificate (BgcJobSecrets *self, const char *certificate, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcJobSecrets, bgc_job_secrets_free)
