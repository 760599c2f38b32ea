/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-polkit.h"

#define POLKIT "org.freedesktop.PolicyKit1"
#define AUTHORITY_PATH "/org/freedesktop/PolicyKit1/Authority"
#define AUTHORITY_INTERFACE "org.freedesktop.PolicyKit1.Authority"

/* Of CheckAuthorization. */
#define ALLOW_USER_INTERACTION 1u

/* Denials remembered; more than connections a bus lets in of a handful of users, so that it is nearly never
 * reached, and then all are forgotten. */
#define MAX_DENIALS 4096u

/* Microseconds between two complaints that polkit does not answer. */
#define COMPLAINT_INTERVAL (G_GINT64_CONSTANT (600) * G_USEC_PER_SEC)

struct _BgcAuthorityPolkit {
  GObject parent;
  GDBusConnection *connection; /* (owned) */
  BgcClock *clock;             /* (owned) */
  GHashTable *denials;         /* (owned) "action sender" (owned) → gint64 (owned) boot clock, until when */
  guint changed_id;            /* of the subscription */
  guint64 questions;           /* asked so far: names the next one */
  gint64 complain;             /* boot clock: not before */
};

/* A question that is out. */
typedef struct {
  GTask *task;      /* (owned) */
  char *key;        /* (owned) in denials */
  char *name;       /* (owned) of the question, for taking it back */
  gboolean interactive;
} Check;

static void bgc_authority_polkit_iface_init (BgcAuthorityInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BgcAuthorityPolkit, bgc_authority_polkit, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BGC_TYPE_AUTHORITY, bgc_authority_polkit_iface_init))

static const char *
action_of (BgcRule rule)
{
  switch (rule)
    {
    case BGC_RULE_SEE:
    case BGC_RULE_MANAGE:
      return "org.example.BackgroundCopy.list-all";
    case BGC_RULE_CHANGE:
      return "org.example.BackgroundCopy.modify-others";
    case BGC_RULE_TAKE:
      return "org.example.BackgroundCopy.take-ownership";
    case BGC_RULE_NOBODY:
    case BGC_RULE_ANYBODY:
    case BGC_RULE_SECRET:
    case BGC_N_RULES:
      break;
    }
  return NULL;
}

static void
check_free (Check *check)
{
  g_object_unref (check->task);
  g_free (check->key);
  g_free (check->name);
  g_free (check);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Check, check_free)

/* ---- denials ------------------------------------------------------------------------------------- */

static gboolean
was_denied (BgcAuthorityPolkit *self, const char *key)
{
  const gint64 *until = g_hash_table_lookup (self->denials, key);

  return until != NULL && bgc_clock_boot (self->clock) < *until;
}

static void
remember_denial (BgcAuthorityPolkit *self, const char *key)
{
  gint64 until = bgc_clock_boot (self->clock) + BGC_AUTHORITY_POLKIT_MEMORY;

  if (g_hash_table_size (self->denials) >= MAX_DENIALS)
    g_hash_table_remove_all (self->denials);
  g_hash_table_insert (self->denials, g_strdup (key), g_memdup2 (&until, sizeof until));
}

static char *
key_of (const char *action, const char *sender)
{
  return g_strdup_printf ("%s %s", action, sender);
}

static void
forget (BgcAuthority *iface, const char *sender)
{
  static const BgcRule rules[] = { BGC_RULE_SEE, BGC_RULE_CHANGE, BGC_RULE_TAKE };
  BgcAuthorityPolkit *self = BGC_AUTHORITY_POLKIT (iface);

  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      g_autofree char *key = key_of (action_of (rules[i]), sender);

      g_hash_table_remove (self->denials, key);
    }
}

static void
changed_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
            const char *signal, GVariant *parameters, gpointer data)
{
  g_hash_table_remove_all (BGC_AUTHORITY_POLKIT (data)->denials);
}

/* ---- questions ----------------------------------------------------------------------------------- */

