/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-queue.h"

struct _BgcQueue
{
  GHashTable *entries; /* (owned) (element-type BgcJobId BgcEntry): the keys are those of the jobs */
  GHashTable *owners;  /* (owned) (element-type guint32 BgcOwner) */
  BgcEntry *oldest;    /* (borrowed) (nullable) */
  BgcEntry *newest;    /* (borrowed) (nullable) */
  guint listed;
  guint creating;
  guint64 last_sequence;
};

static void
entry_free (BgcEntry *entry)
{
  bgc_job_free (entry->job);
  g_free (entry->counters);
  g_slice_free (BgcEntry, entry);
}

BgcQueue *
bgc_queue_new (void)
{
  BgcQueue *self = g_new0 (BgcQueue, 1);

  self->entries = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify)entry_free);
  self->owners = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
bgc_queue_free (BgcQueue *self)
{
  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->owners);
  g_free (self);
}

static BgcOwner *
owner_get (BgcQueue *self, guint32 uid)
{
  BgcOwner *owner = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (uid));

  if (owner == NULL)
    {
      owner = g_new0 (BgcOwner, 1);
      owner->uid = uid;
      g_hash_table_insert (self->owners, GUINT_TO_POINTER (uid), owner);
    }
  return owner;
}

static void
owner_drop_if_empty (BgcQueue *self, BgcOwner *owner)
{
  if (owner->entries == 0 && owner->creating == 0 && owner->files == 0 && owner->bytes == 0)
    g_hash_table_remove (self->owners, GUINT_TO_POINTER (owner->uid));
}

/* Commits end in the order they began but for a failed group, so a job goes in behind its elders,
 * looked for from the end. */
static void
link_listed (BgcQueue *self, BgcEntry *entry)
{
  BgcOwner *owner = entry->owner;
  BgcEntry *older = self->newest;

  while (older != NULL && older->job->sequence > entry->job->sequence)
    older = older->older;
  entry->older = older;
  entry->newer = older != NULL ? older->newer : self->oldest;
  *(older != NULL ? &older->newer : &self->oldest) = entry;
  *(entry->newer != NULL ? &entry->newer->older : &self->newest) = entry;

  older = owner->newest;
  while (older != NULL && older->job->sequence > entry->job->sequence)
    older = older->owner_older;
  entry->owner_older = older;
  entry->owner_newer = older != NULL ? older->owner_newer : owner->oldest;
  *(older != NULL ? &older->owner_newer : &owner->oldest) = entry;
  *(entry->owner_newer != NULL ? &entry->owner_newer->owner_older : &owner->newest) = entry;

  entry->listed = TRUE;
  self->listed++;
  owner->listed++;
}

void
bgc_queue_unlist (BgcQueue *self, BgcEntry *entry)
{
  BgcOwner *owner = entry->owner;

  if (!entry->listed)
    return;
  *(entry->older != NULL ? &entry->older->newer : &self->oldest) = entry->newer;
  *(entry->newer != NULL ? &entry->newer->older : &self->newest) = entry->older;
  *(entry->owner_older != NULL ? &entry->owner_older->owner_newer : &owner->oldest) = entry->owner_newer;
  *(entry->owner_newer != NULL ? &entry->owner_newer->owner_older : &owner->newest) = entry->owner_older;
  entry->older = entry->newer = entry->owner_older = entry->owner_newer = NULL;
  entry->listed = FALSE;
  self->listed--;
  owner->listed--;
}

BgcEntry *
bgc_queue_add (BgcQueue *self, BgcJob *job, gint64 boot)
{
  BgcEntry *entry = g_slice_new0 (BgcEntry);

  entry->job = job;
  entry->owner = owner_get (self, job->owner);
  entry->owner->entries++;
  entry->touched = boot;
  self->last_sequence = MAX (self->last_sequence, job->sequence);
  g_hash_table_insert (self->entries, &job->id, entry);
  link_listed (self, entry);
  bgc_queue_charge (self, entry);
  return entry;
}

BgcEntry *
bgc_queue_find (BgcQueue *self, const BgcJobId *id)
{
  return g_hash_table_lookup (self->entries, id);
}

void
bgc_queue_charge (BgcQueue *self, BgcEntry *entry)
{
  guint files = 0;
  guint64 bytes = 0;

  if (!entry->forgotten)
    {
      files = bgc_file_list_length (entry->job->files);
      bytes = bgc_job_stored_bytes (entry->job) + bgc_file_list_stored_bytes (entry->job->files);
    }
  entry->owner->files += files;
  entry->owner->files -= entry->charged_files;
  entry->owner->bytes += bytes;
  entry->owner->bytes -= entry->charged_bytes;
  entry->charged_files = files;
  entry->charged_bytes = bytes;
}

