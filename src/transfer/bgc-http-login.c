/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-login.h"

#include "base/bgc-text.h"
#include "model/bgc-custom-header.h"
#include "model/bgc-url.h"
#include "transfer/bgc-local-file-certificate.h"

/* Logins that were refused are not shown again, so that an account is not locked by a job of many files.
 * A server that invents realms must not make that list long. */
#define REFUSED_MAX 64u

struct _BgcHttpLogin
{
  BgcJobSecrets *secrets; /* (owned) */
  char *origin;           /* (owned) (nullable) */
  GMutex reading;         /* over the next three */
  gboolean prepared;
  GTlsCertificate *certificate; /* (owned) (nullable) */
  BgcFailure *failure;    /* (owned) (nullable) why there is none */
  GMutex lock;            /* over the following */
  GHashTable *refused;    /* (element-type utf8) (owned) what refused which login */
};

/* What was asked about one request. */
typedef struct
{
  BgcHttpLogin *login; /* (owned) */
  gboolean own;
  gboolean shown[BGC_N_LOGIN_TARGETS];
} Exchange;

/* They came by the bus: what libsoup would not take is left out. */
static void
check_headers (BgcJobSecrets *secrets)
{
  g_autoptr (GPtrArray) good = g_ptr_array_new ();

  for (char **line = secrets->headers; line != NULL && *line != NULL; line++)
    if (bgc_custom_header_check (*line, NULL))
      g_ptr_array_add (good, *line);
  g_ptr_array_add (good, NULL);
  bgc_job_secrets_set_headers (secrets, (const char *const *)good->pdata, secrets->write_only);
}

BgcHttpLogin *
bgc_http_login_new (const BgcJobSecrets *secrets, const char *origin)
{
  BgcHttpLogin *self;

  if (bgc_job_secrets_is_empty (secrets))
    return NULL;
  self = g_atomic_rc_box_new0 (BgcHttpLogin);
  self->secrets = bgc_job_secrets_copy (secrets);
  check_headers (self->secrets);
  self->origin = g_strdup (origin);
  self->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&self->lock);
  g_mutex_init (&self->reading);
  return self;
}

BgcHttpLogin *
bgc_http_login_ref (BgcHttpLogin *self)
{
  return self != NULL ? g_atomic_rc_box_acquire (self) : NULL;
}

static void
clear (gpointer data)
{
  BgcHttpLogin *self = data;

  bgc_job_secrets_free (self->secrets);
  g_free (self->origin);
  g_hash_table_unref (self->refused);
  g_clear_object (&self->certificate);
  bgc_failure_free (self->failure);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->reading);
}

void
bgc_http_login_unref (BgcHttpLogin *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, clear);
}

gboolean
bgc_http_login_has_certificate (BgcHttpLogin *self)
{
  return self != NULL && self->secrets->certificate != NULL;
}

gboolean
bgc_http_login_prepare (BgcHttpLogin *self, BgcFailure **failure)
{
  g_autoptr (GMutexLocker) locker = NULL;

  *failure = NULL;
  if (!bgc_http_login_has_certificate (self))
    return TRUE;
  locker = g_mutex_locker_new (&self->reading);
  if (!self->prepared)
    self->certificate
      = bgc_local_file_certificate_load (self->secrets->certificate, self->secrets->key, &self->failure);
  self->prepared = TRUE;
  *failure = bgc_failure_copy (self->failure);
  return *failure == NULL;
}

gboolean
bgc_http_login_is_own (BgcHttpLogin *self, const char *url)
{
  return self == NULL || self->origin == NULL || bgc_url_same_origin (self->origin, url);
}

/* ---- what there is ------------------------------------------------------------------------------ */

static const BgcLogin *
get (BgcHttpLogin *self, BgcLoginTarget target, BgcLoginScheme scheme)
{
  return bgc_job_secrets_get_login (self->secrets, target, scheme);
}

/* The value of a header, part of the secrets; NULL: there is none. */
static const char *
find_header (BgcHttpLogin *self, const char *wanted)
{
  for (char **line = self->secrets->headers; line != NULL && *line != NULL; line++)
    {
      const char *value;
      g_autofree char *name = bgc_custom_header_split (*line, &value);

      if (g_ascii_strcasecmp (name, wanted) == 0)
        return value;
    }
  return NULL;
}

static gboolean
has_login (BgcHttpLogin *self, BgcLoginTarget target)
{
  for (guint scheme = 0; scheme < BGC_N_LOGIN_SCHEMES; scheme++)
    if (get (self, target, (BgcLoginScheme)scheme) != NULL)
      return TRUE;
  return FALSE;
}

gboolean
bgc_http_login_answers (BgcHttpLogin *self, guint status)
{
  if (self == NULL)
    return FALSE;
  if (status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED)
    return has_login (self, BGC_LOGIN_TARGET_PROXY);
  if (status != SOUP_STATUS_UNAUTHORIZED)
    return FALSE;
  return has_login (self, BGC_LOGIN_TARGET_SERVER) || find_header (self, "Authorization") != NULL;
}

/* ---- sessions ----------------------------------------------------------------------------------- */

/* libsoup takes the strongest scheme that it knows and the server offers, and no other if there is no login
 * for it: so it shall know only those there are logins for. */
static void
keep_scheme (BgcHttpLogin *self, SoupSession *soup, gboolean own, BgcLoginScheme scheme, GType type)
{
  if (get (self, BGC_LOGIN_TARGET_PROXY, scheme) == NULL
      && (!own || get (self, BGC_LOGIN_TARGET_SERVER, scheme) == NULL))
    soup_session_remove_feature_by_type (soup, type);
}

