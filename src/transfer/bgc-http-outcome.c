/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-outcome.h"

#include <libsoup/soup.h>

#include "base/bgc-text.h"

/* Bytes of a library's message that are worth keeping. */
#define MESSAGE_MAX_BYTES 256

guint32
bgc_http_outcome_retry_after (const char *value, gint64 now)
{
  gint64 seconds = 0;
  guint64 number = 0;

  if (value == NULL)
    return 0;
  if (g_ascii_isdigit (value[0]))
    {
      if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &number, NULL))
        return 0;
      seconds = (gint64)number;
    }
  else
    {
      g_autoptr (GDateTime) date = soup_date_time_new_from_http_string (value);

      if (date == NULL)
        return 0;
      seconds = g_date_time_to_unix (date) - now;
    }
  return (guint32)CLAMP (seconds, (gint64)BGC_FAILURE_MIN_RETRY_AFTER, (gint64)BGC_FAILURE_MAX_RETRY_AFTER);
}

static gboolean
is_transient_status (guint status)
{
  if (status == SOUP_STATUS_REQUEST_TIMEOUT || status == SOUP_STATUS_CONFLICT || status == 429)
    return TRUE;
  return status >= 500 && status != SOUP_STATUS_NOT_IMPLEMENTED
         && status != SOUP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
}

static BgcErrorCode
code_of_status (guint status)
{
  if (status == SOUP_STATUS_UNAUTHORIZED)
    return BGC_ERROR_AUTHENTICATION_REQUIRED;
  if (status == SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED)
    return BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED;
  return BGC_ERROR_HTTP_STATUS;
}

BgcFailure *
bgc_http_outcome_of_status (guint status, const char *retry_after, gint64 now)
{
  gboolean transient = is_transient_status (status);
  BgcFailure *failure
    = bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, code_of_status (status), transient,
                       "The server answered %u %s", status, soup_status_get_phrase (status));

  failure->http_status = status;
  if (status == 429 || status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    failure->retry_after = bgc_http_outcome_retry_after (retry_after, now);
  return failure;
}

static BgcFailure *
failure_of (BgcErrorContext context, BgcErrorCode code, gboolean transient, const char *sentence,
            const GError *error)
{
  g_autofree char *detail = bgc_text_escape (error->message, MESSAGE_MAX_BYTES);

  return bgc_failure_new (context, code, transient, "%s: %s", sentence, detail);
}

static BgcFailure *
of_tls_error (const GError *error)
{
  if (error->code == G_TLS_ERROR_BAD_CERTIFICATE)
    return failure_of (BGC_CONTEXT_SERVER_CERTIFICATE, BGC_ERROR_TLS, FALSE,
                       "The server's certificate is not valid", error);
  if (error->code == G_TLS_ERROR_CERTIFICATE_REQUIRED)
    return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, FALSE, "The server wants a client certificate",
                       error);
  if (error->code == G_TLS_ERROR_EOF)
    return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECTION_CLOSED, TRUE, "The connection was closed",
                       error);
  return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TLS, TRUE, "No secure connection came about", error);
}

static BgcFailure *
of_io_error (const GError *error)
{
  switch (error->code)
    {
    case G_IO_ERROR_TIMED_OUT:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "The server did not answer in time",
                         error);
    case G_IO_ERROR_HOST_NOT_FOUND:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_NAME_RESOLUTION, TRUE, "The host was not found",
                         error);
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_PROXY_FAILED:
    case G_IO_ERROR_PROXY_NOT_ALLOWED:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECT_FAILED, TRUE, "No connection came about",
                         error);
    case G_IO_ERROR_PROXY_AUTH_FAILED:
    case G_IO_ERROR_PROXY_NEED_AUTH:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED, FALSE,
                         "The proxy wants credentials", error);
    case G_IO_ERROR_CONNECTION_CLOSED: /* also G_IO_ERROR_BROKEN_PIPE */
    case G_IO_ERROR_PARTIAL_INPUT:
    case G_IO_ERROR_NOT_CONNECTED:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECTION_CLOSED, TRUE,
                         "The connection was closed", error);
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_INVALID_ARGUMENT:
    case G_IO_ERROR_MESSAGE_TOO_LARGE:
      return failure_of (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE,
                         "The server's answer makes no sense", error);
    default:
      return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECT_FAILED, TRUE, "The connection failed",
                         error);
    }
}

BgcFailure *
bgc_http_outcome_of_error (const GError *error)
{
  if (error->domain == G_TLS_ERROR)
    return of_tls_error (error);
  if (error->domain == G_RESOLVER_ERROR)
    return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_NAME_RESOLUTION, TRUE, "The host was not found",
                       error);
  if (error->domain == SOUP_SESSION_ERROR)
    return failure_of (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE,
                       "The server's answer makes no sense", error);
  if (error->domain == G_IO_ERROR)
    return of_io_error (error);
  return failure_of (BGC_CONTEXT_TRANSPORT, BGC_ERROR_CONNECT_FAILED, TRUE, "The connection failed", error);
}

BgcFailure *
bgc_http_outcome_of_nonsense (const char *message)
{
  return bgc_failure_new (BGC_CONTEXT_REMOTE_FILE, BGC_ERROR_INVALID_SERVER_RESPONSE, TRUE, "%s", message);
}
