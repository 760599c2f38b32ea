/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-session.h"

#include "model/bgc-url.h"
#include "transfer/bgc-http-line.h"
#include "transfer/bgc-http-outcome.h"

/* Redirects followed for one request; browsers stop there too. */
#define REDIRECTS_MAX 20u

struct _BgcHttpSession
{
  SoupSession *soup;    /* (owned) */
  SoupSession *foreign; /* (owned) for what leads away from the own origin; soup if there is no login */
  BgcHttpLogin *login;  /* (owned) (nullable) */
  guint connections;
};

/* One request with its redirects. */
typedef struct
{
  SoupSession *soup;    /* (owned) */
  SoupSession *foreign; /* (owned) */
  BgcHttpLogin *login;  /* (owned) (nullable) */
  gboolean own;         /* still at the own origin; once it was led away it is not any more */
  SoupMessage *message; /* (owned) (nullable) */
  GUri *uri;            /* (owned) of message */
  guint64 first;
  char *condition; /* (owned) (nullable) */
  gboolean ranged;
  guint redirects;
  BgcHttpSent *sent;         /* (owned) (nullable) an answer that another thread got */
  GCancellable *cancellable; /* (owned) */
  BgcHttpFunc function;
  gpointer data; /* (borrowed) */
} Fetch;

BgcHttpSession *
bgc_http_session_new (guint connections, const char *user_agent)
{
  BgcHttpSession *self = g_new0 (BgcHttpSession, 1);

  self->soup = bgc_http_line_soup (connections, user_agent);
  self->foreign = g_object_ref (self->soup);
  self->connections = connections;
  return self;
}

void
bgc_http_session_set_login (BgcHttpSession *self, BgcHttpLogin *login)
{
  if (login == NULL)
    return;
  self->login = bgc_http_login_ref (login);
  g_object_unref (self->foreign);
  self->foreign = bgc_http_line_soup (self->connections, soup_session_get_user_agent (self->soup));
  bgc_http_login_set_up (login, self->soup, TRUE);
  bgc_http_login_set_up (login, self->foreign, FALSE);
}

void
bgc_http_session_free (BgcHttpSession *self)
{
  if (self == NULL)
    return;
  soup_session_abort (self->soup);
  soup_session_abort (self->foreign);
  g_object_unref (self->soup);
  g_object_unref (self->foreign);
  bgc_http_login_unref (self->login);
  g_free (self);
}

void
bgc_http_session_keep_behind (BgcHttpSession *self, BgcCourtesy *courtesy, BgcPriority priority)
{
  bgc_courtesy_watch (courtesy, self->soup, priority, BGC_COURTESY_RECEIVING);
  if (self->foreign != self->soup)
    bgc_courtesy_watch (courtesy, self->foreign, priority, BGC_COURTESY_RECEIVING);
}

static void
fetch_free (Fetch *fetch)
{
  bgc_http_line_drop (fetch->sent);
  g_clear_object (&fetch->message);
  g_object_unref (fetch->soup);
  g_object_unref (fetch->foreign);
  bgc_http_login_unref (fetch->login);
  g_object_unref (fetch->cancellable);
  g_clear_pointer (&fetch->uri, g_uri_unref);
  g_free (fetch->condition);
  g_free (fetch);
}

static void
end (Fetch *fetch, BgcHttpReply *reply, BgcFailure *failure)
{
  BgcHttpFunc function = fetch->function;
  gpointer data = fetch->data;

  fetch_free (fetch);
  function (reply, failure, data);
}

static BgcFailure *
refuse_redirect (Fetch *fetch, const char *message)
{
  BgcFailure *failure
    = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_HTTP_STATUS, FALSE, "%s", message);

  failure->http_status = soup_message_get_status (fetch->message);
  return failure;
}

/* The same rules as for a caller's URL: an escaped line break in the host would become a header of its
 * own on the way to a proxy. */
static gboolean
leads_to_a_host (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  g_autofree char *origin
    = g_uri_join (SOUP_HTTP_URI_FLAGS, "http", NULL, host, g_uri_get_port (uri), "/", NULL, NULL);

  return host != NULL && bgc_url_check (origin, NULL);
}

/* Where the redirect leads, without the credentials it may carry; NULL with @failure. */
static GUri *
find_target (Fetch *fetch, BgcFailure **failure)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (fetch->message);
  const char *location = soup_message_headers_get_one (headers, "Location");
  g_autoptr (GUri) uri = g_uri_parse_relative (fetch->uri, location, SOUP_HTTP_URI_FLAGS, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  gboolean secure = g_str_equal (scheme, "https");

  if (uri == NULL)
    *failure = refuse_redirect (fetch, "The server redirects to what is no URL");
  else if (!secure && !g_str_equal (scheme, "http"))
    *failure = refuse_redirect (fetch, "The server redirects to another protocol");
  else if (!leads_to_a_host (uri))
    *failure = refuse_redirect (fetch, "The server redirects to what is no URL");
  else if (!secure && g_str_equal (g_uri_get_scheme (fetch->uri), "https"))
    *failure = refuse_redirect (fetch, "The server redirects from https to http");
  else if (++fetch->redirects > REDIRECTS_MAX)
    *failure = refuse_redirect (fetch, "The server redirects too often");
  if (*failure != NULL)
    return NULL;
  return g_uri_build (SOUP_HTTP_URI_FLAGS, scheme, NULL, g_uri_get_host (uri), g_uri_get_port (uri),
                      g_uri_get_path (uri), g_uri_get_query (uri), NULL);
}

