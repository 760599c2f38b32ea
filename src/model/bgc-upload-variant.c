/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-upload-variant.h"

#include <string.h>

#include "base/bgc-error.h"
#include "base/bgc-text.h"
#include "model/bgc-report.h"
#include "model/bgc-url.h"

/* Bytes of a session's or host's name: BITS session ids are GUIDs, host ids names of machines. */
#define MAX_NAME 1024
/* Seconds of a fallback time: what the protocol's 32 bits can say. */
#define MAX_FALLBACK G_GINT64_CONSTANT (0xffffffff)

static gboolean
is_name (const char *text)
{
  return strlen (text) <= MAX_NAME && strpbrk (text, "\n\t") == NULL && bgc_text_is_label (text, MAX_NAME);
}

static gboolean
is_url (const char *text)
{
  return bgc_url_check (text, NULL);
}

static void
insert (GVariantDict *dict, const char *key, const char *text, gboolean (*check) (const char *text))
{
  if (text != NULL && *text != '\0' && check (text))
    g_variant_dict_insert (dict, key, "s", text);
}

GVariant *
bgc_upload_variant_new (const BgcUpload *upload)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "protocol", "s", bgc_enums_upload_protocol_to_string (upload->protocol));
  g_variant_dict_insert (&dict, "stage", "u", (guint32) upload->stage);
  insert (&dict, "session-id", upload->session_id, is_name);
  insert (&dict, "resource", upload->resource, is_url);
  insert (&dict, "host-id", upload->host_id, is_name);
  insert (&dict, "reply-url", upload->reply_url, is_url);
  g_variant_dict_insert (&dict, "host-fallback", "x", CLAMP (upload->host_fallback, -1, MAX_FALLBACK));
  g_variant_dict_insert (&dict, "host-silent-since", "x",
                         CLAMP (upload->host_silent_since, 0, BGC_REPORT_MAX_DATE));
  g_variant_dict_insert (&dict, "fragment", "t", MIN (upload->fragment, (guint64) G_MAXINT64));
  g_variant_dict_insert (&dict, "can-terminate", "b", upload->can_terminate);
  g_variant_dict_insert (&dict, "source-size", "t", MIN (upload->source_size, (guint64) G_MAXINT64));
  g_variant_dict_insert (&dict, "source-device", "t", upload->source_device);
  g_variant_dict_insert (&dict, "source-inode", "t", upload->source_inode);
  g_variant_dict_insert (&dict, "source-mtime", "x", upload->source_mtime);
  return g_variant_dict_end (&dict);
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "An upload's session has %s", what);
  return FALSE;
}

static gboolean
read_words (GVariant *dict, BgcUpload *upload, GError **error)
{
  const char *protocol;
  guint32 stage;

  if (!g_variant_lookup (dict, "protocol", "&s", &protocol)
      || !bgc_enums_upload_protocol_from_string (protocol, &upload->protocol))
    return refuse (error, "no known protocol");
  if (!g_variant_lookup (dict, "stage", "u", &stage) || stage >= BGC_N_UPLOAD_STAGES)
    return refuse (error, "no known stage");
  upload->stage = stage;
  if (stage != BGC_UPLOAD_STAGE_NONE && upload->protocol == BGC_UPLOAD_PROTOCOL_AUTO)
    return refuse (error, "begun without a protocol");
  return TRUE;
}

static gboolean
read_text (GVariant *dict, const char *key, gboolean (*check) (const char *text), char **out, GError **error)
{
  const char *text;

  if (!g_variant_lookup (dict, key, "&s", &text))
    return TRUE;
  if (*text == '\0' || !check (text))
    return refuse (error, "an impossible name in it");
  *out = g_strdup (text);
  return TRUE;
}

static gboolean
read_numbers (GVariant *dict, BgcUpload *upload, GError **error)
{
  g_variant_lookup (dict, "host-fallback", "x", &upload->host_fallback);
  g_variant_lookup (dict, "host-silent-since", "x", &upload->host_silent_since);
  g_variant_lookup (dict, "fragment", "t", &upload->fragment);
  g_variant_lookup (dict, "can-terminate", "b", &upload->can_terminate);
  g_variant_lookup (dict, "source-size", "t", &upload->source_size);
  g_variant_lookup (dict, "source-device", "t", &upload->source_device);
  g_variant_lookup (dict, "source-inode", "t", &upload->source_inode);
  g_variant_lookup (dict, "source-mtime", "x", &upload->source_mtime);
  if (upload->host_fallback < -1 || upload->host_fallback > MAX_FALLBACK || upload->host_silent_since < 0
      || upload->host_silent_since > BGC_REPORT_MAX_DATE || upload->fragment > G_MAXINT64
      || upload->source_size > G_MAXINT64)
    return refuse (error, "an impossible number in it");
  return TRUE;
}

BgcUpload *
bgc_upload_variant_read (GVariant *dict, GError **error)
{
  g_autoptr (BgcUpload) upload = bgc_upload_new ();

  if (!read_words (dict, upload, error)
      || !read_text (dict, "session-id", is_name, &upload->session_id, error)
      || !read_text (dict, "resource", is_url, &upload->resource, error)
      || !read_text (dict, "host-id", is_name, &upload->host_id, error)
      || !read_text (dict, "reply-url", is_url, &upload->reply_url, error)
      || !read_numbers (dict, upload, error))
    return NULL;
  return g_steal_pointer (&upload);
}
