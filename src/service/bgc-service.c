/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-service.h"

#include "dbus/bgc-interface.h"
#include "service/bgc-bus-error.h"
#include "service/bgc-dispatch-table.h"
#include "service/bgc-door.h"
#include "service/bgc-job-object.h"
#include "service/bgc-manager-object.h"
#include "service/bgc-object-path.h"

struct _BgcService {
  GObject parent;
  BgcDesk *desk;                  /* (owned) */
  BgcCredentials *credentials;    /* (owned) */
  BgcClock *clock;                /* (owned) */
  BgcDispatchTable *manager_rows; /* (owned) */
  BgcDispatchTable *job_rows;     /* (owned) */
  guint manager_id;               /* of the registered objects, 0 = not registered; likewise the next two */
  guint object_manager_id;
  guint jobs_id;
};

enum { SIGNAL_CLOSED, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_TYPE (BgcService, bgc_service, G_TYPE_OBJECT)

/* ---- one call ------------------------------------------------------------------------------------ */

static void
run_call (BgcCaller *caller, gpointer call, gpointer data)
{
  BgcService *self = data;

  bgc_door_enter (call, self->manager_rows, self->job_rows);
}

static void
refuse_call (BgcCaller *caller, guint32 serial, gpointer data)
{
  BgcService *self = data;
  g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED,
                                                  "Too many calls of this user wait for an answer");

  bgc_bus_error_send (self->desk->connection, caller->name, serial, error);
}

/* Later, if somebody waits for the answer at all. */
static gboolean
hold_call (BgcService *self, BgcCaller *caller, BgcCall *call)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);

  return (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0
         || bgc_callers_hold (self->desk->callers, caller, g_dbus_message_get_serial (message));
}

static void
method_call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                const char *member, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
  BgcService *self = data;
  g_autoptr (GError) error = NULL;
  BgcCaller *caller;
  BgcCall *call;

  if (sender == NULL || self->desk->callers == NULL)
    {
      g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                                     "Only connections of a message bus are served");
      return;
    }
  caller = bgc_callers_find (self->desk->callers, sender);
  call = bgc_call_new (self->desk, caller, invocation);
  if (!bgc_callers_enqueue (self->desk->callers, caller, call, &error))
    {
      if (caller->status == BGC_CALLER_KNOWN)
        bgc_refusals_note (self->desk->refusals, caller->uid, BGC_REFUSAL_LIMIT, member);
      if (!hold_call (self, caller, call))
        bgc_bus_error_return (g_steal_pointer (&call->invocation), error);
      bgc_call_drop (call);
    }
}

static void
caller_left (BgcCaller *caller, gpointer data)
{
  BgcService *self = data;

  bgc_authority_forget (self->desk->authority, caller->name);
  bgc_desk_dismiss (self->desk, caller->name);
}

/* ---- what the manager says ----------------------------------------------------------------------- */

static void
job_added_cb (BgcManager *manager, const BgcJob *job, BgcService *self)
{
  bgc_notifier_job_added (self->desk->notifier, job);
}

static void
job_changed_cb (BgcManager *manager, const BgcJob *job, BgcService *self)
{
  bgc_notifier_job_changed (self->desk->notifier, job);
}

static void
job_state_changed_cb (BgcManager *manager, const BgcJob *job, BgcService *self)
{
  bgc_notifier_job_state_changed (self->desk->notifier, job);
}

static void
file_transferred_cb (BgcManager *manager, const BgcJob *job, guint index, BgcService *self)
{
  bgc_notifier_file_transferred (self->desk->notifier, job, index);
}

static void
job_taken_cb (BgcManager *manager, const BgcJob *job, guint former, BgcService *self)
{
  bgc_notifier_job_taken (self->desk->notifier, job, former);
}

static void
job_left_cb (BgcManager *manager, const BgcJob *job, BgcService *self)
{
  bgc_notifier_job_left (self->desk->notifier, job);
}

static void
job_forgotten_cb (BgcManager *manager, const BgcJob *job, BgcService *self)
{
  bgc_notifier_job_forgotten (self->desk->notifier, job);
}

static void
connection_closed_cb (GDBusConnection *connection, gboolean vanished, GError *error, BgcService *self)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

/* ---- objects ------------------------------------------------------------------------------------- */

/* No property hooks: so Get, GetAll and Set come as calls, which say who asks. */
static const GDBusInterfaceVTable call_vtable = { .method_call = method_call_cb };

/* Nobody is told which jobs there are. */
static char **
enumerate_cb (GDBusConnection *connection, const char *sender, const char *path, gpointer data)
{
  return g_new0 (char *, 1);
}

/* Every well-formed id looks the same. */
static GDBusInterfaceInfo **
introspect_cb (GDBusConnection *connection, const char *sender, const char *path, const char *node,
               gpointer data)
{
  GDBusInterfaceInfo **interfaces;

  if (node == NULL || !bgc_job_id_is_canonical (node))
    return NULL;
  interfaces = g_new0 (GDBusInterfaceInfo *, 2);
  interfaces[0] = (GDBusInterfaceInfo *) &org_example_background_copy_job_interface;
  g_dbus_interface_info_ref (interfaces[0]);
  return interfaces;
}

static const GDBusInterfaceVTable *
dispatch_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
             const char *node, gpointer *out_data, gpointer data)
{
  *out_data = data;
  return &call_vtable;
}

static const GDBusSubtreeVTable jobs_vtable = { enumerate_cb, introspect_cb, dispatch_cb, { 0 } };

