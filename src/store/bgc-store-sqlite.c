/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "store/bgc-store-sqlite.h"

#include "store/bgc-store-database.h"
#include "store/bgc-store-directory.h"
#include "store/bgc-store-loader.h"
#include "store/bgc-store-salvage.h"

/* A group is cut here, so that what is urgent never waits long for it: measured, this many one-file jobs
 * take about 5 ms, and more in a group gain nothing. */
#define GROUP_CHANGES 256u
#define GROUP_ROWS 4096u
/* Behind urgent changes only a few others ride along. */
#define GROUP_CHANGES_URGENT 16u

/* Pages of the write-ahead log (4 KiB each) that are copied into the database when nothing waits, and
 * when something does. Fewer are left where they are: copying after every single change would double its
 * writes, and they cost a start nothing. */
#define CHECKPOINT_PAGES_IDLE 1000u
#define CHECKPOINT_PAGES_BUSY 4000u

/* One commit, on its way to the thread and back. The data of its task. */
typedef struct {
  BgcChange *change; /* (owned) (nullable) */
  GError *error;     /* (owned) (nullable) */
  guint rows;
} Commit;

struct _BgcStoreSqlite {
  GObject parent_instance;
  BgcStoreDirectory *directory; /* (owned) (nullable) NULL once closed */
  BgcSecretsKey *key;           /* (owned) (nullable) NULL once closed; the thread's, like the database */
  BgcStoreDatabase *database;   /* (owned) (nullable) the thread's while there is one */
  GMainContext *context;        /* (owned) where callbacks run */
  GThread *thread;              /* (owned) (nullable) begun by the first commit */
  gboolean salvaged;

  GMutex mutex;                 /* for what is below */
  GCond cond;                   /* something was queued, or it is time to end */
  GQueue urgent;                /* (element-type GTask) owned by the queue */
  GQueue normal;                /* (element-type GTask) owned by the queue */
  gboolean closing;
  gint urgent_waits;            /* atomic: there is something in urgent */
};

static void bgc_store_sqlite_store_init (BgcStoreInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcStoreSqlite, bgc_store_sqlite, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_STORE, bgc_store_sqlite_store_init))

static void
commit_free (Commit *self)
{
  bgc_change_free (self->change);
  g_clear_error (&self->error);
  g_free (self);
}

static guint
count_rows (const BgcChange *change)
{
  return 1 + change->files->len + change->removed_files->len + change->leftovers->len;
}

/* ---- the thread ------------------------------------------------------------------------------- */

/* Runs in the main context, once for each group: the callbacks run here, in the order of the commits. */
static gboolean
deliver (gpointer data)
{
  GPtrArray *tasks = data;

  for (guint i = 0; i < tasks->len; i++)
    {
      GTask *task = g_ptr_array_index (tasks, i);
      Commit *commit = g_task_get_task_data (task);

      if (commit->error != NULL)
        g_task_return_error (task, g_steal_pointer (&commit->error));
      else
        g_task_return_pointer (task, g_steal_pointer (&commit->change), (GDestroyNotify) bgc_change_free);
    }
  return G_SOURCE_REMOVE;
}

/* @tasks transfer full. */
static void
post (BgcStoreSqlite *self, GPtrArray *tasks)
{
  GSource *source;

  /* lint: allow time because it hands results over to the main thread and waits for nothing */
  source = g_idle_source_new ();
  g_source_set_static_name (source, "[bgcopyd] committed");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, deliver, tasks, (GDestroyNotify) g_ptr_array_unref);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

static Commit *
commit_at (GPtrArray *tasks, guint position)
{
  return g_task_get_task_data (g_ptr_array_index (tasks, position));
}

/* What a rollback took back. */
static void
unnumber_leftovers (GPtrArray *tasks, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      BgcChange *change = commit_at (tasks, i)->change;

      for (guint j = 0; j < change->leftovers->len; j++)
        ((BgcLeftover *) g_ptr_array_index (change->leftovers, j))->id = 0;
    }
}

