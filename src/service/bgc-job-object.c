/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-job-object.h"

#include <string.h>

#include "base/bgc-text.h"
#include "service/bgc-file-argument.h"
#include "service/bgc-file-entry.h"
#include "service/bgc-job-properties.h"
#include "service/bgc-secret-argument.h"

#define JOB "org.example.BackgroundCopy.Job"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* ---- files --------------------------------------------------------------------------------------- */

static void
files_added_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcCall *call = data;
  GError *error = NULL;
  guint32 first;

  if (bgc_manager_add_files_finish (BGC_MANAGER (source), result, &first, &error))
    bgc_call_return (call, g_variant_new ("(u)", first));
  else
    bgc_call_return_error (call, error);
}

/* @requests: transfer full. */
static void
add_requests (BgcCall *call, GPtrArray *requests)
{
  bgc_call_keep (call, requests, (GDestroyNotify) g_ptr_array_unref);
  bgc_manager_add_files_async (call->desk->manager, &call->job, bgc_call_is_administrator (call), requests,
                               files_added_cb, call);
}

static void
add_file (BgcCall *call)
{
  g_autoptr (GVariant) options = NULL;
  const char *remote, *local;
  BgcFileRequest *request;
  GPtrArray *requests;
  GError *error = NULL;

  g_variant_get (call->parameters, "(&s&s@a{sv})", &remote, &local, &options);
  request = bgc_file_argument_parse (remote, local, options, &error);
  if (request == NULL)
    {
      bgc_call_return_error (call, error);
      return;
    }
  requests = g_ptr_array_new_full (1, (GDestroyNotify) bgc_file_request_free);
  g_ptr_array_add (requests, request);
  add_requests (call, requests);
}

static void
add_files (BgcCall *call)
{
  g_autoptr (GVariant) files = g_variant_get_child_value (call->parameters, 0);
  GError *error = NULL;
  GPtrArray *requests = bgc_file_argument_parse_all (files, &error);

  if (requests != NULL)
    add_requests (call, requests);
  else
    bgc_call_return_error (call, error);
}

static void
list_files (BgcCall *call)
{
  const BgcJob *job = bgc_call_job (call);
  guint32 first, limit;

  g_variant_get (call->parameters, "(uu)", &first, &limit);
  bgc_call_return (call, g_variant_new ("(@aa{sv})", bgc_file_entry_page (job->files, first, limit)));
}

static void
file_removed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_remove_file_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
remove_file (BgcCall *call)
{
  guint32 index;

  g_variant_get (call->parameters, "(u)", &index);
  bgc_manager_remove_file_async (call->desk->manager, &call->job, index, file_removed_cb, call);
}

static void
remote_set_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_set_remote_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
set_remote_name (BgcCall *call)
{
  const char *remote;
  guint32 index;

  g_variant_get (call->parameters, "(u&s)", &index, &remote);
  bgc_manager_set_remote_async (call->desk->manager, &call->job, index, remote, remote_set_cb, call);
}

/* ---- life ---------------------------------------------------------------------------------------- */

static void
suspended_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_suspend_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
suspend_job (BgcCall *call)
{
  bgc_manager_suspend_async (call->desk->manager, &call->job, suspended_cb, call);
}

static void
resumed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_resume_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
resume_job (BgcCall *call)
{
  bgc_manager_resume_async (call->desk->manager, &call->job, resumed_cb, call);
}

static void
return_outcome (BgcCall *call, gboolean ok, BgcOutcome outcome, GError *error)
{
  if (ok)
    bgc_call_return (call, g_variant_new ("(s)", bgc_enums_outcome_to_string (outcome)));
  else
    bgc_call_return_error (call, error);
}

static void
cancelled_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  BgcOutcome outcome = BGC_OUTCOME_OK;
  gboolean ok = bgc_manager_cancel_finish (BGC_MANAGER (source), result, &outcome, &error);

  return_outcome (data, ok, outcome, error);
}

static void
cancel_job (BgcCall *call)
{
  bgc_manager_cancel_async (call->desk->manager, &call->job, cancelled_cb, call);
}

static void
completed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  BgcOutcome outcome = BGC_OUTCOME_OK;
  gboolean ok = bgc_manager_complete_finish (BGC_MANAGER (source), result, &outcome, &error);

  return_outcome (data, ok, outcome, error);
}

static void
complete_job (BgcCall *call)
{
  bgc_manager_complete_async (call->desk->manager, &call->job, completed_cb, call);
}

static void
taken_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_take_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
take_ownership (BgcCall *call)
{
  bgc_manager_take_async (call->desk->manager, &call->job, call->caller->uid,
                          bgc_call_is_administrator (call), taken_cb, call);
}