static gboolean
check_tables (GError **error)
{
  guint n_manager_rows, n_job_rows;
  const BgcCallRow *manager_rows = bgc_manager_object_rows (&n_manager_rows);
  const BgcCallRow *job_rows = bgc_job_object_rows (&n_job_rows);

  return bgc_dispatch_table_check_methods (manager_rows, n_manager_rows,
                                           &org_example_background_copy_manager_interface,
                                           error)
         && bgc_dispatch_table_check_methods (manager_rows, n_manager_rows,
                                              bgc_manager_object_object_manager_interface (), error)
         && bgc_dispatch_table_check_methods (job_rows, n_job_rows,
                                              &org_example_background_copy_job_interface, error)
         && bgc_dispatch_table_check_properties (&org_example_background_copy_job_interface, error);
}

static guint
register_interface (BgcService *self, const GDBusInterfaceInfo *interface, GError **error)
{
  return g_dbus_connection_register_object (self->desk->connection, BGC_OBJECT_PATH_ROOT,
                                            (GDBusInterfaceInfo *) interface, &call_vtable, self, NULL,
                                            error);
}

static gboolean
register_objects (BgcService *self, GError **error)
{
  self->manager_id = register_interface (self, &org_example_background_copy_manager_interface, error);
  if (self->manager_id == 0)
    return FALSE;
  self->object_manager_id = register_interface (self, bgc_manager_object_object_manager_interface (), error);
  if (self->object_manager_id == 0)
    return FALSE;
  self->jobs_id =
    g_dbus_connection_register_subtree (self->desk->connection, BGC_OBJECT_PATH_JOBS, &jobs_vtable,
                                        G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, self, NULL,
                                        error);
  return self->jobs_id != 0;
}

static void
connect_signals (BgcService *self)
{
  BgcManager *manager = self->desk->manager;

  g_signal_connect (manager, "job-added", G_CALLBACK (job_added_cb), self);
  g_signal_connect (manager, "job-changed", G_CALLBACK (job_changed_cb), self);
  g_signal_connect (manager, "job-state-changed", G_CALLBACK (job_state_changed_cb), self);
  g_signal_connect (manager, "file-transferred", G_CALLBACK (file_transferred_cb), self);
  g_signal_connect (manager, "job-taken", G_CALLBACK (job_taken_cb), self);
  g_signal_connect (manager, "job-left", G_CALLBACK (job_left_cb), self);
  g_signal_connect (manager, "job-forgotten", G_CALLBACK (job_forgotten_cb), self);
  g_signal_connect (self->desk->connection, "closed", G_CALLBACK (connection_closed_cb), self);
}

gboolean
bgc_service_export (BgcService *self, GError **error)
{
  static const BgcCallersHooks hooks = { run_call, bgc_call_drop, bgc_call_weigh, caller_left,
                                         refuse_call };

  g_return_val_if_fail (self->desk->callers == NULL, FALSE);

  if (!check_tables (error))
    return FALSE;
  self->desk->callers = bgc_callers_new (self->desk->connection, self->credentials, self->clock, &hooks,
                                         self);
  connect_signals (self);
  if (register_objects (self, error))
    return TRUE;
  bgc_service_unexport (self);
  return FALSE;
}

void
bgc_service_unexport (BgcService *self)
{
  GDBusConnection *connection = self->desk->connection;

  if (self->jobs_id != 0)
    g_dbus_connection_unregister_subtree (connection, self->jobs_id);
  if (self->object_manager_id != 0)
    g_dbus_connection_unregister_object (connection, self->object_manager_id);
  if (self->manager_id != 0)
    g_dbus_connection_unregister_object (connection, self->manager_id);
  self->jobs_id = self->object_manager_id = self->manager_id = 0;
  g_signal_handlers_disconnect_by_data (self->desk->manager, self);
  g_signal_handlers_disconnect_by_data (connection, self);
  if (self->desk->callers != NULL)
    {
      bgc_callers_close (self->desk->callers);
      g_clear_pointer (&self->desk->callers, bgc_callers_unref);
    }
}

guint
bgc_service_subscribers (BgcService *self)
{
  return bgc_subscribers_count (self->desk->subscribers);
}

guint
bgc_service_calls (BgcService *self)
{
  return self->desk->callers != NULL ? bgc_callers_pending (self->desk->callers) : 0;
}

/* ---- object -------------------------------------------------------------------------------------- */

static void
bgc_service_finalize (GObject *object)
{
  BgcService *self = BGC_SERVICE (object);

  bgc_service_unexport (self);
  bgc_dispatch_table_free (self->job_rows);
  bgc_dispatch_table_free (self->manager_rows);
  g_object_unref (self->clock);
  g_object_unref (self->credentials);
  bgc_desk_unref (self->desk);
  G_OBJECT_CLASS (bgc_service_parent_class)->finalize (object);
}

static void
bgc_service_class_init (BgcServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = bgc_service_finalize;
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", BGC_TYPE_SERVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
}

static void
bgc_service_init (BgcService *self)
{
  const BgcCallRow *rows;
  guint n_rows;

  rows = bgc_manager_object_rows (&n_rows);
  self->manager_rows = bgc_dispatch_table_new (rows, n_rows);
  rows = bgc_job_object_rows (&n_rows);
  self->job_rows = bgc_dispatch_table_new (rows, n_rows);
}

BgcService *
bgc_service_new (GDBusConnection *connection, BgcManager *manager, BgcClock *clock, BgcAuthority *authority,
                 BgcCredentials *credentials)
{
  BgcService *self = g_object_new (BGC_TYPE_SERVICE, NULL);

  self->desk = bgc_desk_new (connection, manager, clock, authority);
  self->clock = g_object_ref (clock);
  self->credentials = g_object_ref (credentials);
  return self;
}
