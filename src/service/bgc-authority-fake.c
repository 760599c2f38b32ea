/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-fake.h"

/* In the table of grants. */
#define AT_ONCE       1u
#define INTERACTIVELY 2u

struct _BgcAuthorityFake {
  GObject parent;
  GHashTable *grants; /* (owned) "rule sender" (owned) → AT_ONCE or INTERACTIVELY */
  GPtrArray *held;    /* (owned) (element-type GTask) task data is its answer */
  gboolean hold;
  guint asked;
  guint forgotten;
};

static void bgc_authority_fake_iface_init (BgcAuthorityInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcAuthorityFake, bgc_authority_fake, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_AUTHORITY, bgc_authority_fake_iface_init))

static char *
key_of (BgcRule rule, const char *sender)
{
  return g_strdup_printf ("%d %s", (int) rule, sender);
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  BgcAuthorityFake *self = g_task_get_source_object (task);
  g_autoptr (GTask) kept = g_object_ref (task);

  if (g_ptr_array_remove (self->held, task))
    g_task_return_boolean (kept, FALSE);
}

static void
ask (BgcAuthority *iface, const BgcAuthorityQuestion *question, GTask *data)
{
  BgcAuthorityFake *self = BGC_AUTHORITY_FAKE (iface);
  g_autoptr (GTask) task = data;
  g_autofree char *key = key_of (question->rule, question->sender);
  guint grant = GPOINTER_TO_UINT (g_hash_table_lookup (self->grants, key));
  gboolean allowed = grant == AT_ONCE || (grant == INTERACTIVELY && question->interactive);

  self->asked++;
  if (!self->hold)
    {
      g_task_return_boolean (task, allowed);
      return;
    }
  g_task_set_task_data (task, GINT_TO_POINTER (allowed), NULL);
  g_ptr_array_add (self->held, g_object_ref (task));
  if (g_task_get_cancellable (task) != NULL)
    g_signal_connect_object (g_task_get_cancellable (task), "cancelled", G_CALLBACK (cancelled_cb), task, 0);
}

static void
forget (BgcAuthority *iface, const char *sender)
{
  BGC_AUTHORITY_FAKE (iface)->forgotten++;
}

static void
bgc_authority_fake_iface_init (BgcAuthorityInterface *iface)
{
  iface->ask = ask;
  iface->forget = forget;
}

static void
bgc_authority_fake_finalize (GObject *object)
{
  BgcAuthorityFake *self = BGC_AUTHORITY_FAKE (object);

  g_hash_table_unref (self->grants);
  g_ptr_array_unref (self->held);
  G_OBJECT_CLASS (bgc_authority_fake_parent_class)->finalize (object);
}

static void
bgc_authority_fake_class_init (BgcAuthorityFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_authority_fake_finalize;
}

static void
bgc_authority_fake_init (BgcAuthorityFake *self)
{
  self->grants = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
}

BgcAuthorityFake *
bgc_authority_fake_new (void)
{
  return g_object_new (BGC_TYPE_AUTHORITY_FAKE, NULL);
}

void
bgc_authority_fake_grant (BgcAuthorityFake *self, const char *sender, BgcRule rule, gboolean interactive)
{
  g_hash_table_insert (self->grants, key_of (rule, sender),
                       GUINT_TO_POINTER (interactive ? INTERACTIVELY : AT_ONCE));
}

void
bgc_authority_fake_hold (BgcAuthorityFake *self)
{
  self->hold = TRUE;
}

void
bgc_authority_fake_release (BgcAuthorityFake *self)
{
  self->hold = FALSE;
  while (self->held->len > 0)
    {
      g_autoptr (GTask) task = g_ptr_array_steal_index (self->held, 0);

      g_task_return_boolean (task, GPOINTER_TO_INT (g_task_get_task_data (task)));
    }
}

guint
bgc_authority_fake_asked (BgcAuthorityFake *self)
{
  return self->asked;
}

guint
bgc_authority_fake_held (BgcAuthorityFake *self)
{
  return self->held->len;
}

guint
bgc_authority_fake_forgotten (BgcAuthorityFake *self)
{
  return self->forgotten;
}
