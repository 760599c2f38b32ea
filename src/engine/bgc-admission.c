/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-admission.h"

#include "model/bgc-path.h"
#include "model/bgc-url.h"

/* A question to a worker. */
typedef struct
{
  GObject *keeper;     /* (owned) */
  GPtrArray *requests; /* (owned) */
  BgcAdmissionFunc function;
  gpointer data;
} Question;

static gboolean
check_one (const BgcFileRequest *request, GError **error)
{
  if (request->remote == NULL || request->local == NULL)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                           "A file needs a remote and a local name");
      return FALSE;
    }
  return bgc_url_check (request->remote, error) && bgc_path_check (request->local, error)
         && (request->checksum == NULL || bgc_file_checksum_check (request->checksum, error));
}

gboolean
bgc_admission_check (GPtrArray *requests, guint existing, const BgcLimits *limits, gboolean administrator,
                     GError **error)
{
  if (requests->len > BGC_FILES_PER_CALL)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES, "One call may add %u files",
                   BGC_FILES_PER_CALL);
      return FALSE;
    }
  if (!administrator && (guint64)existing + requests->len > limits->max_files_per_job)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES, "A job may have %u files",
                   limits->max_files_per_job);
      return FALSE;
    }
  for (guint i = 0; i < requests->len; i++)
    if (!check_one (g_ptr_array_index (requests, i), error))
      {
        if (requests->len > 1)
          g_prefix_error (error, "File %u: ", i);
        return FALSE;
      }
  return TRUE;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  g_autoptr (GObject) keeper = question->keeper;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) verdicts = bgc_workers_check_finish (BGC_WORKERS (source), result, &error);

  if (verdicts != NULL && verdicts->len != question->requests->len)
    {
      g_clear_pointer (&verdicts, g_ptr_array_unref);
      g_set_error_literal (&error, BGC_ERROR, BGC_ERROR_WORKER_LOST, "The worker answered something else");
    }
  question->function (verdicts, error, question->data);
  g_ptr_array_unref (question->requests);
  g_free (question);
}

void
bgc_admission_ask (BgcEngine *engine, guint32 owner, GPtrArray *requests, BgcAdmissionFunc function,
                   gpointer data)
{
  Question *question = g_new0 (Question, 1);
  g_autofree const char **paths = g_new0 (const char *, requests->len + 1);

  question->keeper = g_object_ref (engine->keeper);
  question->requests = g_ptr_array_ref (requests);
  question->function = function;
  question->data = data;
  for (guint i = 0; i < requests->len; i++)
    paths[i] = ((BgcFileRequest *)g_ptr_array_index (requests, i))->local;
  bgc_workers_check_async (engine->workers, owner, paths, on_answered, question);
}

static gboolean
judge (const BgcFileRequest *request, const BgcPathVerdict *verdict, GError **error)
{
  if (verdict->allowed)
    return TRUE;
  g_set_error (error, BGC_ERROR, verdict->code < BGC_N_ERRORS ? verdict->code : BGC_ERROR_INVALID_PATH,
               "%s: %s", request->local,
               verdict->message != NULL ? verdict->message : bgc_error_description (verdict->code));
  return FALSE;
}

/* Both names of a file count, against both names of every other. */
static gboolean
is_taken (const BgcFile *file, const BgcJob *live, GHashTable *targets)
{
  const char *names[] = { file->local, file->identity };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i] != NULL
        && ((live != NULL && bgc_file_list_find_target (live->files, names[i]) != NULL)
            || g_hash_table_contains (targets, names[i])))
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i] != NULL)
      g_hash_table_add (targets, (gpointer)names[i]);
  return FALSE;
}

static BgcFile *
make_file (const BgcFileRequest *request, const BgcPathVerdict *verdict, guint32 index, guint32 tag,
           GRand *random)
{
  g_autofree char *temporary = bgc_path_tagged_name (tag, random);
  BgcFile *file = bgc_file_new (index, request->remote, request->local, temporary);

  file->identity = g_strdup (verdict->identity);
  file->overwrite = request->overwrite;
  file->expected_size = request->size;
  file->bytes_total = request->size;
  file->checksum = request->checksum != NULL ? g_ascii_strdown (request->checksum, -1) : NULL;
  return file;
}

GPtrArray *
bgc_admission_admit (GPtrArray *requests, GPtrArray *verdicts, const BgcJob *live, guint32 first,
                     guint32 tag, GRand *random, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify)bgc_file_free);
  g_autoptr (GHashTable) targets = g_hash_table_new (g_str_hash, g_str_equal);

  if (requests->len > G_MAXUINT32 - 1 - first)
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_TOO_MANY_FILES, "The job has no file numbers left");
      return NULL;
    }
  for (guint i = 0; i < requests->len; i++)
    {
      const BgcFileRequest *request = g_ptr_array_index (requests, i);
      const BgcPathVerdict *verdict = g_ptr_array_index (verdicts, i);
      BgcFile *file;

      if (!judge (request, verdict, error))
        return NULL;
      file = make_file (request, verdict, first + i, tag, random);
      g_ptr_array_add (files, file);
      if (is_taken (file, live, targets))
        {
          g_set_error (error, BGC_ERROR, BGC_ERROR_FILE_EXISTS, "%s is the target of another file of the job",
                       request->local);
          return NULL;
        }
    }
  return g_steal_pointer (&files);
}

BgcQuota
bgc_admission_quota (GPtrArray *files)
{
  BgcQuota quota = { 0, files->len, 0 };

  for (guint i = 0; i < files->len; i++)
    quota.bytes += bgc_file_stored_bytes (g_ptr_array_index (files, i));
  return quota;
}
