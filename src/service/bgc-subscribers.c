/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-subscribers.h"

typedef struct {
  char *name;       /* (owned) unique name */
  guint32 uid;
  gboolean all;     /* hears about all jobs of uid */
  GQueue order;     /* (element-type BgcJobId) borrowed from links: the job used last stands last */
  GHashTable *links; /* (owned) BgcJobId (owned) → its GList link in order */
} Listener;

struct _BgcSubscribers {
  GHashTable *listeners; /* (owned) name, borrowed from the value → Listener (owned) */
  GHashTable *owners;    /* (owned) uid → GPtrArray (owned, never empty) of Listener: those with all */
  GHashTable *jobs;      /* (owned) BgcJobId (owned) → GPtrArray (owned, never empty) of Listener */
};

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  g_queue_clear (&listener->order);
  g_hash_table_unref (listener->links);
  g_free (listener->name);
  g_free (listener);
}

BgcSubscribers *
bgc_subscribers_new (void)
{
  BgcSubscribers *self = g_new0 (BgcSubscribers, 1);

  self->listeners = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, listener_free);
  self->owners = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  self->jobs = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, g_free,
                                      (GDestroyNotify) g_ptr_array_unref);
  return self;
}

void
bgc_subscribers_free (BgcSubscribers *self)
{
  g_hash_table_unref (self->jobs);
  g_hash_table_unref (self->owners);
  g_hash_table_unref (self->listeners);
  g_free (self);
}

static Listener *
ensure_listener (BgcSubscribers *self, const char *connection, guint32 uid)
{
  Listener *listener = g_hash_table_lookup (self->listeners, connection);

  if (listener != NULL)
    return listener;
  listener = g_new0 (Listener, 1);
  listener->name = g_strdup (connection);
  listener->uid = uid;
  g_queue_init (&listener->order);
  listener->links = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, g_free, NULL);
  g_hash_table_insert (self->listeners, listener->name, listener);
  return listener;
}

gboolean
bgc_subscribers_add (BgcSubscribers *self, const char *connection, guint32 uid, GError **error)
{
  GPtrArray *of_user = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (uid));
  Listener *listener = g_hash_table_lookup (self->listeners, connection);

  if (listener != NULL && listener->all)
    return TRUE;
  if (of_user == NULL)
    {
      of_user = g_ptr_array_new ();
      g_hash_table_insert (self->owners, GUINT_TO_POINTER (uid), of_user);
    }
  if (of_user->len >= BGC_SUBSCRIBERS_PER_USER)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                   "%u connections of this user are subscribed already",
                   of_user->len);
      return FALSE;
    }
  listener = ensure_listener (self, connection, uid);
  listener->all = TRUE;
  g_ptr_array_add (of_user, listener);
  return TRUE;
}

static void
unlink_job (BgcSubscribers *self, Listener *listener, const BgcJobId *id)
{
  GPtrArray *of_job = g_hash_table_lookup (self->jobs, id);

  if (of_job == NULL)
    return;
  g_ptr_array_remove_fast (of_job, listener);
  if (of_job->len == 0)
    g_hash_table_remove (self->jobs, id);
}

static void
forget_oldest (BgcSubscribers *self, Listener *listener)
{
  const BgcJobId *id = g_queue_pop_head (&listener->order);

  unlink_job (self, listener, id);
  g_hash_table_remove (listener->links, id);
}

gboolean
bgc_subscribers_add_job (BgcSubscribers *self, const char *connection, guint32 uid, const BgcJobId *id,
                         guint32 owner)
{
  Listener *listener = ensure_listener (self, connection, uid);
  GPtrArray *of_job;
  BgcJobId *key;
  GList *link;

  if (listener->all && uid == owner)
    return FALSE;
  link = g_hash_table_lookup (listener->links, id);
  if (link != NULL)
    {
      g_queue_unlink (&listener->order, link);
      g_queue_push_tail_link (&listener->order, link);
      return FALSE;
    }
  if (listener->order.length >= BGC_SUBSCRIBERS_JOBS_PER_CONNECTION)
    forget_oldest (self, listener);
  key = g_memdup2 (id, sizeof *id);
  g_queue_push_tail (&listener->order, key);
  g_hash_table_insert (listener->links, key, g_queue_peek_tail_link (&listener->order));
  of_job = g_hash_table_lookup (self->jobs, id);
  if (of_job == NULL)
    {
      of_job = g_ptr_array_new ();
      g_hash_table_insert (self->jobs, g_memdup2 (id, sizeof *id), of_job);
    }
  g_ptr_array_add (of_job, listener);
  return TRUE;
}

