/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopy-server.conf: where to listen, and the directories that take uploads. The names of a directory's
 * keys are those of the Windows server's properties without their prefix. */

#pragma once

#include <gio/gio.h>

typedef enum {
  BGC_NOTIFICATION_NONE = 0,      /* uploads go to their destination */
  BGC_NOTIFICATION_REFERENCE = 1, /* the back end is told the names of files */
  BGC_NOTIFICATION_VALUE = 2      /* the back end is sent the file itself */
} BgcNotificationType;

/* One [Directory NAME]. All strings owned; those that may be NULL say so. */
typedef struct
{
  char *name;
  char *url; /* Url: path below which it is found, without a slash at its end; "" is all */
  char *path;                    /* Path: absolute, exists */
  gboolean upload_enabled;       /* UploadEnabled, no */
  gboolean allow_overwrites;     /* AllowOverwrites, no */
  guint64 maximum_upload_size;   /* MaximumUploadSize, bytes, 0 = none */
  guint64 maximum_fragment_size; /* MaximumFragmentSize, bytes, 67108864 */
  guint64 session_timeout;       /* SessionTimeout, seconds without a successful packet, 1209600 (14 days) */
  guint64 session_limit;         /* SessionLimit, per user, 50; 0 = none */
  guint64 temporary_limit;       /* TemporaryLimit, bytes of unfinished uploads, 0 = none */
  guint64 reserve;               /* Reserve, bytes of the file system that uploads leave free, 16777216 */
  BgcNotificationType notification_type; /* NotificationType: none, reference, value */
  char *notification_url;        /* NotificationUrl: absolute, http or https (nullable) */
  guint64 notification_timeout;  /* NotificationTimeout, seconds, 300 */
  guint64 maximum_reply_size;    /* MaximumReplySize, bytes, 1073741824 */
  char *reply_base;              /* ReplyBase: what goes before a reply's path, "https://host" (nullable) */
  char *host_id;                 /* HostId (nullable) */
  guint64 host_id_timeout;       /* HostIdFallbackTimeout, seconds, 86400 */
  char *password_file;           /* PasswordFile: without it everybody may upload (nullable) */
  guint file_mode;               /* FileMode, octal, 0640 */
  guint directory_mode;          /* SessionDirectoryMode, octal, 0700 */
} BgcServerDirectory;

typedef struct
{
  char **listen; /* (owned) Listen: "unix:/path", "address:port", "[address]:port"; 127.0.0.1:8089 */
  guint socket_mode;          /* SocketMode of a unix socket, octal, 0660 */
  char *certificate; /* (owned) (nullable) Certificate: PEM file; then all but unix sockets speak TLS */
  char *private_key;          /* (owned) (nullable) PrivateKey: PEM file */
  GPtrArray *trusted_proxies; /* (owned) (element-type GInetAddressMask) TrustedProxies: whose X-Forwarded-*
                               * headers count; the loopback */
  gboolean trust_unix;        /* "unix" stands among them; yes: the socket's mode says who connects */
  guint maximum_connections;  /* MaximumConnections, 2000 */
  guint header_timeout;       /* HeaderTimeout, seconds from connecting to the end of the headers, 30 */
  guint body_timeout;         /* BodyTimeout, seconds without a byte, 60 */
  guint idle_timeout;         /* IdleTimeout, seconds between two requests, 60 */
  guint cleanup_interval;     /* CleanupInterval, seconds, 3600 */
  GPtrArray *directories;     /* (owned) (element-type BgcServerDirectory) longest url first */
} BgcServerConfig;

/* Errors: InvalidArgument, which names section and key; what is not known is refused. */
BgcServerConfig *bgc_server_config_parse (const char *text, gsize length, GError **error);
BgcServerConfig *bgc_server_config_load (const char *path, GError **error);
void bgc_server_config_free (BgcServerConfig *self);
/* The directory that serves @path, an escaped URL path; NULL for none. @rest: what follows the directory's
 * own part. */
const BgcServerDirectory *
bgc_server_config_find (const BgcServerConfig *self, const char *path, const char **rest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcServerConfig, bgc_server_config_free)
