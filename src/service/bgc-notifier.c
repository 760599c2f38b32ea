/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-notifier.h"

#include "service/bgc-job-properties.h"
#include "service/bgc-object-path.h"

#define JOB_INTERFACE "org.example.BackgroundCopy.Job"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"

/* Jobs of which is remembered what was sent last; about 300 bytes each. One that was pushed out is told in
 * full next time. */
#define MAX_RECORDS 4096u

G_STATIC_ASSERT (BGC_JOB_PROPERTIES_COUNT <= 64);

/* What was told of a job. */
typedef struct {
  BgcNotifier *notifier; /* borrowed */
  BgcJobId id;
  GList link;            /* in the notifier's order */
  gboolean told;         /* stamps are of what was sent; FALSE = nothing was */
  BgcJobState state;     /* as sent last, if told */
  guint64 owed;          /* properties to send even if they equal what was sent; bit = index */
  guint64 alarm;         /* when something is to be sent; 0 = nothing is */
  gint64 last;           /* boot time of the last sending, microseconds; meaningful if told */
  guint64 stamps[BGC_JOB_PROPERTIES_COUNT]; /* of the values sent last */
} Record;

struct _BgcNotifier {
  BgcClock *clock;             /* (owned) */
  BgcSubscribers *subscribers; /* borrowed */
  BgcNotifierHooks hooks;
  gpointer data;               /* of the hooks, borrowed */
  GHashTable *records;         /* (owned) BgcJobId, borrowed from the value → Record (owned) */
  GQueue order;                /* links of the records, the one changed last stands last */
};

/* One signal on its way to several connections. */
typedef struct {
  BgcNotifier *notifier;
  const char *path;
  const char *interface;
  const char *signal;
  GVariant *parameters; /* (owned) */
} Message;

static void
record_free (gpointer data)
{
  Record *record = data;

  bgc_clock_clear_alarm (record->notifier->clock, &record->alarm);
  g_queue_unlink (&record->notifier->order, &record->link);
  g_free (record);
}

BgcNotifier *
bgc_notifier_new (BgcClock *clock, BgcSubscribers *subscribers, const BgcNotifierHooks *hooks, gpointer data)
{
  BgcNotifier *self = g_new0 (BgcNotifier, 1);

  self->clock = g_object_ref (clock);
  self->subscribers = subscribers;
  self->hooks = *hooks;
  self->data = data;
  self->records = g_hash_table_new_full (bgc_job_id_hash, bgc_job_id_equal, NULL, record_free);
  g_queue_init (&self->order);
  return self;
}

void
bgc_notifier_free (BgcNotifier *self)
{
  g_hash_table_unref (self->records);
  g_object_unref (self->clock);
  g_free (self);
}

static void
deliver (const char *connection, gpointer data)
{
  const Message *message = data;
  BgcNotifier *self = message->notifier;

  self->hooks.send (connection, message->path, message->interface, message->signal, message->parameters,
                    self->data);
}

static void
tell_job_listeners (BgcNotifier *self, const BgcJob *job, const char *interface, const char *signal,
                    GVariant *parameters)
{
  char path[BGC_OBJECT_PATH_SIZE];
  Message message = { self, path, interface, signal, g_variant_ref_sink (parameters) };

  bgc_object_path_of_job (&job->id, path);
  bgc_subscribers_foreach (self->subscribers, &job->id, job->owner, deliver, &message);
  g_variant_unref (message.parameters);
}

static void
tell_owner_listeners (BgcNotifier *self, guint32 owner, const char *signal, GVariant *parameters)
{
  Message message = { self, BGC_OBJECT_PATH_ROOT, OBJECT_MANAGER_INTERFACE, signal,
                     g_variant_ref_sink (parameters) };

  bgc_subscribers_foreach_of_owner (self->subscribers, owner, deliver, &message);
  g_variant_unref (message.parameters);
}

static gboolean
is_silenced (const BgcJob *job, guint flag)
{
  return (job->notify_flags & BGC_NOTIFY_DISABLE) != 0 || (job->notify_flags & flag) == 0;
}

static void
forget (BgcNotifier *self, const BgcJobId *id)
{
  g_hash_table_remove (self->records, id);
}