void
bgc_subscribers_remove (BgcSubscribers *self, const char *connection)
{
  Listener *listener = g_hash_table_lookup (self->listeners, connection);

  if (listener == NULL)
    return;
  if (listener->all)
    {
      GPtrArray *of_user = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (listener->uid));

      g_ptr_array_remove_fast (of_user, listener);
      if (of_user->len == 0)
        g_hash_table_remove (self->owners, GUINT_TO_POINTER (listener->uid));
    }
  while (listener->order.length > 0)
    forget_oldest (self, listener);
  g_hash_table_remove (self->listeners, connection);
}

static void
drop_if_deaf (BgcSubscribers *self, Listener *listener)
{
  if (!listener->all && listener->order.length == 0)
    g_hash_table_remove (self->listeners, listener->name);
}

void
bgc_subscribers_forget_job (BgcSubscribers *self, const BgcJobId *id)
{
  g_autoptr (GPtrArray) of_job = NULL;
  g_autofree BgcJobId *key = NULL;

  if (!g_hash_table_steal_extended (self->jobs, id, (gpointer *) &key, (gpointer *) &of_job))
    return;
  for (guint i = 0; i < of_job->len; i++)
    {
      Listener *listener = g_ptr_array_index (of_job, i);

      g_queue_delete_link (&listener->order, g_hash_table_lookup (listener->links, id));
      g_hash_table_remove (listener->links, id);
      drop_if_deaf (self, listener);
    }
}

void
bgc_subscribers_hand_over (BgcSubscribers *self, const BgcJobId *id, guint32 owner)
{
  GPtrArray *of_job = g_hash_table_lookup (self->jobs, id);

  if (of_job == NULL)
    return;
  for (guint i = of_job->len; i-- > 0;)
    {
      Listener *listener = g_ptr_array_index (of_job, i);

      if (listener->uid == owner || listener->uid == 0)
        continue;
      g_ptr_array_remove_index_fast (of_job, i);
      g_queue_delete_link (&listener->order, g_hash_table_lookup (listener->links, id));
      g_hash_table_remove (listener->links, id);
      drop_if_deaf (self, listener);
    }
  if (of_job->len == 0)
    g_hash_table_remove (self->jobs, id);
}

gboolean
bgc_subscribers_hear (BgcSubscribers *self, const BgcJobId *id, guint32 owner)
{
  return g_hash_table_contains (self->owners, GUINT_TO_POINTER (owner)) || g_hash_table_contains (self->jobs,
                                                                                                  id);
}

void
bgc_subscribers_foreach_of_owner (BgcSubscribers *self, guint32 owner, BgcSubscribersFunc function,
                                  gpointer data)
{
  GPtrArray *of_user = g_hash_table_lookup (self->owners, GUINT_TO_POINTER (owner));

  for (guint i = 0; of_user != NULL && i < of_user->len; i++)
    function (((Listener *) g_ptr_array_index (of_user, i))->name, data);
}

void
bgc_subscribers_foreach (BgcSubscribers *self, const BgcJobId *id, guint32 owner, BgcSubscribersFunc function,
                         gpointer data)
{
  GPtrArray *of_job = g_hash_table_lookup (self->jobs, id);

  bgc_subscribers_foreach_of_owner (self, owner, function, data);
  for (guint i = 0; of_job != NULL && i < of_job->len; i++)
    {
      Listener *listener = g_ptr_array_index (of_job, i);

      if (!(listener->all && listener->uid == owner))
        function (listener->name, data);
    }
}

guint
bgc_subscribers_count (BgcSubscribers *self)
{
  return g_hash_table_size (self->listeners);
}