/* Writes and commits the first changes of @tasks together: all of them, or fewer where something urgent
 * came meanwhile. Answers how many are durable; 0 with @error if none is. */
static guint
commit_together (BgcStoreSqlite *self, GPtrArray *tasks, gboolean yields, GError **error)
{
  guint written = 0;
  gboolean good = bgc_store_database_begin (self->database, error);

  while (good && written < tasks->len)
    {
      if (yields && written > 0 && g_atomic_int_get (&self->urgent_waits))
        break;
      good = bgc_store_database_write (self->database, commit_at (tasks, written)->change, error);
      written++;
    }
  if (good && bgc_store_database_commit (self->database, error))
    return written;
  bgc_store_database_rollback (self->database);
  unnumber_leftovers (tasks, written);
  return 0;
}

/* One change as a group of its own, so that only those fail that are at fault. */
static void
commit_singly (BgcStoreSqlite *self, GPtrArray *tasks)
{
  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GPtrArray) one = g_ptr_array_new ();

      g_ptr_array_add (one, g_ptr_array_index (tasks, i));
      commit_together (self, one, FALSE, &commit_at (tasks, i)->error);
    }
}

/* Back to the head of the queue, in the order they had. */
static void
put_back (BgcStoreSqlite *self, GPtrArray *tasks, guint from)
{
  g_mutex_lock (&self->mutex);
  for (guint i = tasks->len; i > from; i--)
    g_queue_push_head (&self->normal, g_object_ref (g_ptr_array_index (tasks, i - 1)));
  g_mutex_unlock (&self->mutex);
  g_ptr_array_set_size (tasks, (int) from);
}

/* @tasks transfer full. */
static void
run_group (BgcStoreSqlite *self, GPtrArray *tasks, gboolean has_urgent)
{
  g_autoptr (GError) error = NULL;
  gboolean was_corrupt = bgc_store_database_is_corrupt (self->database);
  guint durable = commit_together (self, tasks, !has_urgent, &error);

  if (durable == 0 && tasks->len == 1)
    commit_at (tasks, 0)->error = g_steal_pointer (&error);
  else if (durable == 0)
    commit_singly (self, tasks);
  else if (durable < tasks->len)
    put_back (self, tasks, durable);
  if (!was_corrupt && bgc_store_database_is_corrupt (self->database))
    g_warning ("The queue database is corrupt: changes may fail until bgcopyd is restarted, "
               "which will salvage it");
  post (self, tasks);
}

/* Moves tasks from @queue to @group until it has @changes or GROUP_ROWS rows; one always fits. */
static void
take (GQueue *queue, GPtrArray *group, guint changes, guint *rows)
{
  while (!g_queue_is_empty (queue) && group->len < changes)
    {
      guint more = ((Commit *) g_task_get_task_data (g_queue_peek_head (queue)))->rows;

      if (group->len > 0 && *rows + more > GROUP_ROWS)
        return;
      *rows += more;
      g_ptr_array_add (group, g_queue_pop_head (queue));
    }
}

/* With the mutex held. */
static GPtrArray *
take_group (BgcStoreSqlite *self, gboolean *has_urgent)
{
  GPtrArray *group = g_ptr_array_new_with_free_func (g_object_unref);
  guint rows = 0;

  take (&self->urgent, group, GROUP_CHANGES, &rows);
  *has_urgent = group->len > 0;
  g_atomic_int_set (&self->urgent_waits, !g_queue_is_empty (&self->urgent));
  take (&self->normal, group, *has_urgent ? group->len + GROUP_CHANGES_URGENT : GROUP_CHANGES, &rows);
  return group;
}

static void
checkpoint_if_due (BgcStoreSqlite *self, guint pages)
{
  g_autoptr (GError) error = NULL;

  gboolean idle = pages == CHECKPOINT_PAGES_IDLE;

  if (bgc_store_database_wal_pages (self->database) < pages
      && !(idle && bgc_store_database_has_residue (self->database)))
    return;
  /* What is in the log is durable there: this loses nothing. */
  if (!bgc_store_database_checkpoint (self->database, &error))
    g_warning ("%s", error->message);
}

