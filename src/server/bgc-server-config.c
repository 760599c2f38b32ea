/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-server-config.h"

#include <stddef.h>
#include <string.h>

#include "base/bgc-error.h"
#include "protocol/bgc-header.h"
#include "protocol/bgc-host-id.h"
#include "server/bgc-listen-address.h"

#define SERVER_GROUP "Server"
#define DIRECTORY_GROUP "Directory "
#define DEFAULT_LISTEN "127.0.0.1:8089"
#define DEFAULT_PROXIES "unix;127.0.0.0/8;::1"

typedef enum {
  FORM_STRING,
  FORM_BOOLEAN,
  FORM_NUMBER,       /* guint64 */
  FORM_SMALL_NUMBER, /* guint */
  FORM_OCTAL,        /* guint */
  FORM_NOTIFICATION,
} Form;

typedef struct
{
  const char *key;
  Form form;
  gsize offset; /* bytes into the struct that it fills */
} Key;

#define SERVER(key, form, member) { key, form, offsetof (BgcServerConfig, member) }
static const Key server_keys[] = {
  SERVER ("SocketMode", FORM_OCTAL, socket_mode),
  SERVER ("Certificate", FORM_STRING, certificate),
  SERVER ("PrivateKey", FORM_STRING, private_key),
  SERVER ("MaximumConnections", FORM_SMALL_NUMBER, maximum_connections),
  SERVER ("HeaderTimeout", FORM_SMALL_NUMBER, header_timeout),
  SERVER ("BodyTimeout", FORM_SMALL_NUMBER, body_timeout),
  SERVER ("IdleTimeout", FORM_SMALL_NUMBER, idle_timeout),
  SERVER ("CleanupInterval", FORM_SMALL_NUMBER, cleanup_interval),
};

#define DIRECTORY(key, form, member) { key, form, offsetof (BgcServerDirectory, member) }
static const Key directory_keys[] = {
  DIRECTORY ("Url", FORM_STRING, url),
  DIRECTORY ("Path", FORM_STRING, path),
  DIRECTORY ("UploadEnabled", FORM_BOOLEAN, upload_enabled),
  DIRECTORY ("AllowOverwrites", FORM_BOOLEAN, allow_overwrites),
  DIRECTORY ("MaximumUploadSize", FORM_NUMBER, maximum_upload_size),
  DIRECTORY ("MaximumFragmentSize", FORM_NUMBER, maximum_fragment_size),
  DIRECTORY ("SessionTimeout", FORM_NUMBER, session_timeout),
  DIRECTORY ("SessionLimit", FORM_NUMBER, session_limit),
  DIRECTORY ("TemporaryLimit", FORM_NUMBER, temporary_limit),
  DIRECTORY ("Reserve", FORM_NUMBER, reserve),
  DIRECTORY ("NotificationType", FORM_NOTIFICATION, notification_type),
  DIRECTORY ("NotificationUrl", FORM_STRING, notification_url),
  DIRECTORY ("NotificationTimeout", FORM_NUMBER, notification_timeout),
  DIRECTORY ("MaximumReplySize", FORM_NUMBER, maximum_reply_size),
  DIRECTORY ("ReplyBase", FORM_STRING, reply_base),
  DIRECTORY ("HostId", FORM_STRING, host_id),
  DIRECTORY ("HostIdFallbackTimeout", FORM_NUMBER, host_id_timeout),
  DIRECTORY ("PasswordFile", FORM_STRING, password_file),
  DIRECTORY ("FileMode", FORM_OCTAL, file_mode),
  DIRECTORY ("SessionDirectoryMode", FORM_OCTAL, directory_mode),
};

static void
directory_free (BgcServerDirectory *self)
{
  g_free (self->name);
  g_free (self->url);
  g_free (self->path);
  g_free (self->notification_url);
  g_free (self->reply_base);
  g_free (self->host_id);
  g_free (self->password_file);
  g_free (self);
}

static BgcServerDirectory *
directory_new (const char *name)
{
  BgcServerDirectory *self = g_new0 (BgcServerDirectory, 1);

  self->name = g_strdup (name);
  self->maximum_fragment_size = 67108864;
  self->session_timeout = 1209600;
  self->session_limit = 50;
  self->reserve = 16777216;
  self->notification_timeout = 300;
  self->maximum_reply_size = 1073741824;
  self->host_id_timeout = 86400;
  self->file_mode = 0640;
  self->directory_mode = 0700;

  return self;
}