void
bgc_queue_remove (BgcQueue *self, BgcEntry *entry)
{
  BgcOwner *owner = entry->owner;

  bgc_queue_unlist (self, entry);
  entry->forgotten = TRUE;
  bgc_queue_charge (self, entry);
  owner->entries--;
  g_hash_table_remove (self->entries, &entry->job->id);
  owner_drop_if_empty (self, owner);
}

void
bgc_queue_move (BgcQueue *self, BgcEntry *entry)
{
  BgcOwner *former = entry->owner;
  gboolean listed = entry->listed;

  if (former->uid == entry->job->owner)
    return;
  bgc_queue_unlist (self, entry);
  former->entries--;
  former->files -= entry->charged_files;
  former->bytes -= entry->charged_bytes;
  entry->charged_files = 0;
  entry->charged_bytes = 0;
  entry->owner = owner_get (self, entry->job->owner);
  entry->owner->entries++;
  if (listed)
    link_listed (self, entry);
  bgc_queue_charge (self, entry);
  owner_drop_if_empty (self, former);
}

BgcEntry *
bgc_queue_oldest (BgcQueue *self)
{
  return self->oldest;
}

void
bgc_queue_foreach (BgcQueue *self, BgcEntryFunc function, gpointer data)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    function (entry, data);
}

GPtrArray *
bgc_queue_list (BgcQueue *self, guint32 owner, guint states, guint offset, guint limit)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new ();
  BgcOwner *one = owner == G_MAXUINT32 ? NULL : g_hash_table_lookup (self->owners, GUINT_TO_POINTER (owner));
  BgcEntry *entry = owner == G_MAXUINT32 ? self->oldest : one != NULL ? one->oldest : NULL;

  for (; entry != NULL && jobs->len < limit; entry = one != NULL ? entry->owner_newer : entry->newer)
    {
      if (states != 0 && (states & (1u << entry->job->state)) == 0)
        continue;
      if (offset > 0)
        offset--;
      else
        g_ptr_array_add (jobs, entry->job);
    }
  return g_steal_pointer (&jobs);
}

guint
bgc_queue_count (BgcQueue *self, guint32 owner)
{
  BgcOwner *one;

  if (owner == G_MAXUINT32)
    return self->listed;
  one = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (owner));
  return one != NULL ? one->listed : 0;
}

guint64
bgc_queue_next_sequence (BgcQueue *self)
{
  return ++self->last_sequence;
}

static gboolean
has_room (BgcQueue *self, const BgcOwner *owner, const BgcQuota *quota, const BgcLimits *limits,
          gboolean administrator, GError **error)
{
  if (quota->jobs > 0 && !administrator
      && self->listed + self->creating + quota->jobs > limits->max_jobs_per_machine)
    g_set_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_JOBS, "This machine may have %u jobs at a time",
                 limits->max_jobs_per_machine);
  else if (quota->jobs > 0 && !administrator
           && owner->listed + owner->creating + quota->jobs > limits->max_jobs_per_user)
    g_set_error (error, BGC_ERROR, BGC_ERROR_TOO_MANY_JOBS, "A user may have %u jobs at a time",
                 limits->max_jobs_per_user);
  else if (quota->files > 0 && owner->files + quota->files > limits->max_files_per_user)
    g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED, "A user may have %u files in all jobs together",
                 limits->max_files_per_user);
  else if (quota->bytes > 0 && owner->bytes + quota->bytes > limits->max_stored_bytes_per_user)
    g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                 "A user's jobs may hold %" G_GUINT64_FORMAT " bytes of names, URLs and options",
                 limits->max_stored_bytes_per_user);
  else
    return TRUE;
  return FALSE;
}

gboolean
bgc_queue_reserve (BgcQueue *self, guint32 owner, const BgcQuota *quota, const BgcLimits *limits,
                   gboolean administrator, GError **error)
{
  BgcOwner *one = owner_get (self, owner);

  if (!has_room (self, one, quota, limits, administrator, error))
    {
      owner_drop_if_empty (self, one);
      return FALSE;
    }
  self->creating += quota->jobs;
  one->creating += quota->jobs;
  one->files += quota->files;
  one->bytes += quota->bytes;
  return TRUE;
}

void
bgc_queue_burden (BgcQueue *self, guint32 owner, const BgcQuota *quota)
{
  BgcOwner *one = owner_get (self, owner);

  one->files += quota->files;
  one->bytes += quota->bytes;
}

void
bgc_queue_release (BgcQueue *self, guint32 owner, const BgcQuota *quota)
{
  BgcOwner *one = owner_get (self, owner);

  self->creating -= quota->jobs;
  one->creating -= quota->jobs;
  one->files -= quota->files;
  one->bytes -= quota->bytes;
  owner_drop_if_empty (self, one);
}