/* Waits until there is something to do; NULL when it is time to end. */
static GPtrArray *
next_group (BgcStoreSqlite *self, gboolean *has_urgent)
{
  gboolean ran_dry = FALSE;

  g_mutex_lock (&self->mutex);
  while (g_queue_is_empty (&self->urgent) && g_queue_is_empty (&self->normal))
    {
      if (self->closing)
        {
          g_mutex_unlock (&self->mutex);
          return NULL;
        }
      if (ran_dry)
        g_cond_wait (&self->cond, &self->mutex);
      else
        {
          g_mutex_unlock (&self->mutex);
          checkpoint_if_due (self, CHECKPOINT_PAGES_IDLE);
          g_mutex_lock (&self->mutex);
          ran_dry = TRUE;
        }
    }
  {
    GPtrArray *group = take_group (self, has_urgent);

    g_mutex_unlock (&self->mutex);
    return group;
  }
}

static gpointer
work (gpointer data)
{
  BgcStoreSqlite *self = data;
  gboolean has_urgent = FALSE;
  GPtrArray *group;

  while ((group = next_group (self, &has_urgent)) != NULL)
    {
      run_group (self, group, has_urgent);
      checkpoint_if_due (self, CHECKPOINT_PAGES_BUSY);
    }
  return NULL;
}

/* ---- the port --------------------------------------------------------------------------------- */

static BgcStoreDatabase *
open_database (BgcStoreSqlite *self, gboolean *corrupt, GError **error)
{
  return bgc_store_database_open (self->directory->database, self->key, corrupt, error);
}

/* Closes what is open of a corrupt database and puts a salvaged one in its place. */
static gboolean
salvage (BgcStoreSqlite *self, GError **error)
{
  gboolean corrupt = FALSE;

  g_clear_pointer (&self->database, bgc_store_database_free);
  if (!bgc_store_salvage_run (self->directory, self->key, error))
    return FALSE;
  self->salvaged = TRUE;
  self->database = open_database (self, &corrupt, error);
  return self->database != NULL;
}

static gboolean
open_or_salvage (BgcStoreSqlite *self, const char *directory, const char *key, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean corrupt = FALSE;

  self->directory = bgc_store_directory_open (directory, error);
  if (self->directory == NULL || !bgc_store_directory_prepare (self->directory, error))
    return FALSE;
  self->key = bgc_secrets_key_open (directory, key, error);
  if (self->key == NULL)
    return FALSE;
  self->database = open_database (self, &corrupt, &local);
  if (self->database != NULL)
    return TRUE;
  if (!corrupt)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  g_warning ("%s", local->message);
  return salvage (self, error);
}

static gboolean
load_into (BgcStoreSqlite *self, GPtrArray *jobs, GPtrArray *leftovers, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean corrupt = FALSE;

  if (bgc_store_loader_load (self->database, jobs, leftovers, &corrupt, &local))
    return TRUE;
  if (!corrupt || self->salvaged)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  g_warning ("%s", local->message);
  g_ptr_array_set_size (jobs, 0);
  g_ptr_array_set_size (leftovers, 0);
  return salvage (self, error) && bgc_store_loader_load (self->database, jobs, leftovers, &corrupt, error);
}