void
bgc_http_login_set_up (BgcHttpLogin *self, SoupSession *soup, gboolean own)
{
  const char *user_agent = self != NULL && own ? find_header (self, "User-Agent") : NULL;

  if (self == NULL)
    return;
  keep_scheme (self, soup, own, BGC_LOGIN_SCHEME_BASIC, SOUP_TYPE_AUTH_BASIC);
  keep_scheme (self, soup, own, BGC_LOGIN_SCHEME_DIGEST, SOUP_TYPE_AUTH_DIGEST);
  /* libsoup would write its own over that of a message. */
  if (user_agent != NULL)
    soup_session_set_user_agent (soup, user_agent);
}

/* ---- answers to questions ----------------------------------------------------------------------- */

/* A login for basic also answers a question for digest, which tells less of it; never the other way. */
static const BgcLogin *
find_login (BgcHttpLogin *self, BgcLoginTarget target, SoupAuth *auth)
{
  const BgcLogin *login = NULL;

  if (g_ascii_strcasecmp (soup_auth_get_scheme_name (auth), "Digest") == 0)
    login = get (self, target, BGC_LOGIN_SCHEME_DIGEST);
  return login != NULL ? login : get (self, target, BGC_LOGIN_SCHEME_BASIC);
}

static char *
name_question (BgcLoginTarget target, SoupAuth *auth)
{
  const char *realm = soup_auth_get_realm (auth);

  return g_strdup_printf ("%s %s %s %s", bgc_enums_login_target_to_string (target),
                          soup_auth_get_scheme_name (auth), soup_auth_get_authority (auth),
                          realm != NULL ? realm : "");
}

static gboolean
is_refused (BgcHttpLogin *self, const char *question)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_hash_table_contains (self->refused, question);
}

static void
note_refused (BgcHttpLogin *self, char *question)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (g_hash_table_size (self->refused) >= REFUSED_MAX)
    g_hash_table_remove_all (self->refused);
  g_hash_table_add (self->refused, question);
}

/* libsoup asks @retrying when what was shown was refused; also when that was shown for another
 * request, and has run out since. A server that finds every nonce stale is left to libsoup, which
 * gives up after some twenty. */
static gboolean
on_authenticate (SoupMessage *message, SoupAuth *auth, gboolean retrying, gpointer data)
{
  Exchange *exchange = data;
  BgcLoginTarget target = soup_auth_is_for_proxy (auth) ? BGC_LOGIN_TARGET_PROXY : BGC_LOGIN_TARGET_SERVER;
  const BgcLogin *login = find_login (exchange->login, target, auth);
  g_autofree char *question = name_question (target, auth);

  if (login == NULL || (target == BGC_LOGIN_TARGET_SERVER && !exchange->own))
    return FALSE;
  if (exchange->shown[target])
    {
      note_refused (exchange->login, g_steal_pointer (&question));
      return FALSE;
    }
  if (is_refused (exchange->login, question))
    return FALSE;
  exchange->shown[target] = TRUE;
  soup_auth_authenticate (auth, login->user, login->password);
  return TRUE;
}

/* ---- what is shown unasked ---------------------------------------------------------------------- */

static void
add_token (BgcHttpLogin *self, SoupMessageHeaders *headers)
{
  const BgcLogin *login = get (self, BGC_LOGIN_TARGET_SERVER, BGC_LOGIN_SCHEME_BEARER);
  char *value;

  if (login == NULL)
    return;
  value = g_strconcat ("Bearer ", login->password, NULL);
  soup_message_headers_replace (headers, "Authorization", value);
  bgc_text_wipe (value);
}

/* What the request says itself it needs to be what it is. */
static gboolean
is_taken (SoupMessageHeaders *headers, const char *name)
{
  if (g_ascii_strcasecmp (name, "User-Agent") == 0)
    return TRUE;
  return g_ascii_strcasecmp (name, "Accept") != 0 && soup_message_headers_get_one (headers, name) != NULL;
}

/* A name may come more than once: all are looked at before the first is added. */
static void
add_headers (BgcHttpLogin *self, SoupMessageHeaders *headers)
{
  guint n = self->secrets->headers != NULL ? g_strv_length (self->secrets->headers) : 0;
  g_autofree gboolean *taken = g_new0 (gboolean, n);
  const char *value;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = bgc_custom_header_split (self->secrets->headers[i], &value);

      taken[i] = is_taken (headers, name);
    }
  if (find_header (self, "Accept") != NULL)
    soup_message_headers_remove (headers, "Accept");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = bgc_custom_header_split (self->secrets->headers[i], &value);

      if (!taken[i])
        soup_message_headers_append (headers, name, value);
    }
}

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  bgc_http_login_unref (exchange->login);
  g_free (exchange);
}

void
bgc_http_login_attach (BgcHttpLogin *self, SoupMessage *message, gboolean own)
{
  Exchange *exchange;

  if (self == NULL)
    return;
  exchange = g_new0 (Exchange, 1);
  exchange->login = bgc_http_login_ref (self);
  exchange->own = own;
  g_object_set_data_full (G_OBJECT (message), "bgc-http-login", exchange, exchange_free);
  g_signal_connect (message, "authenticate", G_CALLBACK (on_authenticate), exchange);
  if (!own)
    return;
  if (self->certificate != NULL)
    soup_message_set_tls_client_certificate (message, self->certificate);
  add_token (self, soup_message_get_request_headers (message));
  add_headers (self, soup_message_get_request_headers (message));
}