static void
send_changes (BgcNotifier *self, Record *record, const BgcJob *job)
{
  const BgcFigures now = self->hooks.figures (job, self->data);
  GVariantBuilder changed;
  guint n_changed = 0;

  g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      const BgcJobProperty *property = bgc_job_properties_at (i);
      guint64 stamp;

      if (property->stamp == NULL)
        continue;
      stamp = property->stamp (job, &now);
      if (record->told && record->stamps[i] == stamp && (record->owed & (G_GUINT64_CONSTANT (1) << i)) == 0)
        continue;
      record->stamps[i] = stamp;
      g_variant_builder_add (&changed, "{sv}", property->name, property->get (job, &now));
      n_changed++;
    }
  record->owed = 0;
  if (n_changed == 0)
    {
      g_variant_builder_clear (&changed);
      return;
    }
  record->told = TRUE;
  record->state = job->state;
  record->last = bgc_clock_boot (self->clock);
  tell_job_listeners (self, job, PROPERTIES_INTERFACE, "PropertiesChanged",
                      g_variant_new ("(sa{sv}as)", JOB_INTERFACE, &changed, NULL));
}

static void
flush (BgcNotifier *self, Record *record, const BgcJob *job)
{
  bgc_clock_clear_alarm (self->clock, &record->alarm);
  send_changes (self, record, job);
}

static void
due_cb (gpointer data)
{
  Record *record = data;
  BgcNotifier *self = record->notifier;
  const BgcJob *job;

  record->alarm = 0;
  job = self->hooks.find (&record->id, self->data);
  if (job == NULL || is_silenced (job, BGC_NOTIFY_MODIFICATION))
    forget (self, &record->id);
  else
    send_changes (self, record, job);
}

static void
push_out_oldest (BgcNotifier *self)
{
  Record *oldest = self->order.head->data;
  const BgcJob *job = oldest->alarm != 0 ? self->hooks.find (&oldest->id, self->data) : NULL;

  if (job != NULL)
    flush (self, oldest, job);
  forget (self, &oldest->id);
}

static Record *
ensure_record (BgcNotifier *self, const BgcJobId *id)
{
  Record *record = g_hash_table_lookup (self->records, id);

  if (record != NULL)
    {
      g_queue_unlink (&self->order, &record->link);
      g_queue_push_tail_link (&self->order, &record->link);
      return record;
    }
  if (self->order.length >= MAX_RECORDS)
    push_out_oldest (self);
  record = g_new0 (Record, 1);
  record->notifier = self;
  record->id = *id;
  record->link.data = record;
  g_queue_push_tail_link (&self->order, &record->link);
  g_hash_table_insert (self->records, &record->id, record);
  return record;
}

/* The properties that differ from what was sent of them. */
static guint64
untold (BgcNotifier *self, const Record *record, const BgcJob *job)
{
  const BgcFigures now = self->hooks.figures (job, self->data);
  guint64 differing = 0;

  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      const BgcJobProperty *property = bgc_job_properties_at (i);

      if (property->stamp != NULL && record->stamps[i] != property->stamp (job, &now))
        differing |= G_GUINT64_CONSTANT (1) << i;
    }
  return differing;
}

static void
note_as_told (BgcNotifier *self, Record *record, const BgcJob *job)
{
  const BgcFigures now = self->hooks.figures (job, self->data);

  for (guint i = 0; i < BGC_JOB_PROPERTIES_COUNT; i++)
    {
      const BgcJobProperty *property = bgc_job_properties_at (i);

      if (property->stamp != NULL)
        record->stamps[i] = property->stamp (job, &now);
    }
  record->told = TRUE;
  record->state = job->state;
  record->last = bgc_clock_boot (self->clock);
}

void
bgc_notifier_job_added (BgcNotifier *self, const BgcJob *job)
{
  const BgcFigures now = self->hooks.figures (job, self->data);
  char path[BGC_OBJECT_PATH_SIZE];
  GVariantBuilder interfaces;

  if (!bgc_subscribers_hear (self->subscribers, &job->id, job->owner))
    return;
  bgc_object_path_of_job (&job->id, path);
  g_variant_builder_init (&interfaces, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&interfaces, "{s@a{sv}}", JOB_INTERFACE,
                         bgc_job_properties_all (job, &now, FALSE));
  tell_owner_listeners (self, job->owner, "InterfacesAdded",
                        g_variant_new ("(oa{sa{sv}})", path, &interfaces));
  if (!is_silenced (job, BGC_NOTIFY_MODIFICATION))
    note_as_told (self, ensure_record (self, &job->id), job);
}