/* All is read before anything is handed over: a database that turns out corrupt half-way is read again. */
static gboolean
load (BgcStore *store, const BgcStoreVisitor *visitor, gpointer data, GError **error)
{
  BgcStoreSqlite *self = BGC_STORE_SQLITE (store);
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_job_free);
  g_autoptr (GPtrArray) leftovers = g_ptr_array_new_with_free_func ((GDestroyNotify) bgc_leftover_free);

  if (self->database == NULL || self->thread != NULL)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_STORE_FAILED,
                   "The queue can be loaded only before it is used");
      return FALSE;
    }
  if (!load_into (self, jobs, leftovers, error))
    return FALSE;
  g_ptr_array_set_free_func (jobs, NULL);
  g_ptr_array_set_free_func (leftovers, NULL);
  for (guint i = 0; i < jobs->len; i++)
    visitor->job (g_ptr_array_index (jobs, i), data);
  for (guint i = 0; i < leftovers->len; i++)
    visitor->leftover (g_ptr_array_index (leftovers, i), data);
  return TRUE;
}

static void
commit_async (BgcStore *store, BgcChange *change, BgcStoreUrgency urgency, GAsyncReadyCallback callback,
              gpointer data)
{
  BgcStoreSqlite *self = BGC_STORE_SQLITE (store);
  GTask *task = g_task_new (self, NULL, callback, data);
  Commit *commit = g_new0 (Commit, 1);

  commit->change = change;
  commit->rows = count_rows (change);
  g_task_set_source_tag (task, commit_async);
  g_task_set_name (task, "[bgcopyd] commit");
  g_task_set_task_data (task, commit, (GDestroyNotify) commit_free);
  if (self->database == NULL)
    {
      g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_STORE_FAILED, "The queue is closed");
      g_object_unref (task);
      return;
    }
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (urgency == BGC_STORE_URGENT ? &self->urgent : &self->normal, task);
  if (urgency == BGC_STORE_URGENT)
    g_atomic_int_set (&self->urgent_waits, TRUE);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  /* Until now the database was the main thread's, for loading. */
  if (self->thread == NULL)
    self->thread = g_thread_new ("bgc-store", work, self);
}

static BgcChange *
commit_finish (BgcStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
close_store (BgcStore *store)
{
  BgcStoreSqlite *self = BGC_STORE_SQLITE (store);

  g_mutex_lock (&self->mutex);
  self->closing = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  g_clear_pointer (&self->thread, g_thread_join);
  g_clear_pointer (&self->database, bgc_store_database_free);
  g_clear_pointer (&self->key, bgc_secrets_key_free);
  g_clear_pointer (&self->directory, bgc_store_directory_free);
}

static void
bgc_store_sqlite_dispose (GObject *object)
{
  close_store (BGC_STORE (object));
  G_OBJECT_CLASS (bgc_store_sqlite_parent_class)->dispose (object);
}

static void
bgc_store_sqlite_finalize (GObject *object)
{
  BgcStoreSqlite *self = BGC_STORE_SQLITE (object);

  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (bgc_store_sqlite_parent_class)->finalize (object);
}

static void
bgc_store_sqlite_store_init (BgcStoreInterface *iface)
{
  iface->load = load;
  iface->commit_async = commit_async;
  iface->commit_finish = commit_finish;
  iface->close = close_store;
}

static void
bgc_store_sqlite_class_init (BgcStoreSqliteClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = bgc_store_sqlite_dispose;
  object_class->finalize = bgc_store_sqlite_finalize;
}

static void
bgc_store_sqlite_init (BgcStoreSqlite *self)
{
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  g_queue_init (&self->urgent);
  g_queue_init (&self->normal);
}

BgcStore *
bgc_store_sqlite_new (const char *directory, GError **error)
{
  return bgc_store_sqlite_new_with_key (directory, NULL, error);
}

BgcStore *
bgc_store_sqlite_new_with_key (const char *directory, const char *key, GError **error)
{
  g_autoptr (BgcStoreSqlite) self = g_object_new (BGC_TYPE_STORE_SQLITE, NULL);

  if (!open_or_salvage (self, directory, key, error))
    return NULL;
  return BGC_STORE (g_steal_pointer (&self));
}

gboolean
bgc_store_sqlite_was_salvaged (BgcStoreSqlite *self)
{
  g_return_val_if_fail (BGC_IS_STORE_SQLITE (self), FALSE);

  return self->salvaged;
}
