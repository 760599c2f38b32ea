/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-fake.h"

struct _BgcStoreFake {
  GObject parent_instance;
  GHashTable *jobs;     /* (owned) (key BgcJobId in the job) (value BgcJob, owned) what is durable */
  GPtrArray *leftovers; /* (owned) (element-type BgcLeftover) what is durable */
  guint64 last_leftover;
  GQueue urgent;        /* (element-type GTask) owned by the queue */
  GQueue normal;        /* (element-type GTask) owned by the queue */
  GSource *source;      /* (owned) (nullable) the next commits end in it */
  guint failures;       /* commits that are still to fail */
  BgcErrorCode failure;
  gboolean held;
  gboolean closed;
};

static void bgc_store_fake_store_init (BgcStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcStoreFake, bgc_store_fake, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_STORE, bgc_store_fake_store_init))

/* ---- copies ----------------------------------------------------------------------------------- */

static BgcJob *
copy_job (const BgcJob *job)
{
  BgcJob *copy = bgc_job_draft (job);

  copy->files = bgc_file_list_new ();
  for (guint i = 0; i < bgc_file_list_length (job->files); i++)
    bgc_file_list_put (copy->files, bgc_file_copy (bgc_file_list_at (job->files, i)));
  return copy;
}

static BgcLeftover *
copy_leftover (const BgcLeftover *leftover)
{
  BgcLeftover *copy = bgc_leftover_new (leftover->owner, leftover->path, leftover->device, leftover->inode);

  copy->id = leftover->id;
  copy->since = leftover->since;
  return copy;
}

static int
compare_jobs (gconstpointer a, gconstpointer b)
{
  const BgcJob *first = *(const BgcJob *const *) a;
  const BgcJob *second = *(const BgcJob *const *) b;

  return first->sequence < second->sequence ? -1 : first->sequence > second->sequence;
}

/* ---- committing ------------------------------------------------------------------------------- */

static gboolean
fail (GError **error, BgcErrorCode code, const char *message)
{
  g_set_error_literal (error, BGC_ERROR, code, message);
  return FALSE;
}

static gboolean
has_sequence (BgcStoreFake *self, guint64 sequence)
{
  GHashTableIter iter;
  gpointer job;

  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    if (((BgcJob *) job)->sequence == sequence)
      return TRUE;
  return FALSE;
}

/* Whether it can be stored; nothing is changed yet. */
static gboolean
check (BgcStoreFake *self, const BgcChange *change, GError **error)
{
  const BgcJob *stored = g_hash_table_lookup (self->jobs, &change->id);
  gboolean about_job = change->header != NULL || change->files->len > 0 || change->removed_files->len > 0;

  if (self->failures > 0)
    {
      self->failures--;
      return fail (error, self->failure, "The test wants this commit to fail");
    }
  if (change->forget || (!about_job && !change->create))
    return TRUE;
  if (!change->create)
    return stored != NULL || fail (error, BGC_ERROR_STORE_FAILED, "There is no such job");
  if (change->header == NULL)
    return fail (error, BGC_ERROR_STORE_FAILED, "A new job needs a header");
  if (stored != NULL || has_sequence (self, change->header->sequence))
    return fail (error, BGC_ERROR_STORE_FAILED, "There is such a job already");
  return TRUE;
}

static void
store_job (BgcStoreFake *self, const BgcChange *change)
{
  BgcJob *job = g_hash_table_lookup (self->jobs, &change->id);

  if (job == NULL && change->header == NULL)
    return;
  if (job == NULL)
    {
      job = bgc_job_draft (change->header);
      job->files = bgc_file_list_new ();
      g_hash_table_insert (self->jobs, &job->id, job);
    }
  else if (change->header != NULL)
    bgc_job_assign (job, bgc_job_draft (change->header));
  for (guint i = 0; i < change->files->len; i++)
    bgc_file_list_put (job->files, bgc_file_copy (g_ptr_array_index (change->files, i)));
  for (guint i = 0; i < change->removed_files->len; i++)
    bgc_file_list_remove (job->files, g_array_index (change->removed_files, guint32, i));
}

static void
drop_leftover (BgcStoreFake *self, guint64 id)
{
  for (guint i = 0; i < self->leftovers->len; i++)
    if (((BgcLeftover *) g_ptr_array_index (self->leftovers, i))->id == id)
      {
        g_ptr_array_remove_index (self->leftovers, i);
        return;
      }
}

static void
store (BgcStoreFake *self, BgcChange *change)
{
  if (change->forget)
    g_hash_table_remove (self->jobs, &change->id);
  else
    store_job (self, change);
  for (guint i = 0; i < change->leftovers->len; i++)
    {
      BgcLeftover *leftover = g_ptr_array_index (change->leftovers, i);

      leftover->id = ++self->last_leftover;
      g_ptr_array_add (self->leftovers, copy_leftover (leftover));
    }
  for (guint i = 0; i < change->settled_leftovers->len; i++)
    drop_leftover (self, g_array_index (change->settled_leftovers, guint64, i));
}

/* Ends one commit; its callback runs now or, where its task is as young as this moment, soon. */
static GTask *
end_one (BgcStoreFake *self)
{
  GQueue *queue = g_queue_is_empty (&self->urgent) ? &self->normal : &self->urgent;
  GTask *task = g_queue_pop_head (queue);
  BgcChange **change = g_task_get_task_data (task);
  GError *error = NULL;

  if (!check (self, *change, &error))
    {
      g_task_return_error (task, error);
      return task;
    }
  store (self, *change);
  g_task_return_pointer (task, g_steal_pointer (change), (GDestroyNotify) bgc_change_free);
  return task;
}

