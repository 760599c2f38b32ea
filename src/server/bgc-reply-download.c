/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "server/bgc-reply-download.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bgc-error.h"
#include "server/bgc-reply-range.h"
#include "server/bgc-verdict.h"

#define PREFIX "/" BGC_UPLOAD_TARGET_REPLIES "/Replies/"
#define SUFFIX "/reply"
#define ID_LENGTH 32u     /* digits of a session's id in a path */
#define BLOCK_SIZE 65536u /* bytes read and sent at once */

typedef struct
{
  grefcount references;
  BgcServerParts *parts;               /* (borrowed) */
  SoupServerMessage *message;          /* (owned) */
  BgcConnection *connection;           /* (owned) a reference */
  const BgcServerDirectory *directory; /* (borrowed) */
  char *authorization;                 /* (owned) (nullable) */
  char *range;                         /* (owned) (nullable) */
  char *if_range;                      /* (owned) (nullable) */
  char *name;                          /* (owned) the session's id */
  GError *error;                       /* (owned) (nullable) (work) */
  int file;                            /* (owned) (work) -1 until it is open */
  struct stat status;                  /* (work) */
  char *etag;                          /* (owned) (work) */
  BgcReplyRange kind;                  /* (work) */
  guint64 offset, left;                /* (work) bytes still to be sent */
  GBytes *block;                       /* (owned) (nullable) (work) read, not yet sent */
  gboolean finished;
} Download;

static void
download_unref (Download *self)
{
  if (!g_ref_count_dec (&self->references))
    return;
  if (self->file >= 0)
    close (self->file);
  g_clear_error (&self->error);
  g_clear_pointer (&self->block, g_bytes_unref);
  g_free (self->authorization);
  g_free (self->range);
  g_free (self->if_range);
  g_free (self->name);
  g_free (self->etag);
  bgc_connection_unref (self->connection);
  g_object_unref (self->message);
  g_free (self);
}

static void
run (Download *self, GFunc work, GFunc done)
{
  g_ref_count_inc (&self->references);
  bgc_io_pool_run (self->parts->disk, work, done, self);
}

static void
open_work (gpointer data, gpointer pool)
{
  Download *self = data;
  BgcPasswordFile *passwords = g_hash_table_lookup (self->parts->passwords, self->directory);
  BgcSessionStore *store = g_hash_table_lookup (self->parts->stores, self->directory);
  g_autofree char *user = NULL;

  if (passwords != NULL)
    {
      user = bgc_password_file_check (passwords, self->authorization, &self->error);
      if (user == NULL)
        return;
    }
  self->file = bgc_session_store_open_reply (store, user, self->name, &self->error);
  if (self->file < 0)
    return;
  if (fstat (self->file, &self->status) != 0)
    {
      g_set_error_literal (&self->error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "No such reply");
      return;
    }
  /* Strong: the file is written once, and its inode is no other's while it is there. */
  self->etag
    = g_strdup_printf ("\"%lx-%lx-%lx.%lx\"", (gulong)self->status.st_ino, (gulong)self->status.st_size,
                       (gulong)self->status.st_mtim.tv_sec, (gulong)self->status.st_mtim.tv_nsec);
  if (self->if_range != NULL && strcmp (self->if_range, self->etag) != 0)
    g_clear_pointer (&self->range, g_free);
  self->kind = bgc_reply_range_parse (self->range, (guint64)self->status.st_size, &self->offset, &self->left);
}

static void
read_work (gpointer data, gpointer pool)
{
  Download *self = data;
  gsize wanted = (gsize) MIN (self->left, BLOCK_SIZE);
  guint8 *bytes = g_malloc (wanted);
  ssize_t n = pread (self->file, bytes, wanted, (off_t) self->offset);

  if (n <= 0)
    {
      g_free (bytes);
      return;
    }
  self->block = g_bytes_new_take (bytes, (gsize) n);
  self->offset += (guint64) n;
  self->left -= (guint64) n;
}

static void
read_done (gpointer data, gpointer pool)
{
  Download *self = data;

  if (!self->finished && self->block != NULL)
    {
      SoupMessageBody *body = soup_server_message_get_response_body (self->message);

      soup_message_body_append_bytes (body, self->block);
      if (self->left == 0)
        soup_message_body_complete (body);
      bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
      soup_server_message_unpause (self->message);
    }
  else if (!self->finished)
    /* Shorter than it was: the client notices by the missing bytes. */
    bgc_connection_abort (self->connection);
  g_clear_pointer (&self->block, g_bytes_unref);
  download_unref (self);
}

