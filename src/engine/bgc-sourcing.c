/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-sourcing.h"

#include <string.h>

#include "model/bgc-path.h"
#include "model/bgc-url.h"

/* Questions to a worker, one after the other. */
typedef struct
{
  BgcEngine *engine; /* (borrowed) */
  GObject *keeper;   /* (owned) */
  guint32 owner;
  char *remote;      /* (owned) (nullable) and likewise the next two */
  char *local;
  char *reply;       /* NULL: there is nothing to ask about a reply */
  gboolean chosen;   /* the reply's name is its owner's, not ours */
  gboolean needs_reply;
  GPtrArray *files;  /* (owned) (element-type BgcFile) */
  BgcSourcingFunc function;
  gpointer data;
} Sourcing;

static void
finish (Sourcing *self, const GError *error)
{
  self->function (error == NULL ? self->files : NULL, error, self->data);
  g_free (self->remote);
  g_free (self->local);
  g_free (self->reply);
  g_ptr_array_unref (self->files);
  g_object_unref (self->keeper);
  g_free (self);
}

gboolean
bgc_sourcing_check (GPtrArray *requests, guint existing, GError **error)
{
  const BgcFileRequest *request;

  if (requests->len + existing > 1)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES, "An upload has one file");
      return FALSE;
    }
  request = g_ptr_array_index (requests, 0);
  if (request->remote == NULL || request->local == NULL)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                           "A file needs a remote and a local name");
      return FALSE;
    }
  if (request->checksum != NULL || request->size != BGC_SIZE_UNKNOWN || !request->overwrite)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_SUPPORTED,
                           "The options checksum, size and overwrite are for downloads");
      return FALSE;
    }
  return bgc_url_check (request->remote, error) && bgc_path_check (request->local, error);
}

char *
bgc_sourcing_reply_name (const BgcJob *job, const char *source)
{
  char hex[BGC_JOB_ID_HEX_LENGTH + 1];
  g_autofree char *directory = NULL;
  g_autofree char *name = NULL;

  if (job->reply_file_name != NULL)
    return g_strdup (job->reply_file_name);
  if (source == NULL)
    return NULL;
  /* Nobody else's: it is the job's own id. */
  bgc_job_id_to_hex (&job->id, hex);
  directory = bgc_path_directory (source);
  name = g_strconcat (hex, ".reply", NULL);
  return g_build_filename (directory, name, NULL);
}

static void
add_reply (Sourcing *self, const BgcPathVerdict *verdict)
{
  g_autofree char *temporary = bgc_path_temporary_name (bgc_engine_draw (self->engine));
  BgcFile *file = bgc_file_new (BGC_UPLOAD_REPLY, "", self->reply, temporary);

  file->identity = g_strdup (verdict->identity);
  file->overwrite = self->chosen;
  g_ptr_array_add (self->files, file);
}

static gboolean
is_source (const Sourcing *self, const BgcPathVerdict *verdict)
{
  return self->local != NULL
         && (strcmp (self->local, self->reply) == 0 || g_strcmp0 (self->local, verdict->identity) == 0);
}

static void
on_reply_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Sourcing *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) verdicts = bgc_workers_check_finish (BGC_WORKERS (source), result, &error);
  const BgcPathVerdict *verdict
    = verdicts != NULL && verdicts->len == 1 ? g_ptr_array_index (verdicts, 0) : NULL;

  if (verdict == NULL)
    {
      if (error == NULL)
        g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker answered something else");
    }
  else if (is_source (self, verdict))
    g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_FILE_EXISTS,
                         "The reply cannot have the name of the file that is uploaded");
  else if (verdict->allowed)
    add_reply (self, verdict);
  else if (self->chosen || self->needs_reply)
    g_set_error (&error, BGC_ERROR, verdict->code < BGC_N_ERRORS ? verdict->code : BGC_ERROR_INVALID_PATH,
                 "The reply's file %s: %s", self->reply,
                 verdict->message != NULL ? verdict->message : bgc_error_description (verdict->code));
  finish (self, error);
}

static void
ask_reply (Sourcing *self)
{
  const char *paths[] = { self->reply, NULL };

  if (self->reply == NULL)
    finish (self, NULL);
  else
    bgc_workers_check_async (self->engine->workers, self->owner, paths, on_reply_checked, self);
}

static void
on_source_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Sourcing *self = data;
  g_autoptr (GError) error = NULL;
  BgcFile *file;
  guint64 size;

  if (!bgc_workers_check_source_finish (BGC_WORKERS (source), result, &size, &error))
    {
      finish (self, error);
      return;
    }
  file = bgc_file_new (BGC_UPLOAD_FILE, self->remote, self->local, "");
  file->expected_size = size;
  file->bytes_total = size;
  g_ptr_array_add (self->files, file);
  ask_reply (self);
}

static Sourcing *
sourcing_new (BgcEngine *engine, const BgcJob *job, const BgcFileRequest *request, gboolean needs_reply,
              BgcSourcingFunc function, gpointer data)
{
  Sourcing *self = g_new0 (Sourcing, 1);

  self->engine = engine;
  self->keeper = g_object_ref (engine->keeper);
  self->owner = job->owner;
  if (request != NULL)
    {
      self->remote = g_strdup (request->remote);
      self->local = g_strdup (request->local);
    }
  if (job->type == BGC_JOB_TYPE_UPLOAD_REPLY)
    self->reply = bgc_sourcing_reply_name (job, self->local);
  self->chosen = job->reply_file_name != NULL;
  self->needs_reply = needs_reply;
  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_free);
  self->function = function;
  self->data = data;
  return self;
}

void
bgc_sourcing_ask (BgcEngine *engine, const BgcJob *job, const BgcFileRequest *request, gboolean needs_reply,
                  BgcSourcingFunc function, gpointer data)
{
  Sourcing *self = sourcing_new (engine, job, request, needs_reply, function, data);

  bgc_workers_check_source_async (engine->workers, self->owner, self->local, on_source_checked, self);
}

void
bgc_sourcing_ask_reply (BgcEngine *engine, const BgcJob *job, const BgcFileRequest *source,
                        BgcSourcingFunc function, gpointer data)
{
  ask_reply (sourcing_new (engine, job, source, TRUE, function, data));
}
