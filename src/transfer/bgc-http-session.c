/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-session.h"

#include "model/bgc-url.h"
#include "transfer/bgc-http-outcome.h"

/* Redirects followed for one request; browsers stop there too. */
#define REDIRECTS_MAX 20u

struct _BgcHttpSession
{
  SoupSession *soup; /* (owned) */
};

/* One request with its redirects. */
typedef struct
{
  SoupSession *soup;    /* (owned) */
  SoupMessage *message; /* (owned) (nullable) */
  GUri *uri;            /* (owned) of message */
  guint64 first;
  char *condition; /* (owned) (nullable) */
  gboolean ranged;
  guint redirects;
  GCancellable *cancellable; /* (owned) */
  BgcHttpFunc function;
  gpointer data; /* (borrowed) */
} Fetch;

BgcHttpSession *
bgc_http_session_new (guint connections, const char *user_agent)
{
  BgcHttpSession *self = g_new0 (BgcHttpSession, 1);

  /* Time-outs are the downloads': one clock for connecting, waiting and reading, where libsoup would set
   * a timer for every read. */
  self->soup
    = soup_session_new_with_options ("max-conns", (int)connections, "max-conns-per-host", (int)connections,
                                     "timeout", 0, "idle-timeout", 0, "user-agent", user_agent, NULL);
  /* Bytes are stored as they are: a decoded body has other lengths and offsets than the server's. */
  soup_session_remove_feature_by_type (self->soup, SOUP_TYPE_CONTENT_DECODER);
  return self;
}

void
bgc_http_session_free (BgcHttpSession *self)
{
  if (self == NULL)
    return;
  soup_session_abort (self->soup);
  g_object_unref (self->soup);
  g_free (self);
}

static void
fetch_free (Fetch *fetch)
{
  g_clear_object (&fetch->message);
  g_object_unref (fetch->soup);
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

static gboolean
is_redirect (SoupMessage *message)
{
  switch (soup_message_get_status (message))
    {
    case SOUP_STATUS_MOVED_PERMANENTLY:
    case SOUP_STATUS_FOUND:
    case SOUP_STATUS_SEE_OTHER:
    case SOUP_STATUS_TEMPORARY_REDIRECT:
    case SOUP_STATUS_PERMANENT_REDIRECT:
      return soup_message_headers_get_one (soup_message_get_response_headers (message), "Location") != NULL;
    default:
      return FALSE;
    }
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
  g_uri_unref (fetch->uri);
  fetch->uri = target;
  send (fetch);
}

static void
on_sent (GObject *soup, GAsyncResult *result, gpointer data)
{
  Fetch *fetch = data;
  g_autoptr (GError) error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (soup), result, &error);

  if (stream == NULL)
    {
      gboolean cancelled = g_cancellable_is_cancelled (fetch->cancellable);

      end (fetch, NULL, cancelled ? NULL : bgc_http_outcome_of_error (error));
    }
  else if (is_redirect (fetch->message) && !g_cancellable_is_cancelled (fetch->cancellable))
    follow (fetch, stream);
  else
    end (fetch, bgc_http_reply_new (fetch->message, stream), NULL);
}

static void
send (Fetch *fetch)
{
  SoupMessageHeaders *headers;

  g_clear_object (&fetch->message);
  fetch->message = soup_message_new_from_uri (SOUP_METHOD_GET, fetch->uri);
  soup_message_add_flags (fetch->message, SOUP_MESSAGE_NO_REDIRECT);
  headers = soup_message_get_request_headers (fetch->message);
  soup_message_headers_append (headers, "Accept", "*/*");
  soup_message_headers_append (headers, "Accept-Encoding", "identity");
  if (fetch->ranged)
    {
      g_autofree char *range = g_strdup_printf ("bytes=%" G_GUINT64_FORMAT "-", fetch->first);

      soup_message_headers_append (headers, "Range", range);
    }
  if (fetch->condition != NULL)
    soup_message_headers_append (headers, "If-Range", fetch->condition);
  soup_session_send_async (fetch->soup, fetch->message, G_PRIORITY_DEFAULT, fetch->cancellable, on_sent,
                           fetch);
}

static gboolean
refuse_url (gpointer data)
{
  Fetch *fetch = data;

  end (fetch, NULL,
       bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_URL, FALSE, "This is no URL of a file"));
  return G_SOURCE_REMOVE;
}

void
bgc_http_session_get (BgcHttpSession *self, const char *url, guint64 first, const char *condition,
                      gboolean ranged, GCancellable *cancellable, BgcHttpFunc function, gpointer data)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->soup = g_object_ref (self->soup);
  fetch->first = first;
  fetch->condition = g_strdup (condition);
  fetch->ranged = ranged;
  fetch->cancellable = g_object_ref (cancellable);
  fetch->function = function;
  fetch->data = data;
  fetch->uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  if (fetch->uri == NULL || !bgc_url_check (url, NULL))
    g_source_set_name_by_id (g_idle_add (refuse_url, fetch), "bgc-http-session-refuse");
  else
    send (fetch);
}
