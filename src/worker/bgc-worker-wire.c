/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-wire.h"

#include <string.h>

#include "base/bgc-text.h"
#include "model/bgc-path.h"
#include "model/bgc-upload-variant.h"

/* What the daemon takes: bytes of a string; seconds of Retry-After; seconds since the epoch to the
 * year 9999. */
#define MAX_TEXT        1024
#define MIN_RETRY_AFTER 30u
#define MAX_RETRY_AFTER 86400u
#define MAX_DATE        G_GINT64_CONSTANT (253402300799)
/* Bytes of an item without its strings. */
#define ITEM_BYTES 256

#define FILE_REPORTS "a(uyttttssxua{sv})"
#define JOB_REPORTS  "a(sbt" FILE_REPORTS "a{sv})"

/* "" means none on the wire. */
static char *
read_text (const char *text)
{
  return *text == '\0' ? NULL : g_strdup (text);
}

BgcFile *
bgc_worker_wire_read_file (GVariant *item)
{
  const char *remote, *local, *temporary, *checksum, *etag, *last_modified;
  guint64 expected, total, durable, device, inode;
  guint32 index, attempts, restarts;
  gint64 date;
  BgcFile *file;

  g_variant_get (item, "(u&s&s&sttttt&s&s&sxuu)", &index, &remote, &local, &temporary, &expected, &total,
                 &durable, &device, &inode, &checksum, &etag, &last_modified, &date, &attempts, &restarts);
  file = bgc_file_new (index, remote, local, temporary);
  file->expected_size = expected;
  file->bytes_total = total;
  file->bytes_transferred = durable;
  file->device = device;
  file->inode = inode;
  file->checksum = read_text (checksum);
  file->etag = read_text (etag);
  file->last_modified = read_text (last_modified);
  file->server_date = date;
  file->attempts = attempts;
  file->restarts = restarts;
  return file;
}

BgcPlacement *
bgc_worker_wire_read_placement (GVariant *item)
{
  const char *directory, *temporary, *target;
  guint64 device, inode, size;
  BgcPlacement *placement;
  gboolean overwrite;
  guint32 index;

  g_variant_get (item, "(u&s&s&sttbt)", &index, &directory, &temporary, &target, &device, &inode, &overwrite,
                 &size);
  placement = bgc_placement_new (index, directory, temporary, *target == '\0' ? NULL : target, device, inode,
                                 overwrite);
  placement->size = size;
  return placement;
}

gsize
bgc_worker_wire_add_verdict (GVariantBuilder *builder, const BgcPathVerdict *verdict)
{
  g_autofree char *message = bgc_text_escape (verdict->message, MAX_TEXT);
  /* A resolved name that cannot travel is of no use to anybody. */
  gboolean sound = verdict->identity != NULL && bgc_path_check (verdict->identity, NULL);
  const char *identity = sound ? verdict->identity : "";

  g_variant_builder_add (builder, "(bsss)", verdict->allowed,
                         verdict->allowed ? "" : bgc_error_name (verdict->code), message, identity);
  return ITEM_BYTES + strlen (message) + strlen (identity);
}

static BgcWaitReason
wait_of (const BgcFailure *failure)
{
  switch (failure->wait)
    {
    case BGC_WAIT_NONE:
    case BGC_WAIT_RETRY:
    case BGC_WAIT_NETWORK:
    case BGC_WAIT_DISK_FULL:
    case BGC_WAIT_STORAGE:
    case BGC_WAIT_WORKER_LOST:
      return failure->wait;
    default:
      return BGC_WAIT_RETRY;
    }
}

/* Floating a{sv}; NULL is an empty one. */
static GVariant *
write_failure (const BgcFailure *failure, gsize *bytes)
{
  g_autofree char *message = bgc_text_escape (failure == NULL ? NULL : failure->message, MAX_TEXT);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (failure == NULL)
    return g_variant_dict_end (&dict);
  g_variant_dict_insert (&dict, "context", "s", bgc_enums_context_to_string (failure->context));
  g_variant_dict_insert (&dict, "name", "s", bgc_error_name (failure->code));
  g_variant_dict_insert (&dict, "message", "s", message);
  g_variant_dict_insert (&dict, "transient", "b", failure->transient);
  g_variant_dict_insert (&dict, "wait", "s", bgc_enums_wait_reason_to_string (wait_of (failure)));
  if (failure->http_status > 0 && failure->http_status <= 999)
    g_variant_dict_insert (&dict, "http-status", "u", failure->http_status);
  if (failure->retry_after > 0)
    g_variant_dict_insert (&dict, "retry-after", "u",
                           CLAMP (failure->retry_after, MIN_RETRY_AFTER, MAX_RETRY_AFTER));
  if (failure->protocol != NULL && g_utf8_validate (failure->protocol, -1, NULL))
    g_variant_dict_insert (&dict, "protocol", "s", failure->protocol);
  *bytes += strlen (message) + ITEM_BYTES;
  if (failure->url == NULL || strlen (failure->url) > BGC_URL_MAX_BYTES
      || !g_utf8_validate (failure->url, -1, NULL))
    return g_variant_dict_end (&dict);
  g_variant_dict_insert (&dict, "url", "s", failure->url);
  *bytes += strlen (failure->url);
  return g_variant_dict_end (&dict);
}

