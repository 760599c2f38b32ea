/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-secret-argument.h"

#include <string.h>

#include "base/bgc-limits.h"
#include "base/bgc-text.h"
#include "model/bgc-custom-header.h"

/* RFC 6750, 2.1: what a token may have besides letters and digits; "=" only at its end. */
#define TOKEN_MARKS "-._~+/"

static gboolean
refuse (GError **error, BgcErrorCode code, const char *message)
{
  g_set_error_literal (error, BGC_ERROR, code, message);
  return FALSE;
}

gboolean
bgc_secret_argument_target (const char *target, const char *scheme, BgcLoginTarget *out_target,
                            BgcLoginScheme *out_scheme, GError **error)
{
  if (!bgc_enums_login_target_from_string (target, out_target))
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT, "The target is neither \"server\" nor \"proxy\"");
  if (!bgc_enums_login_scheme_from_string (scheme, out_scheme))
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT,
                   "The scheme is none of \"basic\", \"digest\", \"negotiate\", \"bearer\"");
  if (*out_scheme == BGC_LOGIN_SCHEME_NEGOTIATE)
    return refuse (error, BGC_ERROR_NOT_SUPPORTED, "The scheme negotiate is not served");
  if (*out_scheme == BGC_LOGIN_SCHEME_BEARER && *out_target == BGC_LOGIN_TARGET_PROXY)
    return refuse (error, BGC_ERROR_NOT_SUPPORTED, "There are no tokens for proxies");
  return TRUE;
}

/* RFC 7617, 2: a name ends at the first colon, and neither part has control characters. */
static gboolean
check_name (const char *user, const char *password, GError **error)
{
  if (user[0] == '\0')
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT, "The user name is empty");
  if (strchr (user, ':') != NULL)
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT, "The user name has a colon in it");
  if (strpbrk (user, "\t\n") != NULL || !bgc_text_is_label (user, G_MAXSIZE)
      || strpbrk (password, "\t\n") != NULL || !bgc_text_is_label (password, G_MAXSIZE))
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT,
                   "The user name or the password has control characters in it");
  return TRUE;
}

static gboolean
check_token (const char *user, const char *token, GError **error)
{
  const char *end = token;

  while (g_ascii_isalnum (*end) || (*end != '\0' && strchr (TOKEN_MARKS, *end) != NULL))
    end++;
  if (user[0] != '\0')
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT, "A token goes without a user name");
  if (end == token || strspn (end, "=") != strlen (end))
    return refuse (error, BGC_ERROR_INVALID_ARGUMENT,
                   "The token is empty or has characters that none may have");
  return TRUE;
}

BgcLogin *
bgc_secret_argument_login (const char *target, const char *scheme, const char *user, const char *password,
                           GError **error)
{
  BgcLoginTarget for_target;
  BgcLoginScheme by_scheme;
  gboolean good;

  if (!bgc_secret_argument_target (target, scheme, &for_target, &by_scheme, error))
    return NULL;
  if (g_utf8_strlen (user, -1) > (glong) BGC_USER_NAME_MAX_CHARACTERS
      || g_utf8_strlen (password, -1) > (glong) BGC_PASSWORD_MAX_CHARACTERS)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_CREDENTIALS_TOO_LARGE,
                   "The user name has more than %u characters, or the password more than %u",
                   BGC_USER_NAME_MAX_CHARACTERS, BGC_PASSWORD_MAX_CHARACTERS);
      return NULL;
    }
  good = by_scheme == BGC_LOGIN_SCHEME_BEARER ? check_token (user, password, error)
                                              : check_name (user, password, error);
  return good ? bgc_login_new (for_target, by_scheme, user, password) : NULL;
}

gboolean
bgc_secret_argument_headers (const char *const *headers, GError **error)
{
  gsize bytes = 0;

  for (guint i = 0; headers[i] != NULL; i++)
    bytes += strlen (headers[i]) + strlen ("\r\n");
  if (bytes > BGC_HEADERS_MAX_BYTES)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG,
                   "The headers with their line breaks have more than %u bytes", BGC_HEADERS_MAX_BYTES);
      return FALSE;
    }
  for (guint i = 0; headers[i] != NULL; i++)
    if (!bgc_custom_header_check (headers[i], error))
      return FALSE;
  return TRUE;
}