guint
bgc_store_fake_waiting (BgcStoreFake *self)
{
  return self->urgent.length + self->normal.length;
}

static void
disarm (BgcStoreFake *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean
end_all (gpointer data)
{
  g_autoptr (BgcStoreFake) self = g_object_ref (data);

  disarm (self);
  while (!self->held && bgc_store_fake_waiting (self) > 0)
    g_object_unref (end_one (self));
  return G_SOURCE_REMOVE;
}

static void
arm (BgcStoreFake *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  if (self->source != NULL)
    return;
  /* lint: allow time because a commit of tests ends in the next turn of the loop */
  self->source = g_idle_source_new ();
  g_source_set_static_name (self->source, "[bgcopyd] fake commit");
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->source, end_all, self, NULL);
  g_source_attach (self->source, context);
}

void
bgc_store_fake_hold (BgcStoreFake *self)
{
  self->held = TRUE;
  disarm (self);
}

void
bgc_store_fake_release (BgcStoreFake *self, guint count)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < count && bgc_store_fake_waiting (self) > 0; i++)
    g_ptr_array_add (tasks, end_one (self));
  for (guint i = 0; i < tasks->len; i++)
    while (!g_task_get_completed (g_ptr_array_index (tasks, i)))
      g_main_context_iteration (g_task_get_context (g_ptr_array_index (tasks, i)), TRUE);
}

void
bgc_store_fake_fail (BgcStoreFake *self, guint count, BgcErrorCode code)
{
  self->failures = count;
  self->failure = code;
}

const BgcJob *
bgc_store_fake_job (BgcStoreFake *self, const BgcJobId *id)
{
  return g_hash_table_lookup (self->jobs, id);
}

guint
bgc_store_fake_jobs (BgcStoreFake *self)
{
  return g_hash_table_size (self->jobs);
}

guint
bgc_store_fake_leftovers (BgcStoreFake *self)
{
  return self->leftovers->len;
}

/* ---- the port --------------------------------------------------------------------------------- */

static gboolean
load (BgcStore *base, const BgcStoreVisitor *visitor, gpointer data, GError **error)
{
  BgcStoreFake *self = BGC_STORE_FAKE (base);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer job;

  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    g_ptr_array_add (jobs, job);
  if (self->closed)
    return fail (error, BGC_ERROR_STORE_FAILED, "The queue is closed");
  g_ptr_array_sort (jobs, compare_jobs);
  for (guint i = 0; i < jobs->len; i++)
    visitor->job (copy_job (g_ptr_array_index (jobs, i)), data);
  for (guint i = 0; i < self->leftovers->len; i++)
    visitor->leftover (copy_leftover (g_ptr_array_index (self->leftovers, i)), data);
  return TRUE;
}

static void
change_box_free (BgcChange **box)
{
  bgc_change_free (*box);
  g_free (box);
}

static void
commit_async (BgcStore *base, BgcChange *change, BgcStoreUrgency urgency, GAsyncReadyCallback callback,
              gpointer data)
{
  BgcStoreFake *self = BGC_STORE_FAKE (base);
  GTask *task = g_task_new (self, NULL, callback, data);
  BgcChange **box = g_new (BgcChange *, 1);

  *box = change;
  g_task_set_source_tag (task, commit_async);
  g_task_set_name (task, "[bgcopyd] fake commit");
  g_task_set_task_data (task, box, (GDestroyNotify) change_box_free);
  if (self->closed)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_STORE_FAILED, "The queue is closed");
      g_object_unref (task);
      return;
    }
  g_queue_push_tail (urgency == BGC_STORE_URGENT ? &self->urgent : &self->normal, task);
  if (!self->held)
    arm (self);
}

static BgcChange *
commit_finish (BgcStore *base, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
close_store (BgcStore *base)
{
  BgcStoreFake *self = BGC_STORE_FAKE (base);

  self->closed = TRUE;
  self->held = FALSE;
  end_all (self);
}

static void
bgc_store_fake_finalize (GObject *object)
{
  BgcStoreFake *self = BGC_STORE_FAKE (object);

  disarm (self);
  g_hash_table_unref (self->jobs);
  g_ptr_array_unref (self->leftovers);
  G_OBJECT_CLASS (bgc_store_fake_parent_class)->finalize (object);
}

static void
bgc_store_fake_store_init (BgcStoreInterface *iface)
{
  iface->load = load;
  iface->commit_async = commit_async;
  iface->commit_finish = commit_finish;
  iface->close = close_store;
}

static void
bgc_store_fake_class_init (BgcStoreFakeClass *class)
{
  G_OBJECT_CLASS (class)->finalize = bgc_store_fake_finalize;
}

static void
bgc_store_fake_init (BgcStoreFake *self)
{
  self->jobs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, (GDestroyNotify) bgc_job_free);
  self->leftovers = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_leftover_free);
  g_queue_init (&self->urgent);
  g_queue_init (&self->normal);
}

BgcStoreFake *
bgc_store_fake_new (void)
{
  return g_object_new (BGC_TYPE_STORE_FAKE, NULL);
}

BgcStoreFake *
bgc_store_fake_reopen (BgcStoreFake *self)
{
  BgcStoreFake *other = bgc_store_fake_new ();
  GHashTableIter iter;
  gpointer job;

  g_hash_table_iter_init (&iter, self->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &job))
    {
      BgcJob *copy = copy_job (job);

      g_hash_table_insert (other->jobs, &copy->id, copy);
    }
  for (guint i = 0; i < self->leftovers->len; i++)
    g_ptr_array_add (other->leftovers, copy_leftover (g_ptr_array_index (self->leftovers, i)));
  other->last_leftover = self->last_leftover;
  return other;
}