static void
reply_read_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GBytes) bytes = bgc_manager_read_reply_finish (BGC_MANAGER (source), result, &error);

  if (bytes != NULL)
    bgc_call_return (data, g_variant_new ("(@ay)", g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                                             bytes, TRUE)));
  else
    bgc_call_return_error (data, error);
}

static void
get_reply_data (BgcCall *call)
{
  bgc_manager_read_reply_async (call->desk->manager, &call->job, reply_read_cb, call);
}

/* ---- secrets ------------------------------------------------------------------------------------- */

/* What is asked of a job's secrets. Exactly one of login, headers and removes. */
typedef struct {
  BgcLogin *login; /* (owned) (nullable) */
  char **headers;  /* (owned) (nullable) */
  gboolean write_only;
  gboolean removes;
  gboolean removed; /* the answer */
  BgcLoginTarget target;
  BgcLoginScheme scheme;
} SecretEdit;

static void
secret_edit_free (gpointer data)
{
  SecretEdit *edit = data;

  bgc_login_free (edit->login);
  bgc_text_wipe_all (edit->headers);
  g_free (edit);
}

static gboolean
apply_secret (BgcJob *draft, gpointer data, GError **error)
{
  SecretEdit *edit = data;

  if (edit->login != NULL)
    bgc_job_set_login (draft, bgc_login_copy (edit->login));
  else if (edit->headers != NULL)
    bgc_job_set_headers (draft, (const char *const *) edit->headers, edit->write_only);
  else
    edit->removed = bgc_job_remove_login (draft, edit->target, edit->scheme);
  return TRUE;
}

static void
secret_changed_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcCall *call = data;
  const SecretEdit *edit = call->data;
  GError *error = NULL;
  gboolean ok = bgc_manager_modify_finish (BGC_MANAGER (source), result, &error);

  if (ok && edit->removes)
    bgc_call_return (call, g_variant_new ("(b)", edit->removed));
  else
    bgc_call_return_ended (call, ok, error);
}

/* @edit transfer full; @error transfer full, nullable: what was wrong with it. */
static void
edit_secret (BgcCall *call, SecretEdit *edit, GError *error)
{
  bgc_call_keep (call, edit, secret_edit_free);
  if (error != NULL)
    bgc_call_return_error (call, error);
  else
    bgc_manager_modify_async (call->desk->manager, &call->job, apply_secret, edit, NULL, secret_changed_cb,
                              call);
}

static void
set_credentials (BgcCall *call)
{
  const char *target, *scheme, *user, *password;
  SecretEdit *edit = g_new0 (SecretEdit, 1);
  GError *error = NULL;

  g_variant_get (call->parameters, "(&s&s&s&s)", &target, &scheme, &user, &password);
  edit->login = bgc_secret_argument_login (target, scheme, user, password, &error);
  edit_secret (call, edit, error);
}

static void
remove_credentials (BgcCall *call)
{
  SecretEdit *edit = g_new0 (SecretEdit, 1);
  const char *target, *scheme;
  GError *error = NULL;

  g_variant_get (call->parameters, "(&s&s)", &target, &scheme);
  edit->removes = TRUE;
  bgc_secret_argument_target (target, scheme, &edit->target, &edit->scheme, &error);
  edit_secret (call, edit, error);
}

static void
set_custom_headers (BgcCall *call)
{
  SecretEdit *edit = g_new0 (SecretEdit, 1);
  GError *error = NULL;

  g_variant_get (call->parameters, "(^asb)", &edit->headers, &edit->write_only);
  bgc_secret_argument_headers ((const char *const *) edit->headers, &error);
  edit_secret (call, edit, error);
}

static void
refuse_as_later (BgcCall *call)
{
  bgc_call_return_failure (call, BGC_ERROR_NOT_SUPPORTED, "This member is not yet served");
}

/* ---- properties ---------------------------------------------------------------------------------- */

/* To be shown their headers, who calls must be the one whom they are of. */
static gboolean
is_owner (BgcCall *call, const BgcJob *job)
{
  return bgc_authority_allows (call->desk->authority, call->caller->uid, job->owner, BGC_RULE_SECRET);
}

static void
get_property (BgcCall *call)
{
  const BgcJob *job = bgc_call_job (call);
  const BgcFigures now = bgc_manager_figures (call->desk->manager, job);
  const BgcJobProperty *property;
  const char *interface, *name;
  GVariant *value;

  g_variant_get (call->parameters, "(&s&s)", &interface, &name);
  property = bgc_job_properties_find (name);
  if (property == NULL)
    {
      bgc_call_return_error (call, g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY,
                                                "No such property"));
      return;
    }
  bgc_notifier_job_read (call->desk->notifier, job);
  if (strcmp (name, "CustomHeaders") == 0 && is_owner (call, job))
    value = bgc_job_properties_headers (job);
  else
    value = property->get (job, &now);
  bgc_call_return (call, g_variant_new ("(v)", value));
}