void
bgc_notifier_job_changed (BgcNotifier *self, const BgcJob *job)
{
  gint64 due;
  Record *record;

  /* What changes while nobody listens is never told, so what was told before is no measure any more. */
  if (!bgc_subscribers_hear (self->subscribers, &job->id, job->owner)
      || is_silenced (job, BGC_NOTIFY_MODIFICATION))
    {
      forget (self, &job->id);
      return;
    }
  record = ensure_record (self, &job->id);
  due = record->last + (gint64) job->minimum_notification_interval * 1000;
  if (!record->told || record->state != job->state || bgc_clock_boot (self->clock) >= due)
    flush (self, record, job);
  else if (record->alarm == 0)
    record->alarm = bgc_clock_set_alarm (self->clock, due, "notify", due_cb, record);
}

/* With AutoComplete the files are in place only once the job is acknowledged. */
static gboolean
has_transferred (BgcNotifier *self, const BgcJob *job)
{
  if (job->auto_complete)
    return job->state == BGC_JOB_STATE_ACKNOWLEDGED && self->hooks.is_listed (job, self->data);
  return job->state == BGC_JOB_STATE_TRANSFERRED;
}

/* The signal that this state of the job deserves, with its parameters floating; or NULL. */
static const char *
outcome (BgcNotifier *self, const BgcJob *job, GVariant **parameters)
{
  if (has_transferred (self, job) && !is_silenced (job, BGC_NOTIFY_TRANSFERRED))
    {
      *parameters = g_variant_new ("()");
      return "Transferred";
    }
  if (job->state == BGC_JOB_STATE_ERROR && !is_silenced (job, BGC_NOTIFY_ERROR))
    {
      *parameters = g_variant_new ("(@a{sv})", bgc_job_properties_failure (job->error));
      return "Failed";
    }
  return NULL;
}

void
bgc_notifier_job_state_changed (BgcNotifier *self, const BgcJob *job)
{
  GVariant *parameters;
  const char *signal;

  if (!bgc_subscribers_hear (self->subscribers, &job->id, job->owner))
    return;
  signal = outcome (self, job, &parameters);
  if (signal != NULL)
    tell_job_listeners (self, job, JOB_INTERFACE, signal, parameters);
}

void
bgc_notifier_file_transferred (BgcNotifier *self, const BgcJob *job, guint32 index)
{
  if (!is_silenced (job, BGC_NOTIFY_FILE_TRANSFERRED))
    tell_job_listeners (self, job, JOB_INTERFACE, "FileTransferred", g_variant_new ("(u)", index));
}

static void
tell_removed (BgcNotifier *self, const BgcJob *job, guint32 owner)
{
  const char *interfaces[] = { JOB_INTERFACE, NULL };
  char path[BGC_OBJECT_PATH_SIZE];

  bgc_object_path_of_job (&job->id, path);
  tell_owner_listeners (self, owner, "InterfacesRemoved", g_variant_new ("(o^as)", path, interfaces));
}

void
bgc_notifier_job_left (BgcNotifier *self, const BgcJob *job)
{
  tell_removed (self, job, job->owner);
}

void
bgc_notifier_job_taken (BgcNotifier *self, const BgcJob *job, guint32 former)
{
  tell_removed (self, job, former);
  bgc_subscribers_hand_over (self->subscribers, &job->id, job->owner);
  bgc_notifier_job_added (self, job);
}

void
bgc_notifier_job_forgotten (BgcNotifier *self, const BgcJob *job)
{
  forget (self, &job->id);
  bgc_subscribers_forget_job (self->subscribers, &job->id);
}

void
bgc_notifier_job_read (BgcNotifier *self, const BgcJob *job)
{
  Record *record = g_hash_table_lookup (self->records, &job->id);

  if (record != NULL && record->alarm != 0)
    record->owed |= untold (self, record, job);
}

void
bgc_notifier_job_heard (BgcNotifier *self, const BgcJob *job)
{
  if (!is_silenced (job, BGC_NOTIFY_MODIFICATION))
    note_as_told (self, ensure_record (self, &job->id), job);
}

void
bgc_notifier_repeat (BgcNotifier *self, const BgcJob *job, const char *connection)
{
  char path[BGC_OBJECT_PATH_SIZE];
  GVariant *parameters;
  const char *signal = outcome (self, job, &parameters);

  if (signal == NULL)
    return;
  g_variant_ref_sink (parameters);
  bgc_object_path_of_job (&job->id, path);
  self->hooks.send (connection, path, JOB_INTERFACE, signal, parameters, self->data);
  g_variant_unref (parameters);
}

guint
bgc_notifier_repeated_states (void)
{
  return 1u << BGC_JOB_STATE_TRANSFERRED | 1u << BGC_JOB_STATE_ACKNOWLEDGED | 1u << BGC_JOB_STATE_ERROR;
}