static BgcServerConfig *
config_new (void)
{
  BgcServerConfig *self = g_new0 (BgcServerConfig, 1);

  self->socket_mode = 0660;
  self->maximum_connections = 2000;
  self->header_timeout = 30;
  self->body_timeout = 60;
  self->idle_timeout = 60;
  self->cleanup_interval = 3600;
  self->trusted_proxies = g_ptr_array_new_with_free_func (g_object_unref);
  self->directories = g_ptr_array_new_with_free_func ((GDestroyNotify) directory_free);

  return self;
}

void
bgc_server_config_free (BgcServerConfig *self)
{
  g_strfreev (self->listen);
  g_ptr_array_unref (self->trusted_proxies);
  g_free (self->certificate);
  g_free (self->private_key);
  g_ptr_array_unref (self->directories);
  g_free (self);
}

static gboolean
refuse (GError **error, const char *group, const char *key, const char *why)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "[%s] %s: %s", group, key, why);
  return FALSE;
}

static gboolean
parse_octal (const char *text, guint *out)
{
  guint value = 0;

  if (*text == '\0' || strlen (text) > 5)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p < '0' || *p > '7')
        return FALSE;
      value = value * 8 + (guint) (*p - '0');
    }
  *out = value;

  return value <= 0777;
}

static gboolean
parse_boolean (const char *text, gboolean *out)
{
  static const char *const yes[] = { "yes", "true", "1", "on", NULL };
  static const char *const no[] = { "no", "false", "0", "off", NULL };

  *out = g_strv_contains (yes, text);

  return *out || g_strv_contains (no, text);
}

