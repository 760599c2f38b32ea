/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-session-record.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "protocol/bgc-header.h"

#define SLOT_SIZE 32768  /* bytes; twice what the longest URL, reply URL and their escapes need */
#define HEAD_SIZE 64     /* bytes of a slot's first line, filled up with spaces */
#define MAGIC "bgcopy-session-1"
#define GROUP "Session"

void
bgc_session_record_clear (BgcSessionRecord *self)
{
  g_clear_pointer (&self->url, g_free);
  g_clear_pointer (&self->static_reply, g_free);
}

static gboolean
fail (GError **error, const char *what)
{
  int saved = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved), "%s: %s", what, g_strerror (saved));
  return FALSE;
}

/* FNV-1a: tells a torn write, guards against nobody. */
static guint64
checksum (const char *bytes, gsize length)
{
  guint64 hash = G_GUINT64_CONSTANT (14695981039346656037);

  for (gsize i = 0; i < length; i++)
    hash = (hash ^ (guchar) bytes[i]) * G_GUINT64_CONSTANT (1099511628211);

  return hash;
}

static char *
format (const BgcSessionRecord *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_uint64 (file, GROUP, "Sequence", self->sequence);
  g_key_file_set_uint64 (file, GROUP, "State", self->state);
  g_key_file_set_string (file, GROUP, "Url", self->url);
  g_key_file_set_boolean (file, GROUP, "HasTotal", self->has_total);
  g_key_file_set_uint64 (file, GROUP, "Total", self->total);
  g_key_file_set_uint64 (file, GROUP, "Received", self->received);
  g_key_file_set_int64 (file, GROUP, "Active", self->active);
  g_key_file_set_boolean (file, GROUP, "HasReply", self->has_reply);
  g_key_file_set_boolean (file, GROUP, "NeverNotify", self->never_notify);
  if (self->static_reply != NULL)
    g_key_file_set_string (file, GROUP, "StaticReply", self->static_reply);

  return g_key_file_to_data (file, NULL, NULL);
}

static gboolean
parse (const char *text, gsize length, BgcSessionRecord *out)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  guint64 state;

  if (!g_key_file_load_from_data (file, text, length, G_KEY_FILE_NONE, NULL))
    return FALSE;
  state = g_key_file_get_uint64 (file, GROUP, "State", NULL);
  if (state >= BGC_N_SESSION_STATES)
    return FALSE;

  *out = (BgcSessionRecord) { .state = (BgcSessionState) state };
  out->sequence = g_key_file_get_uint64 (file, GROUP, "Sequence", NULL);
  out->url = g_key_file_get_string (file, GROUP, "Url", NULL);
  out->has_total = g_key_file_get_boolean (file, GROUP, "HasTotal", NULL);
  out->total = g_key_file_get_uint64 (file, GROUP, "Total", NULL);
  out->received = g_key_file_get_uint64 (file, GROUP, "Received", NULL);
  out->active = g_key_file_get_int64 (file, GROUP, "Active", NULL);
  out->has_reply = g_key_file_get_boolean (file, GROUP, "HasReply", NULL);
  out->never_notify = g_key_file_get_boolean (file, GROUP, "NeverNotify", NULL);
  out->static_reply = g_key_file_get_string (file, GROUP, "StaticReply", NULL);

  return out->url != NULL;
}

/* "MAGIC LENGTH CHECKSUM" → the text's length. */
static gboolean
parse_head (const char *head, gsize *length, guint64 *expected)
{
  g_auto (GStrv) words = g_strsplit (head, " ", 4);
  guint64 number;

  if (g_strv_length (words) < 3 || strcmp (words[0], MAGIC) != 0
      || !bgc_header_parse_number (words[1], &number) || !bgc_header_parse_number (words[2], expected)
      || number > SLOT_SIZE - HEAD_SIZE)
    return FALSE;
  *length = (gsize) number;

  return TRUE;
}

/* FALSE without an error if the slot holds nothing whole. */
static gboolean
read_slot (int descriptor, guint slot, BgcSessionRecord *out, GError **error)
{
  g_autofree char *bytes = g_malloc (SLOT_SIZE + 1);
  ssize_t n = pread (descriptor, bytes, SLOT_SIZE, (off_t) slot * SLOT_SIZE);
  gsize length;
  guint64 expected;

  if (n < 0)
    return fail (error, "Cannot read a session");
  if (n < HEAD_SIZE)
    return FALSE;
  bytes[HEAD_SIZE - 1] = '\0';
  if (!parse_head (bytes, &length, &expected) || (gsize) n < HEAD_SIZE + length
      || checksum (bytes + HEAD_SIZE, length) != expected)
    return FALSE;

  return parse (bytes + HEAD_SIZE, length, out);
}

gboolean
bgc_session_record_read (int descriptor, BgcSessionRecord *out, GError **error)
{
  g_auto (BgcSessionRecord) first = { .state = BGC_SESSION_GONE };
  g_auto (BgcSessionRecord) second = { .state = BGC_SESSION_GONE };
  g_autoptr (GError) local = NULL;
  gboolean has_first = read_slot (descriptor, 0, &first, &local);
  gboolean has_second = local == NULL && read_slot (descriptor, 1, &second, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!has_first && !has_second)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_SESSION_NOT_FOUND, "The session's record is damaged");
      return FALSE;
    }
  if (has_second && (!has_first || second.sequence > first.sequence))
    {
      *out = second;
      second = (BgcSessionRecord) { .state = BGC_SESSION_GONE };
    }
  else
    {
      *out = first;
      first = (BgcSessionRecord) { .state = BGC_SESSION_GONE };
    }

  return TRUE;
}

gboolean
bgc_session_record_write (int descriptor, BgcSessionRecord *self, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *slot = NULL;
  gsize length;

  self->sequence++;
  text = format (self);
  length = strlen (text);
  if (length > SLOT_SIZE - HEAD_SIZE)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG, "The session's record is too long");
      return FALSE;
    }

  slot = g_malloc (HEAD_SIZE + length);
  memset (slot, ' ', HEAD_SIZE);
  {
    g_autofree char *head = g_strdup_printf (MAGIC " %" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT " ", length,
                                             checksum (text, length));

    memcpy (slot, head, strlen (head));
    slot[HEAD_SIZE - 1] = '\n';
  }
  memcpy (slot + HEAD_SIZE, text, length);
  errno = 0;
  if (pwrite (descriptor, slot, HEAD_SIZE + length, (off_t)(self->sequence % 2) * SLOT_SIZE)
      != (ssize_t)(HEAD_SIZE + length))
    return fail (error, "Cannot write a session");
  if (fdatasync (descriptor) != 0)
    return fail (error, "Cannot write a session");

  return TRUE;
}
