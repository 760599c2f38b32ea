/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "worker/bgc-worker-wire.h"

#include <string.h>

#include "base/bgc-text.h"
#include "model/bgc-path.h"
#include "model/bgc-upload-variant.h"

/* Bytes of an item without its strings. */
#define ITEM_BYTES 256

#define JOB_REPORTS "a(sbttuayaa{sv}a{sv})"

/* "" means none on the wire. */
static char *
read_text (const char *text)
{
  return *text == '\0' ? NULL : g_strdup (text);
}

BgcFile *
bgc_worker_wire_read_file (BgcRecordReader *from)
{
  guint32 index = bgc_record_read_uint32 (from);
  const char *remote = bgc_record_read_text (from);
  const char *local = bgc_record_read_text (from);
  g_autoptr (BgcFile) file = bgc_file_new (index, remote, local, bgc_record_read_text (from));

  file->expected_size = bgc_record_read_number (from);
  file->bytes_total = bgc_record_read_number (from);
  file->bytes_transferred = bgc_record_read_number (from);
  file->device = bgc_record_read_number (from);
  file->inode = bgc_record_read_number (from);
  file->checksum = read_text (bgc_record_read_text (from));
  file->etag = read_text (bgc_record_read_text (from));
  file->last_modified = read_text (bgc_record_read_text (from));
  file->server_date = (gint64)bgc_record_read_number (from);
  file->attempts = bgc_record_read_uint32 (from);
  file->restarts = bgc_record_read_uint32 (from);
  return from->broken ? NULL : g_steal_pointer (&file);
}

BgcFile *
bgc_worker_wire_find_file (GVariant *records, guint32 index)
{
  BgcRecordReader from;

  bgc_record_reader_init (&from, records);
  while (bgc_record_reader_has_more (&from))
    {
      g_autoptr (BgcFile) file = bgc_worker_wire_read_file (&from);

      if (file != NULL && file->index == index)
        return g_steal_pointer (&file);
    }
  return index == BGC_UPLOAD_FILE ? bgc_file_new (index, "", "", "") : NULL;
}

BgcPlacement *
bgc_worker_wire_read_placement (BgcRecordReader *from)
{
  const char *directory = bgc_record_read_text (from);
  const char *temporary = bgc_record_read_text (from);
  const char *target = bgc_record_read_text (from);
  g_autoptr (BgcPlacement) placement
    = bgc_placement_new (0, directory, temporary, *target == '\0' ? NULL : target, 0, 0, FALSE);

  placement->device = bgc_record_read_number (from);
  placement->inode = bgc_record_read_number (from);
  placement->overwrite = bgc_record_read_number (from) != 0;
  placement->size = bgc_record_read_number (from);
  return from->broken ? NULL : g_steal_pointer (&placement);
}

gsize
bgc_worker_wire_add_verdict (GVariantBuilder *builder, const BgcPathVerdict *verdict)
{
  g_autofree char *message = bgc_text_escape (verdict->message, BGC_REPORT_MAX_TEXT);
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

GVariant *
bgc_worker_wire_failure (const BgcFailure *failure)
{
  g_autofree char *message = bgc_text_escape (failure == NULL ? NULL : failure->message, BGC_REPORT_MAX_TEXT);
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
                           CLAMP (failure->retry_after, BGC_FAILURE_MIN_RETRY_AFTER,
                                  BGC_FAILURE_MAX_RETRY_AFTER));
  if (failure->protocol != NULL && g_utf8_validate (failure->protocol, -1, NULL))
    g_variant_dict_insert (&dict, "protocol", "s", failure->protocol);
  if (failure->url != NULL && strlen (failure->url) <= BGC_URL_MAX_BYTES
      && g_utf8_validate (failure->url, -1, NULL))
    g_variant_dict_insert (&dict, "url", "s", failure->url);
  return g_variant_dict_end (&dict);
}

BgcUpload *
bgc_worker_wire_read_session (GVariant *dict)
{
  BgcUpload *upload = bgc_upload_variant_read (dict, NULL);

  return upload == NULL ? bgc_upload_new () : upload;
}

/* A validator goes back to the server as it came or not at all. */
static const char *
validator (const char *text)
{
  if (text == NULL || strlen (text) > BGC_REPORT_MAX_TEXT || !bgc_text_is_label (text, BGC_REPORT_MAX_TEXT))
    return "";
  return text;
}

GVariant *
bgc_worker_wire_add_file_report (GByteArray *to, const BgcFileReport *file)
{
  gint64 date = file->server_date < 0 || file->server_date > BGC_REPORT_MAX_DATE ? 0 : file->server_date;
  /* The size of a newer version can be smaller than what is held of the older. */
  guint64 total = file->total < file->durable ? BGC_SIZE_UNKNOWN : file->total;

  bgc_record_add_number (to, file->index);
  bgc_record_add_number (to, file->event);
  bgc_record_add_number (to, file->durable);
  bgc_record_add_number (to, total);
  bgc_record_add_number (to, file->device);
  bgc_record_add_number (to, file->inode);
  bgc_record_add_text (to, validator (file->etag));
  bgc_record_add_text (to, validator (file->last_modified));
  bgc_record_add_number (to, (guint64)date);
  bgc_record_add_number (to, file->attempts);
  return file->event == BGC_FILE_EVENT_FAILED ? bgc_worker_wire_failure (file->failure) : NULL;
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
  GByteArray *files = g_byte_array_new ();
  GVariantBuilder failures;
  GVariant *session;

  bgc_job_id_to_hex (&report->id, hex);
  g_variant_builder_init (&failures, G_VARIANT_TYPE ("aa{sv}"));
  *bytes += ITEM_BYTES;
  for (; *from < report->files->len && *bytes + files->len < BGC_WORKER_WIRE_FRAME; *from += 1)
    {
      GVariant *failure
        = bgc_worker_wire_add_file_report (files, g_ptr_array_index (report->files, *from));

      if (failure == NULL)
        continue;
      *bytes += g_variant_get_size (failure);
      g_variant_builder_add_value (&failures, failure);
    }
  *bytes += files->len;
  session = write_session (report, *from == report->files->len, bytes);
  return g_variant_new ("(sbttu@ayaa{sv}@a{sv})", hex, report->connected, report->received, report->sent,
                        report->yields_to, bgc_record_end (files), &failures, session);
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
