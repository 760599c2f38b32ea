/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-callers.h"

/* Microseconds that calls are run before the bus is read again: long enough that reading costs little
 * beside them, too short to be noticed. */
#define TURNS_TIME 1000
/* Microseconds between two looks at the users who are paced: a few turns each time. */
#define REST_TIME (2 * BGC_USER_PACE)

struct _BgcCallers {
  GDBusConnection *connection; /* (owned) */
  BgcCredentials *credentials; /* (owned) */
  BgcClock *clock;             /* (owned) */
  BgcCallersHooks hooks;
  gpointer data;               /* of the hooks, borrowed */
  GHashTable *table;           /* (owned) name, borrowed from the value → BgcCaller (one reference) */
  GHashTable *users;           /* (owned) uid → BgcUser (owned) */
  GQueue turns;                /* (element-type BgcUser) (borrowed) who has a call to run, next first */
  guint64 alarm;               /* of the next turn; 0 = none */
  guint64 rest;                /* alarm: somebody whose turn was not due yet may have one; 0 = none */
  gboolean closed;
};

/* Somebody's answer on its way out. */
typedef struct {
  BgcCallers *callers; /* (owned) */
  BgcCaller *caller;   /* (owned) */
  guint64 weight;
} Flush;

typedef struct {
  BgcCallers *callers; /* (owned) */
  BgcCaller *caller;   /* (owned) */
} LookUp;

/* Whose user is not known; no user's number. */
#define NOBODY G_MAXUINT32

/* A question to the bus, which is answered behind what it had for us. */
typedef struct {
  BgcCallers *callers; /* (owned) */
  guint32 uid;         /* of whom we want to know */
} Echo;

/* One connection that is watched, for as long as the watch lasts. */
typedef struct {
  BgcCallers *callers; /* borrowed: closing ends every watch */
  BgcCaller *caller;   /* (owned) */
} Watch;

BgcCallers *
bgc_callers_new (GDBusConnection *connection, BgcCredentials *credentials, BgcClock *clock,
                 const BgcCallersHooks *hooks, gpointer data)
{
  BgcCallers *self = g_rc_box_new0 (BgcCallers);

  self->connection = g_object_ref (connection);
  self->credentials = g_object_ref (credentials);
  self->clock = g_object_ref (clock);
  self->hooks = *hooks;
  self->data = data;
  g_queue_init (&self->turns);
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) bgc_caller_unref);
  self->users = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) bgc_user_free);
  return self;
}

BgcCallers *
bgc_callers_ref (BgcCallers *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  BgcCallers *self = data;

  bgc_callers_close (self);
  g_hash_table_unref (self->table);
  g_hash_table_unref (self->users);
  g_object_unref (self->clock);
  g_object_unref (self->credentials);
  g_object_unref (self->connection);
}

void
bgc_callers_unref (BgcCallers *self)
{
  g_rc_box_release_full (self, clear);
}

static void
unwatch (BgcCallers *self, BgcCaller *caller)
{
  guint watch = caller->watch;

  caller->watch = 0;
  if (watch != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, watch);
}

/* ---- users --------------------------------------------------------------------------------------- */

/* What @caller has waiting, in its user's account. */
static guint64
weigh_waiting (BgcCallers *self, BgcCaller *caller)
{
  guint64 weight = 0;

  for (GList *link = caller->waiting.head; link != NULL; link = link->next)
    weight += self->hooks.weigh (link->data);
  return weight;
}

static void
join (BgcCallers *self, BgcCaller *caller, guint32 uid)
{
  BgcUser *user = g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));

  if (user == NULL)
    {
      user = bgc_user_new (uid);
      g_hash_table_insert (self->users, GUINT_TO_POINTER (uid), user);
    }
  caller->user = user;
  user->calls += caller->waiting.length;
  user->held += caller->held.length;
  user->bytes += weigh_waiting (self, caller);
  if (caller->status == BGC_CALLER_KNOWN)
    user->connections++;
}

static void
drop_if_idle (BgcCallers *self, BgcUser *user)
{
  if (bgc_user_is_idle (user))
    g_hash_table_remove (self->users, GUINT_TO_POINTER (user->uid));
}

/* What waits is about to be dropped; what is worked on is taken off when it is over. */
static void
part (BgcCallers *self, BgcCaller *caller)
{
  BgcUser *user = caller->user;

  if (user == NULL)
    return;
  user->calls -= caller->waiting.length;
  user->held -= caller->held.length;
  user->bytes -= weigh_waiting (self, caller);
  if (caller->status == BGC_CALLER_KNOWN)
    user->connections--;
  if (caller->in_line && g_queue_remove (&user->turns, caller))
    {
      caller->in_line = FALSE;
      bgc_caller_unref (caller);
    }
  if (caller->working == 0)
    caller->user = NULL;
  drop_if_idle (self, user);
}

/* ---- leaving ------------------------------------------------------------------------------------- */

