/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-text.h"
#include "transfer/bgc-local-file-error.h"

/* Bytes of a file: a chain of certificates has some 10 KiB. */
#define FILE_MAX_BYTES (256u * 1024u)
/* A pipe without a writer must not hold up whoever opens it. Links are followed: that is how a certificate
 * is renewed. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
/* Bytes of a library's message that are worth keeping. */
#define MESSAGE_MAX_BYTES 256

/* Both files, one after the other. Of one size from the beginning: what grows leaves copies behind. */
typedef struct
{
  char text[2 * FILE_MAX_BYTES + 2]; /* and a line break, and the NUL */
  gsize length;
} Pem;

static BgcFailure *
refuse (const char *what)
{
  return bgc_failure_new (BGC_CONTEXT_LOCAL_FILE, BGC_ERROR_TLS, FALSE, "%s", what);
}

/* NULL for success. */
static BgcFailure *
read_all (int fd, const char *path, Pem *pem)
{
  gsize end = pem->length + FILE_MAX_BYTES;
  struct stat status;
  gssize n = 1;

  if (fstat (fd, &status) != 0)
    return bgc_local_file_error_failure (errno, "Cannot read", path);
  if (!S_ISREG (status.st_mode) || status.st_size > FILE_MAX_BYTES)
    return refuse ("The client certificate, or its key, is no file of a usual size");
  while (n > 0 && pem->length < end)
    {
      n = read (fd, pem->text + pem->length, end - pem->length);
      if (n < 0 && errno != EINTR)
        return bgc_local_file_error_failure (errno, "Cannot read", path);
      pem->length += n > 0 ? (gsize)n : 0;
      n = n < 0 ? 1 : n;
    }
  return NULL;
}

static BgcFailure *
add_file (const char *path, Pem *pem)
{
  int fd = open (path, OPEN_FLAGS);
  BgcFailure *failure;

  if (fd < 0)
    return bgc_local_file_error_failure (errno, "Cannot open", path);
  failure = read_all (fd, path, pem);
  close (fd);
  pem->text[pem->length++] = '\n';
  return failure;
}

static GTlsCertificate *
parse (const Pem *pem, BgcFailure **failure)
{
  g_autoptr (GError) error = NULL;
  GTlsCertificate *result;

  if (strstr (pem->text, "PRIVATE KEY-----") == NULL)
    {
      *failure = refuse ("There is no private key with the client certificate");
      return NULL;
    }
  result = g_tls_certificate_new_from_pem (pem->text, (gssize)pem->length, &error);
  if (result == NULL)
    {
      g_autofree char *detail = bgc_text_escape (error->message, MESSAGE_MAX_BYTES);
      g_autofree char *message = g_strconcat ("The client certificate cannot be used: ", detail, NULL);

      *failure = refuse (message);
    }
  return result;
}

static GTlsCertificate *
load_files (const char *certificate, const char *key, BgcFailure **failure)
{
  Pem *pem = g_new0 (Pem, 1);
  GTlsCertificate *result = NULL;

  *failure = add_file (certificate, pem);
  if (*failure == NULL && key != NULL)
    *failure = add_file (key, pem);
  if (*failure == NULL)
    result = parse (pem, failure);
  explicit_bzero (pem, sizeof *pem);
  g_free (pem);
  return result;
}

static gboolean
is_uri (const char *name)
{
  return name != NULL && g_str_has_prefix (name, "pkcs11:");
}

GTlsCertificate *
bgc_local_file_certificate_load (const char *certificate, const char *key, BgcFailure **failure)
{
  GTlsCertificate *result = NULL;

  *failure = NULL;
  if (is_uri (certificate) && (key == NULL || is_uri (key)))
    {
      result = g_tls_certificate_new_from_pkcs11_uris (certificate, key, NULL);
      if (result == NULL)
        *failure = refuse ("The client certificate of the token cannot be used");
    }
  else if (is_uri (certificate) || is_uri (key))
    *failure = refuse ("A client certificate and its key are both in files, or both in a token");
  else
    result = load_files (certificate, key, failure);
  return result;
}