/* Closes the dialog of a question that nobody waits for any more. */
static void
take_back (BgcAuthorityPolkit *self, const Check *check)
{
  g_dbus_connection_call (self->connection, POLKIT, AUTHORITY_PATH, AUTHORITY_INTERFACE,
                          "CancelCheckAuthorization", g_variant_new ("(s)", check->name), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

static void
complain (BgcAuthorityPolkit *self, const GError *error)
{
  gint64 now = bgc_clock_boot (self->clock);

  if (now < self->complain)
    return;
  self->complain = now + COMPLAINT_INTERVAL;
  g_warning ("polkit cannot be asked, so nobody but root manages jobs of others: %s", error->message);
}

static void
checked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Check) check = data;
  BgcAuthorityPolkit *self = g_task_get_source_object (check->task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  gboolean authorized = FALSE;

  if (reply != NULL)
    g_variant_get (reply, "((bba{ss}))", &authorized, NULL, NULL);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    take_back (self, check);
  else
    complain (self, error);
  if (reply != NULL && !authorized && !check->interactive)
    remember_denial (self, check->key);
  g_task_return_boolean (check->task, authorized);
}

static GVariant *
arguments_of (const char *sender, const char *action, gboolean interactive, const char *name)
{
  GVariantBuilder subject, details;

  g_variant_builder_init (&subject, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&subject, "{sv}", "name", g_variant_new_string (sender));
  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  return g_variant_new ("((sa{sv})sa{ss}us)", "system-bus-name", &subject, action, &details,
                        interactive ? ALLOW_USER_INTERACTION : 0, name);
}

static void
ask (BgcAuthority *iface, const BgcAuthorityQuestion *question, GTask *task)
{
  BgcAuthorityPolkit *self = BGC_AUTHORITY_POLKIT (iface);
  const char *action = action_of (question->rule);
  g_autofree char *key = key_of (action, question->sender);
  Check *check;

  if (!question->interactive && was_denied (self, key))
    {
      g_task_return_boolean (task, FALSE);
      g_object_unref (task);
      return;
    }
  check = g_new0 (Check, 1);
  check->task = task;
  check->key = g_steal_pointer (&key);
  check->name = g_strdup_printf ("bgcopyd-%" G_GUINT64_FORMAT, ++self->questions);
  check->interactive = question->interactive;
  /* Who is to type a password takes as long as he likes. */
  g_dbus_connection_call (self->connection, POLKIT, AUTHORITY_PATH, AUTHORITY_INTERFACE, "CheckAuthorization",
                          arguments_of (question->sender, action, question->interactive, check->name),
                          G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
                          question->interactive ? G_MAXINT : -1, g_task_get_cancellable (task), checked_cb,
                          check);
}

/* ---- object -------------------------------------------------------------------------------------- */

static void
bgc_authority_polkit_iface_init (BgcAuthorityInterface *iface)
{
  iface->ask = ask;
  iface->forget = forget;
}

static void
bgc_authority_polkit_finalize (GObject *object)
{
  BgcAuthorityPolkit *self = BGC_AUTHORITY_POLKIT (object);

  g_dbus_connection_signal_unsubscribe (self->connection, self->changed_id);
  g_hash_table_unref (self->denials);
  g_object_unref (self->clock);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (bgc_authority_polkit_parent_class)->finalize (object);
}

static void
bgc_authority_polkit_class_init (BgcAuthorityPolkitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_authority_polkit_finalize;
}

static void
bgc_authority_polkit_init (BgcAuthorityPolkit *self)
{
  self->denials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

BgcAuthority *
bgc_authority_polkit_new (GDBusConnection *connection, BgcClock *clock)
{
  BgcAuthorityPolkit *self = g_object_new (BGC_TYPE_AUTHORITY_POLKIT, NULL);

  self->connection = g_object_ref (connection);
  self->clock = g_object_ref (clock);
  self->changed_id = g_dbus_connection_signal_subscribe (connection, POLKIT, AUTHORITY_INTERFACE, "Changed",
                                                         AUTHORITY_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                         changed_cb, self, NULL);
  return BGC_AUTHORITY (self);
}
