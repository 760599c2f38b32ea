/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* How the secrets of one job get into its requests, and into no other's. Sessions of libsoup, with their
 * connections and with what libsoup remembers of logins, belong to one job each. Within a job, what it
 * shows is for its own origin: scheme, host and port of the URL that its owner named. A request to anywhere
 * else, a redirect above all, goes through a session that knows only the logins for proxies.
 *
 * Basic and digest are given when asked for, over http too, as BITS does; a wrong one is tried once. A
 * token and the headers are in every request to the own origin, and a client certificate is shown there to
 * whoever wants one. Any thread. */

#pragma once

#include <libsoup/soup.h>

#include "model/bgc-failure.h"
#include "model/bgc-job-secrets.h"

typedef struct _BgcHttpLogin BgcHttpLogin;

/* @secrets is copied, NULL or empty gives NULL, which the others take for "nothing to show". @origin
 * (nullable): a URL of the one origin they are for; NULL: each file's own. */
BgcHttpLogin *bgc_http_login_new (const BgcJobSecrets *secrets, const char *origin);
BgcHttpLogin *bgc_http_login_ref (BgcHttpLogin *self);
/* The last one overwrites the copy. */
void bgc_http_login_unref (BgcHttpLogin *self);
/* Before the first request, where there is a certificate: reads it, once, and may block. FALSE with
 * @failure, owned by the caller: there can be no request. */
gboolean bgc_http_login_has_certificate (BgcHttpLogin *self);
gboolean bgc_http_login_prepare (BgcHttpLogin *self, BgcFailure **failure);
/* A request for @url, which nobody was redirected to, goes to the own origin. */
gboolean bgc_http_login_is_own (BgcHttpLogin *self, const char *url);
/* Somebody who asks with the status 401 or 407 gets an answer, be it the right one or not. */
gboolean bgc_http_login_answers (BgcHttpLogin *self, guint status);
/* Makes @soup, new, one for the own origin or for all others. */
void bgc_http_login_set_up (BgcHttpLogin *self, SoupSession *soup, gboolean own);
/* The same for a request that has all its other headers and was not sent yet. */
void bgc_http_login_attach (BgcHttpLogin *self, SoupMessage *message, gboolean own);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcHttpLogin, bgc_http_login_unref)