void
bgc_callers_close (BgcCallers *self)
{
  GHashTableIter iter;
  gpointer caller;

  self->closed = TRUE;
  bgc_clock_clear_alarm (self->clock, &self->alarm);
  bgc_clock_clear_alarm (self->clock, &self->rest);
  g_queue_clear (&self->turns);
  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &caller))
    {
      g_autoptr (BgcCaller) kept = bgc_caller_ref (caller);

      g_hash_table_iter_remove (&iter);
      unwatch (self, kept);
      part (self, kept);
      bgc_caller_drop_waiting (kept);
      g_cancellable_cancel (kept->leaving);
    }
}

static void
leave (BgcCallers *self, BgcCaller *caller)
{
  g_autoptr (BgcCaller) kept = bgc_caller_ref (caller);

  if (kept->gone)
    return;
  g_hash_table_remove (self->table, kept->name);
  unwatch (self, kept);
  part (self, kept);
  bgc_caller_leave (kept);
  if (!self->closed)
    self->hooks.left (kept, self->data);
}

/* ---- turns --------------------------------------------------------------------------------------- */

static void
take_turns (gpointer data);

static void
arm (BgcCallers *self)
{
  if (self->alarm == 0 && self->turns.length > 0)
    self->alarm
      = bgc_clock_set_alarm (self->clock, bgc_clock_boot (self->clock), NULL, take_turns, self);
}

static void
stop_resting (gpointer data);

static void
rest (BgcCallers *self, gint64 now)
{
  if (self->rest == 0)
    self->rest = bgc_clock_set_alarm (self->clock, now + REST_TIME, NULL, stop_resting, self);
}

static void
line_up_user (BgcCallers *self, BgcUser *user)
{
  gint64 now = bgc_clock_boot (self->clock);

  if (self->closed || user->in_line || !bgc_user_is_ready (user))
    return;
  if (bgc_user_due (user, now) > now)
    {
      rest (self, now);
      return;
    }
  user->in_line = TRUE;
  g_queue_push_tail (&self->turns, user);
  arm (self);
}

/* Gives @caller a turn, behind the other connections of its user; and that one, behind the other users. */
static void
line_up (BgcCallers *self, BgcCaller *caller)
{
  if (self->closed || caller->user == NULL || caller->gone)
    return;
  bgc_user_line_up (caller->user, caller);
  line_up_user (self, caller->user);
}

static void
stop_resting (gpointer data)
{
  BgcCallers *self = data;
  GHashTableIter iter;
  gpointer user;

  self->rest = 0;
  g_hash_table_iter_init (&iter, self->users);
  while (g_hash_table_iter_next (&iter, NULL, &user))
    line_up_user (self, user);
}

static void
echoed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Echo *echo = data;
  g_autoptr (BgcCallers) self = echo->callers;
  BgcUser *user = g_hash_table_lookup (self->users, GUINT_TO_POINTER (echo->uid));
  g_autoptr (GVariant) reply = NULL;

  g_free (echo);
  /* An error says as much as an answer. */
  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  if (user == NULL)
    return;
  bgc_user_heard (user);
  line_up_user (self, user);
  drop_if_idle (self, user);
}

static void
count_answer (BgcCallers *self, BgcUser *user)
{
  Echo *echo;

  if (!bgc_user_answered (user))
    return;
  echo = g_new0 (Echo, 1);
  echo->callers = bgc_callers_ref (self);
  echo->uid = user->uid;
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          echoed_cb, echo);
}

static void
refuse_held (BgcCallers *self, BgcUser *user, BgcCaller *caller)
{
  guint32 serial = bgc_caller_next_held (caller);

  if (serial == 0)
    return;
  user->held--;
  bgc_user_pace (user, bgc_clock_boot (self->clock));
  self->hooks.refuse (caller, serial, self->data);
  count_answer (self, user);
}

static void
take_turn (BgcCallers *self, BgcUser *user)
{
  g_autoptr (BgcCaller) caller = bgc_user_next (user);
  gpointer call;

  if (caller == NULL)
    return;
  refuse_held (self, user, caller);
  call = bgc_caller_next (caller);
  if (call != NULL)
    {
      user->working++;
      bgc_user_pace (user, bgc_clock_boot (self->clock));
      self->hooks.run (caller, call, self->data);
    }
  line_up (self, caller);
}

/* One call each, round after round, until the time is used up: then the bus is read again, so that whoever
 * came meanwhile stands behind one call of each other user and not behind all that one has sent. */
static void
take_turns (gpointer data)
{
  g_autoptr (BgcCallers) self = bgc_callers_ref (data);
  gint64 end = bgc_clock_boot (self->clock) + TURNS_TIME;

  self->alarm = 0;
  do
    {
      BgcUser *user = g_queue_pop_head (&self->turns);

      if (user == NULL)
        return;
      take_turn (self, user);
      /* Not before: being in line keeps it when its last call ends at once. */
      user->in_line = FALSE;
      line_up_user (self, user);
      drop_if_idle (self, user);
    }
  while (bgc_clock_boot (self->clock) < end);
  arm (self);
}

