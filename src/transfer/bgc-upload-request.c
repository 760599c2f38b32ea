/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-upload-request.h"

#include "model/bgc-url.h"

/* A smaller body is sent unasked: it costs less than the round trip. Bytes. */
#define EXPECT_BYTES (1024u * 1024u)

BgcUploadRequest *
bgc_upload_request_new (const char *method, const char *url, BgcFailure **failure)
{
  g_autoptr (GUri) uri = NULL;
  BgcUploadRequest *self;

  if (bgc_url_check (url, NULL))
    uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  if (uri == NULL)
    {
      *failure
        = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_URL, FALSE, "This is no URL of a file");
      return NULL;
    }
  self = g_new0 (BgcUploadRequest, 1);
  self->message = soup_message_new_from_uri (method, uri);
  /* Else each of them would open a connection of its own. That libsoup may then repeat one on a connection
   * that was closed meanwhile does no harm: see how each protocol takes a repetition. */
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  soup_message_headers_append (soup_message_get_request_headers (self->message), "Accept", "*/*");
  soup_message_headers_append (soup_message_get_request_headers (self->message), "Accept-Encoding",
                               "identity");
  return self;
}

void
bgc_upload_request_free (BgcUploadRequest *self)
{
  if (self == NULL)
    return;
  g_object_unref (self->message);
  g_free (self);
}

static void
set_header (gpointer headers, const char *name, const char *value)
{
  soup_message_headers_replace (headers, name, value);
}

BgcHeaderWriter
bgc_upload_request_headers (BgcUploadRequest *self)
{
  return (BgcHeaderWriter){ .set = set_header, .headers = soup_message_get_request_headers (self->message) };
}

void
bgc_upload_request_set_body (BgcUploadRequest *self, const BgcLocalFileSource *source, guint64 first,
                             guint64 length, gboolean ask_first)
{
  self->source = source;
  self->first = first;
  self->length = length;
  self->ask_first = ask_first && length > EXPECT_BYTES;
}

/* Added when it was sent; a login is worth nothing a second time, and is given again. */
static gboolean
is_of_sending (const char *name)
{
  return g_ascii_strcasecmp (name, "Expect") == 0 || g_ascii_strcasecmp (name, "Host") == 0
         || g_ascii_strcasecmp (name, "Authorization") == 0
         || g_ascii_strcasecmp (name, "Proxy-Authorization") == 0;
}

BgcUploadRequest *
bgc_upload_request_copy (const BgcUploadRequest *self)
{
  BgcUploadRequest *copy = g_new0 (BgcUploadRequest, 1);
  SoupMessageHeadersIter iter;
  const char *name, *value;

  copy->message = soup_message_new_from_uri (soup_message_get_method (self->message),
                                             soup_message_get_uri (self->message));
  soup_message_add_flags (copy->message, soup_message_get_flags (self->message));
  soup_message_headers_iter_init (&iter, soup_message_get_request_headers (self->message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    if (!is_of_sending (name))
      soup_message_headers_replace (soup_message_get_request_headers (copy->message), name, value);
  copy->source = self->source;
  copy->first = self->first;
  copy->length = self->length;
  copy->is_last = self->is_last;
  copy->opens_session = self->opens_session;
  copy->all_or_nothing = self->all_or_nothing;
  return copy;
}
