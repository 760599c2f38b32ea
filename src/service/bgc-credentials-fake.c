/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-credentials-fake.h"

#include "base/bgc-error.h"

/* What the table holds for a connection whose look-up fails: above every uid. */
#define REFUSED ((gint64) G_MAXUINT32 + 1)

struct _BgcCredentialsFake {
  GObject parent;
  guint32 uid;       /* of whoever is not in the table */
  GHashTable *table; /* (owned) sender (owned) → gint64 (owned): uid or REFUSED */
  GPtrArray *held;   /* (owned) (element-type GTask) look-ups that wait; sender is their task data */
  gboolean hold;
  guint count;
};

static void bgc_credentials_fake_iface_init (BgcCredentialsInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcCredentialsFake, bgc_credentials_fake, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_CREDENTIALS, bgc_credentials_fake_iface_init))

static void
answer (BgcCredentialsFake *self, GTask *task)
{
  const gint64 *known = g_hash_table_lookup (self->table, g_task_get_task_data (task));

  if (known != NULL && *known == REFUSED)
    g_task_return_new_error (task, BGC_ERROR, BGC_ERROR_ACCESS_DENIED, "The caller's user is not known");
  else
    g_task_return_int (task, (gssize) (known != NULL ? *known : self->uid));
}

static void
look_up_async (BgcCredentials *iface, const char *sender, GAsyncReadyCallback callback, gpointer data)
{
  BgcCredentialsFake *self = BGC_CREDENTIALS_FAKE (iface);
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, data);

  g_task_set_source_tag (task, look_up_async);
  g_task_set_name (task, "bgc_credentials_fake_look_up");
  g_task_set_task_data (task, g_strdup (sender), g_free);
  self->count++;
  if (self->hold)
    g_ptr_array_add (self->held, g_steal_pointer (&task));
  else
    answer (self, task);
}

static gboolean
look_up_finish (BgcCredentials *iface, GAsyncResult *result, guint32 *uid, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gssize value = g_task_propagate_int (G_TASK (result), &failure);

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  *uid = (guint32) value;
  return TRUE;
}

static void
bgc_credentials_fake_iface_init (BgcCredentialsInterface *iface)
{
  iface->look_up_async = look_up_async;
  iface->look_up_finish = look_up_finish;
}

static void
bgc_credentials_fake_finalize (GObject *object)
{
  BgcCredentialsFake *self = BGC_CREDENTIALS_FAKE (object);

  g_hash_table_unref (self->table);
  g_ptr_array_unref (self->held);
  G_OBJECT_CLASS (bgc_credentials_fake_parent_class)->finalize (object);
}

static void
bgc_credentials_fake_class_init (BgcCredentialsFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_credentials_fake_finalize;
}

static void
bgc_credentials_fake_init (BgcCredentialsFake *self)
{
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
}

BgcCredentialsFake *
bgc_credentials_fake_new (guint32 uid)
{
  BgcCredentialsFake *self = g_object_new (BGC_TYPE_CREDENTIALS_FAKE, NULL);

  self->uid = uid;
  return self;
}

static void
put (BgcCredentialsFake *self, const char *sender, gint64 value)
{
  g_hash_table_insert (self->table, g_strdup (sender), g_memdup2 (&value, sizeof value));
}

void
bgc_credentials_fake_set (BgcCredentialsFake *self, const char *sender, guint32 uid)
{
  put (self, sender, uid);
}

void
bgc_credentials_fake_refuse (BgcCredentialsFake *self, const char *sender)
{
  put (self, sender, REFUSED);
}

void
bgc_credentials_fake_hold (BgcCredentialsFake *self)
{
  self->hold = TRUE;
}

void
bgc_credentials_fake_release (BgcCredentialsFake *self)
{
  self->hold = FALSE;
  for (guint i = 0; i < self->held->len; i++)
    answer (self, g_ptr_array_index (self->held, i));
  g_ptr_array_set_size (self->held, 0);
}

guint
bgc_credentials_fake_count (BgcCredentialsFake *self)
{
  return self->count;
}