static void
owner_changed_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer data)
{
  Watch *watch = data;
  const char *new_owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get_child (parameters, 2, "&s", &new_owner);
  if (new_owner[0] == '\0')
    leave (watch->callers, watch->caller);
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  bgc_caller_unref (watch->caller);
  g_free (watch);
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  LookUp *look_up = data;
  g_autoptr (BgcCallers) self = look_up->callers;
  g_autoptr (BgcCaller) caller = look_up->caller;
  g_autoptr (GError) error = NULL;

  g_free (look_up);
  if (bgc_credentials_look_up_finish (BGC_CREDENTIALS (source), result, &caller->uid, &error))
    {
      caller->status = BGC_CALLER_KNOWN;
      if (!caller->gone && !self->closed)
        join (self, caller, caller->uid);
    }
  else
    {
      /* Usually it has left meanwhile, and nobody will tell us again. A later call asks again. */
      caller->status = BGC_CALLER_REFUSED;
      if (g_hash_table_lookup (self->table, caller->name) == caller)
        g_hash_table_remove (self->table, caller->name);
      unwatch (self, caller);
      if (!caller->gone && !self->closed)
        join (self, caller, NOBODY);
    }
  line_up (self, caller);
}

BgcCaller *
bgc_callers_find (BgcCallers *self, const char *sender)
{
  BgcCaller *caller = g_hash_table_lookup (self->table, sender);
  LookUp *look_up;
  Watch *watch;

  if (caller != NULL)
    return caller;
  caller = bgc_caller_new (sender, self->hooks.drop);
  g_hash_table_insert (self->table, caller->name, caller);
  watch = g_new0 (Watch, 1);
  watch->callers = self;
  watch->caller = bgc_caller_ref (caller);
  /* Before the look-up: the bus works in order, so whoever leaves in between is missed by neither. */
  caller->watch =
    g_dbus_connection_signal_subscribe (self->connection, "org.freedesktop.DBus", "org.freedesktop.DBus",
                                        "NameOwnerChanged", "/org/freedesktop/DBus", sender,
                                        G_DBUS_SIGNAL_FLAGS_NONE, owner_changed_cb, watch, watch_free);
  look_up = g_new0 (LookUp, 1);
  look_up->callers = bgc_callers_ref (self);
  look_up->caller = bgc_caller_ref (caller);
  bgc_credentials_look_up_async (self->credentials, sender, looked_up_cb, look_up);
  return caller;
}

gboolean
bgc_callers_enqueue (BgcCallers *self, BgcCaller *caller, gpointer call, GError **error)
{
  guint64 weight = self->hooks.weigh (call);

  if (caller->user != NULL && !bgc_user_allows (caller->user, weight, error))
    return FALSE;
  if (!bgc_caller_admit (caller, call))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                   "More than %u calls of one connection wait for an answer", BGC_CALLER_MAX_CALLS);
      return FALSE;
    }
  if (caller->user != NULL)
    {
      caller->user->calls++;
      caller->user->bytes += weight;
    }
  line_up (self, caller);
  return TRUE;
}

gboolean
bgc_callers_hold (BgcCallers *self, BgcCaller *caller, guint32 serial)
{
  if (!bgc_caller_hold (caller, serial))
    return FALSE;
  if (caller->user != NULL)
    caller->user->held++;
  line_up (self, caller);
  return TRUE;
}

void
bgc_callers_done (BgcCallers *self, BgcCaller *caller, guint64 weight)
{
  BgcUser *user = caller->user;

  bgc_caller_done (caller);
  if (user == NULL)
    return;
  user->working--;
  user->calls--;
  user->bytes -= weight;
  if (!self->closed)
    count_answer (self, user);
  line_up (self, caller);
  line_up_user (self, user);
  drop_if_idle (self, user);
}

static void
flushed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Flush *flush = data;
  g_autoptr (BgcCallers) self = flush->callers;
  g_autoptr (BgcCaller) caller = flush->caller;
  guint64 weight = flush->weight;

  g_free (flush);
  /* A failure says that the bus is gone, and nobody waits any more. */
  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  caller->flushing = FALSE;
  bgc_callers_done (self, caller, weight);
}

void
bgc_callers_answered (BgcCallers *self, BgcCaller *caller, guint64 weight, gsize bytes)
{
  Flush *flush;

  if (bytes < BGC_CALLERS_LARGE || caller->flushing || caller->gone || self->closed)
    {
      bgc_callers_done (self, caller, weight);
      return;
    }
  flush = g_new0 (Flush, 1);
  flush->callers = bgc_callers_ref (self);
  flush->caller = bgc_caller_ref (caller);
  flush->weight = weight;
  caller->flushing = TRUE;
  g_dbus_connection_flush (self->connection, NULL, flushed_cb, flush);
}

guint
bgc_callers_pending (BgcCallers *self)
{
  GHashTableIter iter;
  gpointer value;
  guint pending = 0;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const BgcCaller *caller = value;

      pending += caller->working + caller->waiting.length + caller->held.length;
    }
  return pending;
}
