/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-error.h"

#include <glib/gi18n.h>
#include <string.h>

/* BITS shows an HTTP status in the low word of a code whose high word is this. */
#define HTTP_STATUS_BASE 0x80190000u
/* The longest status an HTTP answer can carry: three digits. */
#define HTTP_STATUS_MAX 999u

typedef struct
{
  const char *bus_name;
  guint32 bits_code; /* 0 = BITS has none */
  const char *description;
} ErrorInfo;

#define NAME(word) BGC_ERROR_PREFIX word

/* Codes 0x8020…: the BG_E_* list. Others are those that BITS passes on from Windows for the same
 * thing: E_ACCESSDENIED, E_INVALIDARG, E_NOTIMPL, disk full, WinINet's name and time-out errors. */
static const ErrorInfo infos[] = {
  [BGC_ERROR_NOT_FOUND] = { NAME ("NotFound"), 0x80200001u, N_("There is no such job") },
  [BGC_ERROR_INVALID_STATE] = { NAME ("InvalidState"), 0x80200002u,
                                N_("The job's state does not allow this") },
  [BGC_ERROR_EMPTY] = { NAME ("Empty"), 0x80200003u, N_("The job has no files") },
  [BGC_ERROR_ACCESS_DENIED] = { NAME ("AccessDenied"), 0x80070005u, N_("Access is denied") },
  [BGC_ERROR_INVALID_ARGUMENT] = { NAME ("InvalidArgument"), 0x80070057u, N_("An argument is not valid") },
  [BGC_ERROR_INVALID_URL] = { NAME ("InvalidUrl"), 0, N_("The remote name is not a usable URL") },
  [BGC_ERROR_INVALID_PATH] = { NAME ("InvalidPath"), 0, N_("The local name is not a usable path") },
  [BGC_ERROR_STRING_TOO_LONG] = { NAME ("StringTooLong"), 0x80200021u, N_("A text is too long") },
  [BGC_ERROR_TOO_MANY_JOBS] = { NAME ("TooManyJobs"), 0x80200049u, N_("The limit on jobs is reached") },
  [BGC_ERROR_TOO_MANY_FILES] = { NAME ("TooManyFiles"), 0x80200051u,
                                 N_("The limit on files in a job is reached") },
  [BGC_ERROR_TOO_MANY_RANGES] = { NAME ("TooManyRanges"), 0x80200052u,
                                  N_("The limit on ranges of a file is reached") },
  [BGC_ERROR_OVERLAPPING_RANGES] = { NAME ("OverlappingRanges"), 0x8020002Cu,
                                     N_("Ranges of a file overlap") },
  [BGC_ERROR_INVALID_RANGE] = { NAME ("InvalidRange"), 0x8020002Bu, N_("A range does not fit the file") },
  [BGC_ERROR_NOT_SUPPORTED] = { NAME ("NotSupported"), 0x80004001u, N_("This is not supported") },
  [BGC_ERROR_READ_ONLY] = { NAME ("ReadOnly"), 0x80200058u, N_("The property cannot be written") },
  [BGC_ERROR_FILE_EXISTS] = { NAME ("FileExists"), 0, N_("The local file exists and may not be replaced") },
  [BGC_ERROR_LOCAL_FILE_CHANGED] = { NAME ("LocalFileChanged"), 0x8020001Du,
                                     N_("The local file changed during the transfer") },
  [BGC_ERROR_REMOTE_FILE_CHANGED] = { NAME ("RemoteFileChanged"), 0x80200073u,
                                      N_("The server's file changed during the transfer") },
  [BGC_ERROR_NO_SPACE] = { NAME ("NoSpace"), 0x80070070u, N_("There is not enough space on the disk") },
  [BGC_ERROR_BUSY] = { NAME ("Busy"), 0, N_("Another request is being carried out") },
  [BGC_ERROR_VALIDATION_FAILED] = { NAME ("ValidationFailed"), 0x80200053u,
                                    N_("The application rejected the content") },
  [BGC_ERROR_CHECKSUM_MISMATCH] = { NAME ("ChecksumMismatch"), 0,
                                    N_("The content does not have the checksum that was asked for") },
  [BGC_ERROR_MAXIMUM_DOWNLOAD_TIME] = { NAME ("MaximumDownloadTime"), 0x80200054u,
                                        N_("The job's time to download is used up") },
  [BGC_ERROR_MAXIMUM_SIZE] = { NAME ("MaximumSize"), 0x80200064u,
                               N_("The file is larger than the job allows") },
  [BGC_ERROR_NETWORK_DISCONNECTED] = { NAME ("NetworkDisconnected"), 0x80200010u, N_("There is no network") },
  [BGC_ERROR_NAME_RESOLUTION] = { NAME ("NameResolution"), 0x80072EE7u,
                                  N_("The server's name could not be resolved") },
  [BGC_ERROR_CONNECT_FAILED] = { NAME ("ConnectFailed"), 0x8020002Du,
                                 N_("The server could not be connected to") },
  [BGC_ERROR_CONNECTION_CLOSED] = { NAME ("ConnectionClosed"), 0x8020002Eu,
                                    N_("The connection was closed too early") },
  [BGC_ERROR_TIMEOUT] = { NAME ("Timeout"), 0x80072EE2u, N_("The server did not answer in time") },
  [BGC_ERROR_TLS] = { NAME ("Tls"), 0, N_("The secure connection could not be made") },
  [BGC_ERROR_HTTP_STATUS] = { NAME ("HttpStatus"), 0, N_("The server answered with an error") },
  [BGC_ERROR_INVALID_SERVER_RESPONSE] = { NAME ("InvalidServerResponse"), 0x8020001Bu,
                                          N_("The server's answer makes no sense") },
  [BGC_ERROR_RANGE_NOT_SUPPORTED] = { NAME ("RangeNotSupported"), 0x80200013u,
                                      N_("The server does not support ranges") },
  [BGC_ERROR_MISSING_FILE_SIZE] = { NAME ("MissingFileSize"), 0x80200011u,
                                    N_("The server does not say how large the file is") },
  [BGC_ERROR_AUTHENTICATION_REQUIRED] = { NAME ("AuthenticationRequired"), HTTP_STATUS_BASE + 401,
                                          N_("The server asks for credentials") },
  [BGC_ERROR_PROXY_AUTHENTICATION_REQUIRED] = { NAME ("ProxyAuthenticationRequired"), HTTP_STATUS_BASE + 407,
                                                N_("The proxy asks for credentials") },
  [BGC_ERROR_SESSION_NOT_FOUND] = { NAME ("SessionNotFound"), 0x8020001Fu,
                                    N_("The server does not know the upload session") },
  [BGC_ERROR_PROTOCOL_MISMATCH] = { NAME ("ProtocolMismatch"), 0x80200022u,
                                    N_("There is no upload protocol that the server also speaks") },
  [BGC_ERROR_TOO_LARGE] = { NAME ("TooLarge"), 0x80200020u, N_("The file or the reply is too large") },
  [BGC_ERROR_NO_PROGRESS] = { NAME ("NoProgress"), 0x80200024u,
                              N_("The transfer made no progress for too long") },
  [BGC_ERROR_BLOCKED_BY_POLICY] = { NAME ("BlockedByPolicy"), 0x8020003Eu,
                                    N_("A policy forbids the transfer") },
  [BGC_ERROR_CREDENTIALS_TOO_LARGE] = { NAME ("CredentialsTooLarge"), 0x80200025u,
                                        N_("The user name or the password is too long") },
  [BGC_ERROR_STORE_FAILED] = { NAME ("StoreFailed"), 0x8020006Cu, N_("The job could not be stored") },
  [BGC_ERROR_WORKER_LOST] = { NAME ("WorkerLost"), 0, N_("The process that transfers the files went away") },
  [BGC_ERROR_OWNER_UNKNOWN] = { NAME ("OwnerUnknown"), 0, N_("The system does not know the job's owner") },
  [BGC_ERROR_LIMITS_EXCEEDED] = { NAME ("LimitsExceeded"), 0, N_("A limit is exceeded") },
};
G_STATIC_ASSERT (G_N_ELEMENTS (infos) == BGC_N_ERRORS);