/* The library pauses by itself while there is nothing to send. */
static void
wrote_chunk (SoupServerMessage *message, gpointer data)
{
  Download *self = data;

  bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
  if (self->left > 0)
    run (self, read_work, read_done);
}

static void
refuse (Download *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  BgcVerdict verdict = bgc_verdict_from_error (self->error);

  if (verdict.status == SOUP_STATUS_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate",
                                  "Basic realm=\"bgcopy-server\", charset=\"UTF-8\"");
  soup_server_message_set_status (self->message, verdict.status, NULL);
}

static void
describe (Download *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (self->status.st_mtim.tv_sec);
  g_autofree char *modified = time != NULL ? g_date_time_format (time, "%a, %d %b %Y %H:%M:%S GMT") : NULL;
  goffset size = self->status.st_size;

  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_headers_replace (headers, "ETag", self->etag);
  soup_message_headers_replace (headers, "Content-Type", "application/octet-stream");
  if (modified != NULL)
    soup_message_headers_replace (headers, "Last-Modified", modified);
  if (self->kind == BGC_REPLY_RANGE_UNSATISFIABLE)
    {
      g_autofree char *text = g_strdup_printf ("bytes */%" G_GOFFSET_FORMAT, size);

      soup_message_headers_replace (headers, "Content-Range", text);
      soup_server_message_set_status (self->message, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE, NULL);
      self->left = 0;
      return;
    }
  if (self->kind == BGC_REPLY_RANGE_PART)
    soup_message_headers_set_content_range (headers, (goffset)self->offset,
                                            (goffset)(self->offset + self->left - 1), size);
  soup_message_headers_set_content_length (headers, (goffset) self->left);
  soup_server_message_set_status (self->message, self->kind == BGC_REPLY_RANGE_PART ? 206 : 200, NULL);
}

static void
open_done (gpointer data, gpointer pool)
{
  Download *self = data;
  gboolean sends;

  if (self->finished)
    {
      download_unref (self);
      return;
    }
  if (self->error != NULL)
    refuse (self);
  else
    describe (self);
  sends = self->error == NULL && self->left > 0
          && soup_server_message_get_method (self->message) != SOUP_METHOD_HEAD;
  if (sends)
    {
      soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
      g_signal_connect (self->message, "wrote-chunk", G_CALLBACK (wrote_chunk), self);
      run (self, read_work, read_done);
    }
  else
    {
      bgc_connection_set_deadline (self->connection, self->parts->config->body_timeout);
      soup_server_message_unpause (self->message);
    }
  download_unref (self);
}

static void
finished (SoupServerMessage *message, gpointer data)
{
  Download *self = data;

  self->finished = TRUE;
  g_signal_handlers_disconnect_by_data (message, self);
  download_unref (self);
}

/* The id in @rest, NULL if that is no reply's path. Owned by the caller. */
static char *
parse_path (const char *rest)
{
  const char *id = rest + strlen (PREFIX);

  if (!g_str_has_prefix (rest, PREFIX) || strlen (id) != ID_LENGTH + strlen (SUFFIX)
      || !g_str_has_suffix (id, SUFFIX))
    return NULL;
  for (guint i = 0; i < ID_LENGTH; i++)
    {
      if (!g_ascii_isxdigit (id[i]) || g_ascii_isupper (id[i]))
        return NULL;
    }

  return g_strndup (id, ID_LENGTH);
}

void
bgc_reply_download_begin (BgcServerParts *parts, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *rest = "";
  const BgcServerDirectory *directory
    = bgc_server_config_find (parts->config, g_uri_get_path (soup_server_message_get_uri (message)), &rest);
  g_autofree char *name = directory != NULL ? parse_path (rest) : NULL;
  Download *self;

  if (name == NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  self = g_new0 (Download, 1);
  g_ref_count_init (&self->references);
  self->parts = parts;
  self->directory = directory;
  self->message = g_object_ref (message);
  self->connection = bgc_connection_ref (bgc_connection_of (message));
  self->authorization = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  self->range = g_strdup (soup_message_headers_get_one (headers, "Range"));
  self->if_range = g_strdup (soup_message_headers_get_one (headers, "If-Range"));
  self->name = g_steal_pointer (&name);
  self->file = -1;
  g_signal_connect (message, "finished", G_CALLBACK (finished), self);
  bgc_connection_set_deadline (self->connection, 0);
  soup_server_message_pause (message);
  run (self, open_work, open_done);
}