static gboolean
is_same_origin (GUri *a, GUri *b)
{
  g_autofree char *first = g_uri_to_string (a);
  g_autofree char *second = g_uri_to_string (b);

  return bgc_url_same_origin (first, second);
}

static void
send (Fetch *fetch);

static void
follow (Fetch *fetch, GInputStream *stream)
{
  BgcFailure *failure = NULL;
  GUri *target = find_target (fetch, &failure);

  bgc_http_body_drop (bgc_http_body_new (g_object_ref (fetch->message), stream));
  if (target == NULL)
    {
      end (fetch, NULL, failure);
      return;
    }
  fetch->own = fetch->own && is_same_origin (fetch->uri, target);
  g_uri_unref (fetch->uri);
  fetch->uri = target;
  send (fetch);
}

/* @stream transfer full, or NULL with @error. */
static void
use_answer (Fetch *fetch, GInputStream *stream, const GError *error)
{
  if (stream == NULL)
    {
      gboolean cancelled = g_cancellable_is_cancelled (fetch->cancellable);

      end (fetch, NULL, cancelled ? NULL : bgc_http_outcome_of_error (error));
    }
  else if (bgc_http_line_leads_elsewhere (fetch->message) && !g_cancellable_is_cancelled (fetch->cancellable))
    follow (fetch, stream);
  else
    end (fetch, bgc_http_reply_new (fetch->message, stream), NULL);
}

static void
on_sent (GObject *soup, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (soup), result, &error);

  use_answer (data, stream, error);
}

static void
send (Fetch *fetch)
{
  SoupMessageHeaders *headers;

  g_clear_object (&fetch->message);
  fetch->message = bgc_http_line_message (fetch->uri);
  headers = soup_message_get_request_headers (fetch->message);
  if (fetch->ranged)
    {
      g_autofree char *range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-", fetch->first);

      soup_message_headers_append (headers, "Range", range);
    }
  if (fetch->condition != NULL)
    soup_message_headers_append (headers, "If-Range", fetch->condition);
  bgc_http_login_attach (fetch->login, fetch->message, fetch->own);
  soup_session_send_async (fetch->own ? fetch->soup : fetch->foreign, fetch->message, G_PRIORITY_DEFAULT,
                           fetch->cancellable, on_sent, fetch);
}

static gboolean
refuse_url (gpointer data)
{
  Fetch *fetch = data;

  end (fetch, NULL,
       bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_URL, FALSE, "This is no URL of a file"));
  return G_SOURCE_REMOVE;
}

static Fetch *
fetch_new (BgcHttpSession *self, GCancellable *cancellable, BgcHttpFunc function, gpointer data)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->soup = g_object_ref (self->soup);
  fetch->foreign = g_object_ref (self->foreign);
  fetch->login = bgc_http_login_ref (self->login);
  fetch->cancellable = g_object_ref (cancellable);
  fetch->function = function;
  fetch->data = data;
  return fetch;
}

void
bgc_http_session_get (BgcHttpSession *self, const char *url, guint64 first, const char *condition,
                      gboolean ranged, GCancellable *cancellable, BgcHttpFunc function, gpointer data)
{
  Fetch *fetch = fetch_new (self, cancellable, function, data);

  fetch->first = first;
  fetch->condition = g_strdup (condition);
  fetch->ranged = ranged;
  fetch->own = bgc_http_login_is_own (self->login, url);
  fetch->uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  if (fetch->uri == NULL || !bgc_url_check (url, NULL))
    g_source_set_name_by_id (g_idle_add (refuse_url, fetch), "bgc-http-session-refuse");
  else
    send (fetch);
}

static gboolean
go_on (gpointer data)
{
  Fetch *fetch = data;
  g_autoptr (BgcHttpSent) sent = g_steal_pointer (&fetch->sent);

  if (g_cancellable_is_cancelled (fetch->cancellable))
    end (fetch, NULL, NULL);
  else if (sent->reply != NULL)
    end (fetch, g_steal_pointer (&sent->reply), NULL);
  else
    use_answer (fetch, g_steal_pointer (&sent->stream), sent->error);
  return G_SOURCE_REMOVE;
}

void
bgc_http_session_go_on (BgcHttpSession *self, BgcHttpSent *sent, GCancellable *cancellable,
                        BgcHttpFunc function, gpointer data)
{
  Fetch *fetch = fetch_new (self, cancellable, function, data);
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (sent->message));

  fetch->message = g_object_ref (sent->message);
  fetch->uri = g_uri_ref (soup_message_get_uri (sent->message));
  fetch->own = bgc_http_login_is_own (self->login, url);
  fetch->sent = sent;
  g_source_set_name_by_id (g_idle_add_full (G_PRIORITY_DEFAULT, go_on, fetch, NULL),
                           "bgc-http-session-go-on");
}