/* BITS is finer in places: several of its codes are one of ours. */
static const struct
{
  guint32 bits_code;
  BgcErrorCode code;
} aliases[] = {
  { 0x8020001Cu, BGC_ERROR_TOO_MANY_FILES },    /* TOO_MANY_FILES: a second file in an upload */
  { 0x80200026u, BGC_ERROR_CREDENTIALS_TOO_LARGE }, /* PASSWORD_TOO_LARGE */
  { 0x80200050u, BGC_ERROR_TOO_MANY_JOBS },     /* TOO_MANY_JOBS_PER_MACHINE */
  { 0x80200059u, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_COST_TRANSFER_POLICY */
  { 0x80200061u, BGC_ERROR_READ_ONLY },         /* READ_ONLY_PROPERTY_AFTER_ADDFILE */
  { 0x80200062u, BGC_ERROR_READ_ONLY },         /* READ_ONLY_PROPERTY_AFTER_RESUME */
  { 0x80200067u, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_BATTERY_POLICY */
  { 0x80200068u, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_BATTERY_SAVER */
  { 0x8020006Eu, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_BACKGROUND_ACCESS_POLICY */
  { 0x8020006Fu, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_GAME_MODE */
  { 0x80200070u, BGC_ERROR_BLOCKED_BY_POLICY }, /* BLOCKED_BY_SYSTEM_POLICY */
  { 0x80200075u, BGC_ERROR_READ_ONLY },         /* READ_ONLY_WHEN_JOB_ACTIVE */
};

static const ErrorInfo unknown = { NAME ("Unknown"), 0, N_("Unknown error") };

G_DEFINE_QUARK (bgc-error-quark, bgc_error)

static const ErrorInfo *
info_of (BgcErrorCode code)
{
  return (guint) code < BGC_N_ERRORS ? &infos[code] : &unknown;
}

const char *
bgc_error_name (BgcErrorCode code)
{
  return info_of (code)->bus_name + strlen (BGC_ERROR_PREFIX);
}

const char *
bgc_error_bus_name (BgcErrorCode code)
{
  return info_of (code)->bus_name;
}

gboolean
bgc_error_from_name (const char *name, BgcErrorCode *out)
{
  if (name == NULL)
    return FALSE;
  if (g_str_has_prefix (name, BGC_ERROR_PREFIX))
    name += strlen (BGC_ERROR_PREFIX);

  for (guint i = 0; i < BGC_N_ERRORS; i++)
    {
      if (strcmp (bgc_error_name ((BgcErrorCode) i), name) == 0)
        {
          *out = (BgcErrorCode) i;
          return TRUE;
        }
    }

  return FALSE;
}

guint32
bgc_error_bits_code (BgcErrorCode code)
{
  return info_of (code)->bits_code;
}

guint32
bgc_error_bits_code_for_status (guint http_status)
{
  if (http_status == 0 || http_status > HTTP_STATUS_MAX)
    return 0;

  return HTTP_STATUS_BASE + http_status;
}

static gboolean
is_http_status_code (guint32 bits_code)
{
  return bits_code >= HTTP_STATUS_BASE + 100 && bits_code <= HTTP_STATUS_BASE + HTTP_STATUS_MAX;
}

gboolean
bgc_error_from_bits_code (guint32 bits_code, BgcErrorCode *out)
{
  if (bits_code == 0)
    return FALSE;

  for (guint i = 0; i < BGC_N_ERRORS; i++)
    {
      if (infos[i].bits_code == bits_code)
        {
          *out = (BgcErrorCode) i;
          return TRUE;
        }
    }

  for (gsize i = 0; i < G_N_ELEMENTS (aliases); i++)
    {
      if (aliases[i].bits_code == bits_code)
        {
          *out = aliases[i].code;
          return TRUE;
        }
    }

  if (!is_http_status_code (bits_code))
    return FALSE;

  *out = BGC_ERROR_HTTP_STATUS;
  return TRUE;
}

const char *
bgc_error_description (BgcErrorCode code)
{
  return info_of (code)->description;
}

BgcErrorCode
bgc_error_code_of (const GError *error, BgcErrorCode fallback)
{
  if (error == NULL || error->domain != BGC_ERROR || (guint) error->code >= BGC_N_ERRORS)
    return fallback;

  return (BgcErrorCode) error->code;
}