static void
get_all_properties (BgcCall *call)
{
  const BgcJob *job = bgc_call_job (call);
  const BgcFigures now = bgc_manager_figures (call->desk->manager, job);
  g_autoptr (GVariant) all = g_variant_ref_sink (bgc_job_properties_all (job, &now, FALSE));
  GVariantDict dict;

  bgc_notifier_job_read (call->desk->notifier, job);
  g_variant_dict_init (&dict, all);
  if (is_owner (call, job))
    g_variant_dict_insert_value (&dict, "CustomHeaders", bgc_job_properties_headers (job));
  bgc_call_return (call, g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)));
}

typedef struct {
  const BgcJobProperty *property; /* writable */
  GVariant *value;                /* (owned) of its type */
} Setting;

static void
setting_free (gpointer data)
{
  Setting *setting = data;

  g_variant_unref (setting->value);
  g_free (setting);
}

static gboolean
apply_setting (BgcJob *draft, gpointer data, GError **error)
{
  const Setting *setting = data;

  return setting->property->set (draft, setting->value, error);
}

static void
modified_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_modify_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
reply_name_set_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  gboolean ok = bgc_manager_set_reply_name_finish (BGC_MANAGER (source), result, &error);

  bgc_call_return_ended (data, ok, error);
}

static void
set_property (BgcCall *call)
{
  g_autoptr (GVariant) value = NULL;
  const BgcJobProperty *property;
  const char *interface, *name;
  Setting *setting;

  g_variant_get (call->parameters, "(&s&sv)", &interface, &name, &value);
  property = bgc_job_properties_find (name);
  if (property == NULL || property->set == NULL
      || !g_variant_is_of_type (value, G_VARIANT_TYPE (property->signature)))
    {
      bgc_call_return_error (call, g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                                "No such writable property"));
      return;
    }
  if (strcmp (name, "ReplyFileName") == 0)
    {
      /* Only the owner's worker knows whether a file may stand there. */
      bgc_manager_set_reply_name_async (call->desk->manager, &call->job, g_variant_get_string (value, NULL),
                                        reply_name_set_cb, call);
      return;
    }
  setting = g_new0 (Setting, 1);
  setting->property = property;
  setting->value = g_steal_pointer (&value);
  bgc_manager_modify_async (call->desk->manager, &call->job, apply_setting, setting, setting_free,
                            modified_cb, call);
}

/* ---- table --------------------------------------------------------------------------------------- */

static const BgcCallRow rows[] = {
  { JOB, "AddFile", BGC_RULE_CHANGE, add_file },
  { JOB, "AddFiles", BGC_RULE_CHANGE, add_files },
  { JOB, "ListFiles", BGC_RULE_SEE, list_files },
  { JOB, "RemoveFile", BGC_RULE_CHANGE, remove_file },
  { JOB, "SetRemoteName", BGC_RULE_CHANGE, set_remote_name },
  { JOB, "ReplaceRemotePrefix", BGC_RULE_CHANGE, refuse_as_later },
  { JOB, "Suspend", BGC_RULE_CHANGE, suspend_job },
  { JOB, "Resume", BGC_RULE_CHANGE, resume_job },
  { JOB, "Cancel", BGC_RULE_CHANGE, cancel_job },
  { JOB, "Complete", BGC_RULE_CHANGE, complete_job },
  { JOB, "TakeOwnership", BGC_RULE_TAKE, take_ownership },
  { JOB, "SetCredentials", BGC_RULE_SECRET, set_credentials },
  { JOB, "RemoveCredentials", BGC_RULE_SECRET, remove_credentials },
  { JOB, "SetCustomHeaders", BGC_RULE_SECRET, set_custom_headers },
  { JOB, "SetClientCertificate", BGC_RULE_SECRET, refuse_as_later },
  { JOB, "RemoveClientCertificate", BGC_RULE_SECRET, refuse_as_later },
  { JOB, "GetReplyData", BGC_RULE_SEE, get_reply_data },
  { JOB, "SetValidationState", BGC_RULE_CHANGE, refuse_as_later },
  { JOB, "RequestFileRanges", BGC_RULE_CHANGE, refuse_as_later },
  { JOB, "GetFilledRanges", BGC_RULE_SEE, refuse_as_later },
  { JOB, "UpdateDownloadPosition", BGC_RULE_CHANGE, refuse_as_later },
  { PROPERTIES, "Get", BGC_RULE_SEE, get_property },
  { PROPERTIES, "GetAll", BGC_RULE_SEE, get_all_properties },
  { PROPERTIES, "Set", BGC_RULE_CHANGE, set_property },
};

const BgcCallRow *
bgc_job_object_rows (guint *n_rows)
{
  *n_rows = G_N_ELEMENTS (rows);
  return rows;
}