BgcUpload *
bgc_worker_wire_read_session (GVariant *dict)
{
  BgcUpload *upload = bgc_upload_variant_read (dict, NULL);

  return upload == NULL ? bgc_upload_new () : upload;
}

GVariant *
bgc_worker_wire_failure (const BgcFailure *failure)
{
  gsize bytes = 0;

  return write_failure (failure, &bytes);
}

gsize
bgc_worker_wire_add_result (GVariantBuilder *builder, const BgcPlacementResult *result)
{
  gsize bytes = ITEM_BYTES;
  GVariant *failure = write_failure (result->done ? NULL : result->failure, &bytes);

  g_variant_builder_add (builder, "(ub@a{sv})", result->index, result->done, failure);
  return bytes;
}

/* A validator goes back to the server as it came or not at all. */
static const char *
validator (const char *text)
{
  if (text == NULL || strlen (text) > MAX_TEXT || !bgc_text_is_label (text, MAX_TEXT))
    return "";
  return text;
}

gsize
bgc_worker_wire_add_file_report (GVariantBuilder *builder, const BgcFileReport *file)
{
  const char *etag = validator (file->etag), *last_modified = validator (file->last_modified);
  gint64 date = file->server_date < 0 || file->server_date > MAX_DATE ? 0 : file->server_date;
  gsize bytes = ITEM_BYTES + strlen (etag) + strlen (last_modified);
  /* The size of a newer version can be smaller than what is held of the older. */
  guint64 total = file->total < file->durable ? BGC_SIZE_UNKNOWN : file->total;
  GVariant *failure = write_failure (file->event == BGC_FILE_EVENT_FAILED ? file->failure : NULL, &bytes);

  g_variant_builder_add (builder, "(uyttttssxu@a{sv})", file->index, (guint8)file->event, file->durable,
                         total, file->device, file->inode, etag, last_modified, date, file->attempts,
                         failure);
  return bytes;
}

/* Goes with the last of what it is the end of. */
static GVariant *
write_session (const BgcReport *report, gboolean last, gsize *bytes)
{
  GVariant *session;

  if (report->upload == NULL || !last)
    return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  session = bgc_upload_variant_new (report->upload);
  *bytes += g_variant_get_size (session);
  return session;
}

/* One signal's argument: a part of one job's report. */
static GVariant *
write_report (const BgcReport *report, guint *from, gsize *bytes)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];
  GVariantBuilder files;
  GVariant *session;

  bgc_job_id_to_hex (&report->id, hex);
  g_variant_builder_init (&files, G_VARIANT_TYPE (FILE_REPORTS));
  *bytes += ITEM_BYTES;
  for (; *from < report->files->len && *bytes < BGC_WORKER_WIRE_FRAME; *from += 1)
    *bytes += bgc_worker_wire_add_file_report (&files, g_ptr_array_index (report->files, *from));
  session = write_session (report, *from == report->files->len, bytes);
  return g_variant_new ("(sbt" FILE_REPORTS "@a{sv})", hex, report->connected, report->received, &files,
                        session);
}

GPtrArray *
bgc_worker_wire_reports (GPtrArray *reports)
{
  GPtrArray *signals = g_ptr_array_new ();
  GVariantBuilder jobs;
  gsize bytes = 0;

  g_variant_builder_init (&jobs, G_VARIANT_TYPE (JOB_REPORTS));
  for (guint i = 0; i < reports->len; i++)
    {
      const BgcReport *report = g_ptr_array_index (reports, i);
      guint from = 0;

      do
        {
          if (bytes >= BGC_WORKER_WIRE_FRAME)
            {
              g_ptr_array_add (signals, g_variant_new ("(" JOB_REPORTS ")", &jobs));
              g_variant_builder_init (&jobs, G_VARIANT_TYPE (JOB_REPORTS));
              bytes = 0;
            }
          g_variant_builder_add_value (&jobs, write_report (report, &from, &bytes));
        }
      while (from < report->files->len);
    }
  g_ptr_array_add (signals, g_variant_new ("(" JOB_REPORTS ")", &jobs));
  return signals;
}
