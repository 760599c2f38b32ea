/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-line.h"

#include "model/bgc-url.h"

struct _BgcHttpLine
{
  char *user_agent;  /* (owned) */
  SoupSession *soup; /* (owned) (nullable) from the first request on, and after each that was handed over */
  gboolean own;      /* soup is for the own origin, as in bgc-http-login.h */
  BgcHttpLogin *login;   /* (owned) (nullable) */
  BgcCourtesy *courtesy; /* (borrowed) (nullable) */
  BgcPriority priority;
};

SoupSession *
bgc_http_line_soup (guint connections, const char *user_agent)
{
  /* Time-outs are the downloads': one clock for connecting, waiting and reading, where libsoup would set
   * a timer for every read. */
  SoupSession *soup
    = soup_session_new_with_options ("max-conns", (int)connections, "max-conns-per-host", (int)connections,
                                     "timeout", 0, "idle-timeout", 0, "user-agent", user_agent, NULL);

  /* Bytes are stored as they are: a decoded body has other lengths and offsets than the server's. */
  soup_session_remove_feature_by_type (soup, SOUP_TYPE_CONTENT_DECODER);
  return soup;
}

SoupMessage *
bgc_http_line_message (GUri *uri)
{
  SoupMessage *message = soup_message_new_from_uri (SOUP_METHOD_GET, uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_append (headers, "Accept", "*/*");
  soup_message_headers_append (headers, "Accept-Encoding", "identity");
  return message;
}

gboolean
bgc_http_line_leads_elsewhere (SoupMessage *message)
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

BgcHttpLine *
bgc_http_line_new (const char *user_agent)
{
  BgcHttpLine *self = g_new0 (BgcHttpLine, 1);

  self->user_agent = g_strdup (user_agent);
  return self;
}

void
bgc_http_line_keep_behind (BgcHttpLine *self, BgcCourtesy *courtesy, BgcPriority priority)
{
  self->courtesy = courtesy;
  self->priority = priority;
}

void
bgc_http_line_set_login (BgcHttpLine *self, BgcHttpLogin *login)
{
  self->login = bgc_http_login_ref (login);
}

static void
close_soup (BgcHttpLine *self)
{
  if (self->soup != NULL)
    soup_session_abort (self->soup);
  g_clear_object (&self->soup);
}

static void
open_soup (BgcHttpLine *self, gboolean own)
{
  if (self->soup != NULL && self->own != own)
    close_soup (self);
  if (self->soup != NULL)
    return;
  self->soup = bgc_http_line_soup (1, self->user_agent);
  self->own = own;
  bgc_http_login_set_up (self->login, self->soup, own);
  bgc_courtesy_watch (self->courtesy, self->soup, self->priority, BGC_COURTESY_RECEIVING);
}

void
bgc_http_line_free (BgcHttpLine *self)
{
  if (self == NULL)
    return;
  close_soup (self);
  bgc_http_login_unref (self->login);
  g_free (self->user_agent);
  g_free (self);
}

BgcHttpSent *
bgc_http_line_get (BgcHttpLine *self, const char *url, GCancellable *cancellable)
{
  BgcHttpSent *sent = g_new0 (BgcHttpSent, 1);
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  if (uri == NULL || !bgc_url_check (url, NULL))
    return sent;
  open_soup (self, bgc_http_login_is_own (self->login, url));
  sent->message = bgc_http_line_message (uri);
  bgc_http_login_attach (self->login, sent->message, self->own);
  sent->stream = soup_session_send (self->soup, sent->message, cancellable, &sent->error);
  return sent;
}

void
bgc_http_line_hand_over (BgcHttpLine *self, BgcHttpSent *sent)
{
  sent->soup = g_steal_pointer (&self->soup);
  /* The answer's body lives as long as the message, and neither without the session. */
  if (sent->message != NULL && sent->soup != NULL)
    g_object_set_data_full (G_OBJECT (sent->message), "bgc-http-line", g_object_ref (sent->soup),
                            g_object_unref);
}

BgcHttpReply *
bgc_http_line_reply (BgcHttpSent *self)
{
  if (self->reply == NULL && self->stream != NULL && !bgc_http_line_leads_elsewhere (self->message))
    self->reply = bgc_http_reply_new (self->message, g_steal_pointer (&self->stream));
  return self->reply;
}

void
bgc_http_line_drop (BgcHttpSent *self)
{
  if (self == NULL)
    return;
  bgc_http_reply_free (self->reply);
  if (self->stream != NULL)
    g_input_stream_close (self->stream, NULL, NULL);
  g_clear_object (&self->stream);
  g_clear_error (&self->error);
  g_clear_object (&self->message);
  g_clear_object (&self->soup);
  g_free (self);
}