static gboolean
parse_notification (const char *text, BgcNotificationType *out)
{
  static const char *const words[] = { "none", "reference", "value" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (strcmp (text, words[i]) == 0)
        {
          *out = (BgcNotificationType) i;
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
store (const Key *key, const char *text, gpointer target)
{
  gpointer member = (guint8 *) target + key->offset;
  guint64 number;

  switch (key->form)
    {
    case FORM_STRING:
      g_free (*(char **) member);
      *(char **) member = g_strdup (text);
      return TRUE;
    case FORM_BOOLEAN:
      return parse_boolean (text, member);
    case FORM_NUMBER:
      return bgc_header_parse_number (text, member);
    case FORM_SMALL_NUMBER:
      if (!bgc_header_parse_number (text, &number) || number == 0 || number > G_MAXINT / 1000)
        return FALSE;
      *(guint *) member = (guint) number;
      return TRUE;
    case FORM_OCTAL:
      return parse_octal (text, member);
    default:
      return parse_notification (text, member);
    }
}

/* Keys that read_server() reads itself. */
static const char *const server_lists[] = { "Listen", "TrustedProxies", NULL };

/* @special: (nullable) keys that the caller reads itself. */
static gboolean
read_group (GKeyFile *file, const char *group, const Key *keys, gsize n_keys, const char *const *special,
            gpointer target, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *text = g_key_file_get_string (file, group, names[i], NULL);
      const Key *found = NULL;

      for (gsize j = 0; j < n_keys && found == NULL; j++)
        found = strcmp (names[i], keys[j].key) == 0 ? &keys[j] : NULL;
      if (found == NULL && (special == NULL || !g_strv_contains (special, names[i])))
        return refuse (error, group, names[i], "no such key");
      if (text == NULL || (found != NULL && !store (found, g_strstrip (text), target)))
        return refuse (error, group, names[i], "not a value for this key");
    }

  return TRUE;
}

static gboolean
check_directory (BgcServerDirectory *self, const char *group, GError **error)
{
  g_autoptr (GUri) notify = NULL;

  if (self->url == NULL || self->url[0] != '/')
    return refuse (error, group, "Url", "must begin with a slash");
  while (g_str_has_suffix (self->url, "/"))
    self->url[strlen (self->url) - 1] = '\0';
  if (self->path == NULL || !g_path_is_absolute (self->path))
    return refuse (error, group, "Path", "must be an absolute path");
  if (self->host_id != NULL && !bgc_host_id_is_valid (self->host_id))
    return refuse (error, group, "HostId", "must be a bare host name or address");
  if (self->maximum_fragment_size == 0)
    return refuse (error, group, "MaximumFragmentSize", "must not be 0");
  if (self->notification_url != NULL)
    notify = g_uri_parse (self->notification_url, G_URI_FLAGS_ENCODED, NULL);
  if (self->notification_type != BGC_NOTIFICATION_NONE
      && (notify == NULL || g_uri_get_host (notify) == NULL
          || !g_str_has_prefix (g_uri_get_scheme (notify), "http")))
    return refuse (error, group, "NotificationUrl", "must be an absolute http or https URL");

  return TRUE;
}

static gboolean
read_directory (BgcServerConfig *self, GKeyFile *file, const char *group, GError **error)
{
  BgcServerDirectory *directory = directory_new (group + strlen (DIRECTORY_GROUP));

  g_ptr_array_add (self->directories, directory);

  return read_group (file, group, directory_keys, G_N_ELEMENTS (directory_keys), NULL, directory, error)
         && check_directory (directory, group, error);
}

static gboolean
read_proxies (BgcServerConfig *self, GKeyFile *file, GError **error)
{
  g_auto (GStrv) words = g_key_file_get_string_list (file, SERVER_GROUP, "TrustedProxies", NULL, NULL);

  if (words == NULL)
    words = g_strsplit (DEFAULT_PROXIES, ";", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);
      GInetAddressMask *mask;

      if (strcmp (word, "unix") == 0)
        {
          self->trust_unix = TRUE;
          continue;
        }
      mask = g_inet_address_mask_new_from_string (word, NULL);
      if (mask == NULL)
        return refuse (error, SERVER_GROUP, "TrustedProxies", "must be \"unix\", addresses or ADDRESS/BITS");
      g_ptr_array_add (self->trusted_proxies, mask);
    }

  return TRUE;
}

static gboolean
read_server (BgcServerConfig *self, GKeyFile *file, GError **error)
{
  if (!read_group (file, SERVER_GROUP, server_keys, G_N_ELEMENTS (server_keys), server_lists, self, error)
      || !read_proxies (self, file, error))
    return FALSE;
  self->listen = g_key_file_get_string_list (file, SERVER_GROUP, "Listen", NULL, NULL);
  if (self->listen == NULL)
    self->listen = g_strsplit (DEFAULT_LISTEN, ";", -1);
  for (guint i = 0; self->listen[i] != NULL; i++)
    {
      g_autoptr (GSocketAddress) address = bgc_listen_address_parse (g_strstrip (self->listen[i]), error);

      if (address == NULL)
        return FALSE;
    }
  if ((self->certificate == NULL) != (self->private_key == NULL))
    return refuse (error, SERVER_GROUP, "Certificate", "goes with PrivateKey");

  return TRUE;
}

static int
longest_url_first (gconstpointer a, gconstpointer b)
{
  const BgcServerDirectory *first = *(BgcServerDirectory *const *) a;
  const BgcServerDirectory *second = *(BgcServerDirectory *const *) b;
  gsize one = strlen (first->url), two = strlen (second->url);

  return one < two ? 1 : one > two ? -1 : strcmp (first->url, second->url);
}

BgcServerConfig *
bgc_server_config_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (BgcServerConfig) self = config_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) groups = NULL;

  if (!g_key_file_load_from_data (file, text, length, G_KEY_FILE_NONE, &local))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, local->message);
      return NULL;
    }
  if (!read_server (self, file, error))
    return NULL;

  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (strcmp (groups[i], SERVER_GROUP) == 0)
        continue;
      if (!g_str_has_prefix (groups[i], DIRECTORY_GROUP))
        {
          refuse (error, groups[i], "", "no such section");
          return NULL;
        }
      if (!read_directory (self, file, groups[i], error))
        return NULL;
    }
  g_ptr_array_sort (self->directories, longest_url_first);

  return g_steal_pointer (&self);
}

BgcServerConfig *
bgc_server_config_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;

  return bgc_server_config_parse (text, length, error);
}

const BgcServerDirectory *
bgc_server_config_find (const BgcServerConfig *self, const char *path, const char **rest)
{
  for (guint i = 0; i < self->directories->len; i++)
    {
      const BgcServerDirectory *directory = self->directories->pdata[i];
      gsize length = strlen (directory->url);

      if (strncmp (path, directory->url, length) == 0 && (path[length] == '/' || path[length] == '\0'))
        {
          *rest = path + length;
          return directory;
        }
    }

  return NULL;
}
