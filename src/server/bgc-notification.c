/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-notification.h"

#include <errno.h>
#include <fcntl.h>
#include <libsoup/soup.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "protocol/bgc-bits-ack.h"

#define COPY_SIZE 65536u    /* bytes of a reply read at once */
#define STATUS_FORBIDDEN 403u /* the one answer after which a back end is never asked again */

static gboolean
fail (GError **error, const char *what)
{
  int saved = errno;
  gboolean full = saved == ENOSPC || saved == EDQUOT;

  if (full)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NO_SPACE, "%s: %s", what, g_strerror (saved));
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "%s: %s", what, g_strerror (saved));

  return FALSE;
}

/* The configured URL and the query of the upload's. */
static char *
notification_url (const BgcSession *session)
{
  const char *url = session->directory->notification_url;
  const char *query = strchr (session->record.url, '?');

  if (query == NULL)
    return g_strdup (url);

  return g_strconcat (url, strchr (url, '?') != NULL ? "&" : "?", query + 1, NULL);
}

static gboolean
add_body (SoupMessage *message, const BgcSession *session, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree char *path = bgc_session_data_path (session);
  g_autofree char *reply = NULL;

  if (session->directory->notification_type == BGC_NOTIFICATION_VALUE)
    {
      g_autoptr (GFile) file = g_file_new_for_path (path);
      g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);

      if (stream == NULL)
        return FALSE;
      soup_message_set_request_body (message, "application/octet-stream", G_INPUT_STREAM (stream),
                                     (gssize) session->record.total);
      return TRUE;
    }

  /* The application reads it under whatever user it runs as. */
  if (fchmod (session->data, session->directory->file_mode) != 0)
    return fail (error, "Cannot let the application read the upload");
  reply = bgc_session_reply_path (session);
  soup_message_headers_replace (headers, "BITS-Request-DataFile-Name", path);
  soup_message_headers_replace (headers, "BITS-Response-DataFile-Name", reply);
  soup_message_headers_set_content_length (headers, 0);

  return TRUE;
}

/* Copies the answer's body to the reply file, which appears when it is whole. */
static gboolean
copy_reply (BgcSession *session, GInputStream *body, int file, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (COPY_SIZE);
  guint64 length = 0;

  for (;;)
    {
      gssize n = g_input_stream_read (body, buffer, COPY_SIZE, cancellable, error);

      if (n < 0)
        return FALSE;
      if (n == 0)
        break;
      length += (guint64) n;
      if (length > session->directory->maximum_reply_size)
        {
          g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_SERVER_RESPONSE,
                               "The back end's reply is too large");
          return FALSE;
        }
      if (write (file, buffer, (gsize) n) != n)
        return fail (error, "Cannot write the reply");
    }

  return fsync (file) == 0 || fail (error, "Cannot write the reply");
}

static gboolean
take_value_reply (BgcSession *session, GInputStream *body, GCancellable *cancellable, GError **error)
{
  g_autofree char *fresh = g_strconcat (session->id, ".reply.new", NULL);
  g_autofree char *name = bgc_session_reply_name (session);
  int file = openat (session->folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean done;

  if (file < 0)
    return fail (error, "Cannot write the reply");
  done = copy_reply (session, body, file, cancellable, error);
  close (file);
  if (done && (renameat (session->folder, fresh, session->folder, name) != 0 || fsync (session->folder) != 0))
    done = fail (error, "Cannot write the reply");
  if (!done)
    unlinkat (session->folder, fresh, 0);
  session->record.has_reply = done;

  return done;
}

static gboolean
take_reference_reply (BgcSession *session, GError **error)
{
  g_autofree char *name = bgc_session_reply_name (session);
  int file = openat (session->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status;
  gboolean good;

  if (file < 0 && errno == ENOENT)
    return TRUE;
  if (file < 0)
    return fail (error, "Cannot read the application's reply");
  good = fstat (file, &status) == 0 && S_ISREG (status.st_mode) && fsync (file) == 0;
  close (file);
  if (!good)
    {
      errno = EINVAL;
      return fail (error, "Cannot use the application's reply");
    }
  session->record.has_reply = TRUE;

  return TRUE;
}

static gboolean
take_reply (BgcSession *session, SoupMessage *message, GInputStream *body, GCancellable *cancellable,
            GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *fixed = soup_message_headers_get_one (headers, "BITS-Static-Response-URL");

  if (fixed != NULL && strlen (fixed) <= BGC_BITS_REPLY_URL_MAX
      && bgc_header_is_plain (fixed, BGC_BITS_REPLY_URL_MAX))
    {
      g_free (session->record.static_reply);
      session->record.static_reply = g_strdup (fixed);
      return TRUE;
    }
  if (session->directory->notification_type == BGC_NOTIFICATION_VALUE)
    return take_value_reply (session, body, cancellable, error);

  return take_reference_reply (session, error);
}

static BgcVerdict
conclude (BgcSession *session, SoupMessage *message, GInputStream *body, GCancellable *cancellable,
          GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  gboolean store = soup_message_headers_get_one (headers, "BITS-Copy-File-To-Destination") != NULL;
  guint status = soup_message_get_status (message);
  g_autoptr (GError) local = NULL;

  if (status < 200 || status > 299)
    {
      session->record.never_notify = status == STATUS_FORBIDDEN;
      if (session->record.never_notify)
        bgc_session_save (session, NULL);
      return bgc_verdict_from_application (status);
    }
  if (!take_reply (session, message, body, cancellable, &local)
      || !(store ? bgc_session_publish (session, &local) : bgc_session_keep_nothing (session, &local)))
    {
      BgcVerdict verdict = bgc_verdict_from_error (local);

      g_propagate_error (error, g_steal_pointer (&local));
      return verdict;
    }

  return bgc_verdict_success;
}

static BgcVerdict
no_answer (const GError *error)
{
  g_message ("the back end does not answer: %s", error->message);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return bgc_verdict_application_timeout ();

  return bgc_verdict_from_application (0);
}

BgcVerdict
bgc_notification_send (BgcSession *session, const char *original, GCancellable *cancellable, GError **error)
{
  g_autofree char *url = notification_url (session);
  g_autoptr (SoupMessage) message = soup_message_new ("POST", url);
  g_autoptr (SoupSession) http = NULL;
  g_autoptr (GInputStream) body = NULL;
  g_autoptr (GError) local = NULL;

  if (session->record.never_notify)
    return bgc_verdict_from_application (STATUS_FORBIDDEN);
  if (message == NULL || !add_body (message, session, &local))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED, "Cannot notify: %s",
                   local != NULL ? local->message : url);
      return bgc_verdict_from_error (*error);
    }

  http = soup_session_new_with_options ("timeout",
                                        (guint)MIN (session->directory->notification_timeout, G_MAXINT),
                                        "user-agent", "bgcopy-server", NULL);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (soup_message_get_request_headers (message), "BITS-Original-Request-URL",
                                original);
  body = soup_session_send (http, message, cancellable, &local);
  if (body == NULL)
    return no_answer (local);

  return conclude (session, message, body, cancellable, error);
}
