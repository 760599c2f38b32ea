/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-manager-object.h"

#include <string.h>

#include "base/bgc-text.h"
#include "dbus/bgc-interface.h"
#include "service/bgc-bandwidth-value.h"
#include "service/bgc-file-argument.h"
#include "service/bgc-job-properties.h"
#include "service/bgc-object-path.h"
#include "service/bgc-options.h"

#define MANAGER "org.example.BackgroundCopy.Manager"
#define JOB "org.example.BackgroundCopy.Job"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* Of a word from outside, bytes shown in an error message. */
#define SHOWN_BYTES 64
/* Jobs that GetManagedObjects shows at most: about 600 bytes each, far from what cuts us off the bus. */
#define MANAGED_OBJECTS_MAX 1000u
/* A BITS code is this plus the status, where HTTP is to blame. */
#define BITS_HTTP_BASE 0x80190000u

static const char *const capabilities[] = {
  "auto-complete", "checksum-sha256", "checksum-sha512", "download", "http", "https", "upload",
  "upload-bits", "upload-put", "upload-reply", "upload-resumable", "upload-tus", NULL
};

/* ---- creating ------------------------------------------------------------------------------------ */

/* What a creation needs until it has ended. */
typedef struct {
  BgcJobType type;
  const char *name;      /* borrowed from the invocation */
  GVariant *properties;  /* (owned) a{sv}, checked */
  GPtrArray *files;      /* (owned) (nullable) (element-type BgcFileRequest) */
} Creation;

static void
creation_free (gpointer data)
{
  Creation *creation = data;

  g_clear_pointer (&creation->properties, g_variant_unref);
  g_clear_pointer (&creation->files, g_ptr_array_unref);
  g_free (creation);
}

static gboolean
check_creation (const char *type, Creation *creation, GError **error)
{
  if (!bgc_enums_job_type_from_string (type, &creation->type))
    {
      g_autofree char *shown = bgc_text_escape (type, SHOWN_BYTES);

      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "No such type of job: %s", shown);
      return FALSE;
    }
  return bgc_job_properties_check (creation->properties, error);
}

static gboolean
apply_properties (BgcJob *draft, gpointer data, GError **error)
{
  return bgc_job_properties_apply (draft, data, error);
}

static void
created_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  BgcCall *call = data;
  GError *error = NULL;
  char path[BGC_OBJECT_PATH_SIZE];
  BgcJobId id;

  if (!bgc_manager_create_finish (BGC_MANAGER (source), result, &id, &error))
    {
      bgc_call_return_error (call, error);
      return;
    }
  bgc_object_path_of_job (&id, path);
  bgc_call_return (call, g_variant_new ("(o)", path));
}

static void
create (BgcCall *call, Creation *creation, gboolean resume)
{
  bgc_manager_create_async (call->desk->manager, call->caller->uid, bgc_call_is_administrator (call),
                            creation->type,
                            creation->name, apply_properties, creation->properties, creation->files, resume,
                            created_cb, call);
}

static void
create_job (BgcCall *call)
{
  Creation *creation = g_new0 (Creation, 1);
  GError *error = NULL;
  const char *type;

  bgc_call_keep (call, creation, creation_free);
  g_variant_get (call->parameters, "(&s&s@a{sv})", &creation->name, &type, &creation->properties);
  if (check_creation (type, creation, &error))
    create (call, creation, FALSE);
  else
    bgc_call_return_error (call, error);
}

static void
submit (BgcCall *call)
{
  Creation *creation = g_new0 (Creation, 1);
  g_autoptr (GVariant) files = NULL;
  GError *error = NULL;
  const char *type;

  bgc_call_keep (call, creation, creation_free);
  g_variant_get (call->parameters, "(&s&s@a(ssa{sv})@a{sv})", &creation->name, &type, &files,
                 &creation->properties);
  if (check_creation (type, creation, &error))
    creation->files = bgc_file_argument_parse_all (files, &error);
  if (creation->files != NULL)
    create (call, creation, TRUE);
  else
    bgc_call_return_error (call, error);
}

/* ---- finding ------------------------------------------------------------------------------------- */

/* The listed job that the call names, or NULL. */
static const BgcJob *
listed_job (BgcCall *call)
{
  const BgcJob *job = bgc_call_job (call);

  return job != NULL && bgc_manager_is_listed (call->desk->manager, job) ? job : NULL;
}

static void
return_job (BgcCall *call, gboolean granted)
{
  char path[BGC_OBJECT_PATH_SIZE];

  if (!granted || listed_job (call) == NULL)
    {
      bgc_call_return_failure (call, BGC_ERROR_NOT_FOUND, "There is no such job");
      return;
    }
  bgc_object_path_of_job (&call->job, path);
  bgc_call_return (call, g_variant_new ("(o)", path));
}

static void
get_job (BgcCall *call)
{
  const BgcJob *job;
  const char *text;

  g_variant_get (call->parameters, "(&s)", &text);
  if (!bgc_job_id_parse (text, &call->job))
    {
      bgc_call_return_failure (call, BGC_ERROR_INVALID_ARGUMENT,
                               "An id is 32 hexadecimal digits, or a UUID with dashes");
      return;
    }
  job = listed_job (call);
  if (bgc_authority_allows (call->desk->authority, call->caller->uid,
                            job != NULL ? job->owner : BGC_AUTHORITY_NOBODY, BGC_RULE_SEE))
    return_job (call, TRUE);
  else
    bgc_call_ask (call, BGC_RULE_SEE, return_job);
}

enum { LIST_ALL_USERS, LIST_LIMIT, LIST_OFFSET, LIST_STATE, N_LIST_OPTIONS };

static const BgcOptionSpec list_options[] = {
  [LIST_ALL_USERS] = { "all-users", "b", FALSE },
  [LIST_LIMIT] = { "limit", "u", FALSE },
  [LIST_OFFSET] = { "offset", "u", FALSE },
  [LIST_STATE] = { "state", "as", FALSE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (list_options) == N_LIST_OPTIONS);

/* The words as a set of 1 << BgcJobState; FALSE for a word that is no state. */
static gboolean
read_states (GVariant *words, guint *states, GError **error)
{
  GVariantIter iter;
  const char *word;

  *states = 0;
  g_variant_iter_init (&iter, words);
  while (g_variant_iter_next (&iter, "&s", &word))
    {
      BgcJobState state;

      if (!bgc_enums_job_state_from_string (word, &state))
        {
          g_autofree char *shown = bgc_text_escape (word, SHOWN_BYTES);

          g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "No such state: %s", shown);
          return FALSE;
        }
      *states |= 1u << state;
    }
  return TRUE;
}

static GVariant *
paths_of (GPtrArray *jobs)
{
  char path[BGC_OBJECT_PATH_SIZE];
  GVariantBuilder paths;

  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < jobs->len; i++)
    {
      bgc_object_path_of_job (&((const BgcJob *) g_ptr_array_index (jobs, i))->id, path);
      g_variant_builder_add (&paths, "o", path);
    }
  return g_variant_builder_end (&paths);
}

static guint32
number_or (GVariant *value, guint32 otherwise)
{
  return value != NULL ? g_variant_get_uint32 (value) : otherwise;
}

typedef struct {
  gboolean all_users;
  gboolean nothing; /* an empty list of states was asked for */
  guint states;
  guint32 offset;
  guint32 limit;
} Listing;

/* @values as read of list_options. */
static gboolean
read_listing (GVariant *const *values, Listing *listing, GError **error)
{
  listing->all_users = values[LIST_ALL_USERS] != NULL && g_variant_get_boolean (values[LIST_ALL_USERS]);
  listing->offset = number_or (values[LIST_OFFSET], 0);
  listing->limit = number_or (values[LIST_LIMIT], BGC_PAGE_SIZE);
  if (listing->limit == 0 || listing->limit > BGC_PAGE_SIZE)
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "limit is a number from 1 to %u",
                   BGC_PAGE_SIZE);
      return FALSE;
    }
  if (values[LIST_STATE] != NULL && !read_states (values[LIST_STATE], &listing->states, error))
    return FALSE;
  listing->nothing = values[LIST_STATE] != NULL && listing->states == 0;
  return TRUE;
}

static void
return_listing (BgcCall *call, gboolean granted)
{
  const Listing *listing = call->data;
  guint32 owner = listing->all_users ? G_MAXUINT32 : call->caller->uid;
  g_autoptr (GPtrArray) jobs = NULL;

  if (!granted)
    {
      bgc_refusals_note (call->desk->refusals, call->caller->uid, BGC_REFUSAL_RIGHT, "ListJobs");
      bgc_call_return_failure (call, BGC_ERROR_ACCESS_DENIED, "Only administrators see all users' jobs");
      return;
    }
  jobs = listing->nothing ? g_ptr_array_new ()
                          : bgc_manager_list (call->desk->manager, owner, listing->states, listing->offset,
                                              listing->limit);
  bgc_call_return (call, g_variant_new ("(@ao)", paths_of (jobs)));
}

static void
list_jobs (BgcCall *call)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (call->parameters, 0);
  Listing *listing = g_new0 (Listing, 1);
  GVariant *values[N_LIST_OPTIONS];
  GError *error = NULL;
  gboolean ok = FALSE;

  bgc_call_keep (call, listing, g_free);
  if (bgc_options_read (options, list_options, N_LIST_OPTIONS, values, &error))
    {
      ok = read_listing (values, listing, &error);
      bgc_options_clear (values, N_LIST_OPTIONS);
    }
  if (!ok)
    bgc_call_return_error (call, error);
  else if (!listing->all_users || bgc_call_is_administrator (call))
    return_listing (call, TRUE);
  else
    bgc_call_ask (call, BGC_RULE_MANAGE, return_listing);
}

/* ---- listening ----------------------------------------------------------------------------------- */

static gboolean
begin_to_listen (BgcCall *call, GError **error)
{
  const char *connection = call->caller->name;
  guint32 uid = call->caller->uid;

  if (!bgc_subscribers_add (call->desk->subscribers, connection, uid, error))
    return FALSE;
  bgc_desk_repeat_all (call->desk, connection, uid);
  return TRUE;
}

static void
subscribe (BgcCall *call)
{
  GError *error = NULL;
  gboolean ok = call->caller->gone || begin_to_listen (call, &error);

  bgc_call_return_ended (call, ok, error);
}

static void
unsubscribe (BgcCall *call)
{
  bgc_desk_dismiss (call->desk, call->caller->name);
  bgc_call_return (call, NULL);
}

static GVariant *
managed_objects (BgcDesk *desk, guint32 owner)
{
  g_autoptr (GPtrArray) jobs = bgc_manager_list (desk->manager, owner, 0, 0, MANAGED_OBJECTS_MAX);
  const BgcFigures none = { 0 }; /* they are not brief */
  char path[BGC_OBJECT_PATH_SIZE];
  GVariantBuilder objects;

  g_variant_builder_init (&objects, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < jobs->len; i++)
    {
      const BgcJob *job = g_ptr_array_index (jobs, i);

      bgc_notifier_job_read (desk->notifier, job);
      bgc_object_path_of_job (&job->id, path);
      g_variant_builder_open (&objects, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
      g_variant_builder_add (&objects, "o", path);
      g_variant_builder_open (&objects, G_VARIANT_TYPE ("a{sa{sv}}"));
      g_variant_builder_add (&objects, "{s@a{sv}}", JOB, bgc_job_properties_all (job, &none, TRUE));
      g_variant_builder_close (&objects);
      g_variant_builder_close (&objects);
    }
  return g_variant_builder_end (&objects);
}

static void
get_managed_objects (BgcCall *call)
{
  guint32 uid = call->caller->uid;
  GError *error = NULL;

  if (bgc_manager_count (call->desk->manager, uid) > MANAGED_OBJECTS_MAX)
    bgc_call_return_failure (call, BGC_ERROR_LIMITS_EXCEEDED,
                             "Too many jobs for one answer; ListJobs gives them in pages");
  else if (!begin_to_listen (call, &error))
    bgc_call_return_error (call, error);
  else
    bgc_call_return (call, g_variant_new ("(@a{oa{sa{sv}}})", managed_objects (call->desk, uid)));
}

/* ---- explaining ---------------------------------------------------------------------------------- */

/* "0x…": NULL with InvalidArgument or NotFound. */
static char *
describe_bits_code (const char *text, GError **error)
{
  guint64 number;
  BgcErrorCode code;

  if (!g_ascii_string_to_unsigned (text + 2, 16, 0, G_MAXUINT32, &number, NULL))
    {
      g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                           "A code is 0x and up to 8 hexadecimal digits");
      return NULL;
    }
  if (number >= BITS_HTTP_BASE + 100 && number < BITS_HTTP_BASE + 600)
    return g_strdup_printf ("The server answered with HTTP status %u", (guint) (number - BITS_HTTP_BASE));
  if (bgc_error_from_bits_code ((guint32) number, &code))
    return g_strdup (bgc_error_description (code));
  g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "There is no such code");
  return NULL;
}

static char *
describe (const char *text, GError **error)
{
  BgcErrorCode code;

  if (g_ascii_strncasecmp (text, "0x", 2) == 0)
    return describe_bits_code (text, error);
  if (bgc_error_from_name (text, &code))
    return g_strdup (bgc_error_description (code));
  if (text[0] == '\0')
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "The name of an error is empty");
  else
    g_set_error_literal (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, "There is no such error");
  return NULL;
}

static void
get_error_description (BgcCall *call)
{
  g_autofree char *description = NULL;
  GError *error = NULL;
  const char *text;

  g_variant_get (call->parameters, "(&s)", &text);
  description = describe (text, &error);
  if (description != NULL)
    bgc_call_return (call, g_variant_new ("(s)", description));
  else
    bgc_call_return_error (call, error);
}

/* ---- properties ---------------------------------------------------------------------------------- */

static GVariant *
limits_value (const BgcLimits *limits)
{
  const struct {
    const char *name;
    guint32 value;
  } numbers[] = {
    { "MaxJobsPerMachine", limits->max_jobs_per_machine },
    { "MaxJobsPerUser", limits->max_jobs_per_user },
    { "MaxFilesPerJob", limits->max_files_per_job },
    { "MaxFilesPerUser", limits->max_files_per_user },
    { "MaxDownloadTime", limits->max_download_time },
    { "JobInactivityTimeout", limits->job_inactivity_timeout },
    { "MinimumRetryDelay", limits->minimum_retry_delay },
    { "NoProgressTimeout", limits->no_progress_timeout },
    { "BackgroundTransfers", limits->background_transfers },
    { "ForegroundJobsPerOwner", limits->foreground_jobs_per_owner },
    { "ConnectionsPerOwner", limits->connections_per_owner },
    { "ConnectionsPerHost", limits->connections_per_host },
    { "FilesAtOnce", limits->files_per_job_at_once },
    { "NameLength", BGC_NAME_MAX_CHARACTERS },
    { "DescriptionLength", BGC_DESCRIPTION_MAX_CHARACTERS },
    { "UrlLength", BGC_URL_MAX_BYTES },
    { "PathLength", BGC_PATH_MAX_BYTES },
    { "FilesPerCall", BGC_FILES_PER_CALL },
    { "PageSize", BGC_PAGE_SIZE },
    { "CallsPerConnection", BGC_CALLER_MAX_CALLS },
    { "CallsPerUser", BGC_USER_MAX_CALLS },
    { "ConnectionsPerUser", BGC_USER_MAX_CONNECTIONS },
    { "SubscriptionsPerUser", BGC_SUBSCRIBERS_PER_USER },
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_variant_builder_add (&builder, "{sv}", numbers[i].name, g_variant_new_uint32 (numbers[i].value));
  g_variant_builder_add (&builder, "{sv}", "MaxStoredBytesPerUser",
                         g_variant_new_uint64 (limits->max_stored_bytes_per_user));
  return g_variant_builder_end (&builder);
}

GVariant *
bgc_manager_object_property (BgcManager *manager, guint32 owner, const char *name)
{
  BgcBandwidth *bandwidth = bgc_manager_bandwidth (manager);

  if (strcmp (name, "Version") == 0)
    return g_variant_new_string (PACKAGE_VERSION);
  if (strcmp (name, "Capabilities") == 0)
    return g_variant_new_strv (capabilities, -1);
  if (strcmp (name, "Limits") == 0)
    return limits_value (bgc_manager_limits (manager));
  if (strcmp (name, "Counters") == 0)
    {
      const BgcCounters counters = bgc_manager_counters (manager, owner);
      return bgc_job_properties_counters (&counters);
    }
  if (strcmp (name, "Bandwidth") == 0)
    return bgc_bandwidth_value (bgc_bandwidth_caps (bandwidth), bgc_bandwidth_until (bandwidth));
  return NULL;
}

/* Whose jobs a property of all jobs is about. */
static guint32
seen_owner (BgcCall *call)
{
  return bgc_call_is_administrator (call) ? G_MAXUINT32 : call->caller->uid;
}

static void
get_property (BgcCall *call)
{
  const char *interface, *name;
  GVariant *value;

  g_variant_get (call->parameters, "(&s&s)", &interface, &name);
  value = bgc_manager_object_property (call->desk->manager, seen_owner (call), name);
  if (value != NULL)
    bgc_call_return (call, g_variant_new ("(v)", value));
  else
    bgc_call_return_error (call, g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY,
                                              "No such property"));
}

static void
get_all_properties (BgcCall *call)
{
  GDBusPropertyInfo **info = org_example_background_copy_manager_interface.properties;
  GVariantBuilder builder;
  const char *interface;

  g_variant_get (call->parameters, "(&s)", &interface);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; strcmp (interface, MANAGER) == 0 && info[i] != NULL; i++)
    g_variant_builder_add (&builder, "{sv}", info[i]->name,
                           bgc_manager_object_property (call->desk->manager, seen_owner (call),
                                                        info[i]->name));
  bgc_call_return (call, g_variant_new ("(a{sv})", &builder));
}

/* ---- tables -------------------------------------------------------------------------------------- */

static const BgcCallRow rows[] = {
  { MANAGER, "CreateJob", BGC_RULE_ANYBODY, create_job },
  { MANAGER, "Submit", BGC_RULE_ANYBODY, submit },
  { MANAGER, "GetJob", BGC_RULE_ANYBODY, get_job },
  { MANAGER, "ListJobs", BGC_RULE_ANYBODY, list_jobs },
  { MANAGER, "Subscribe", BGC_RULE_ANYBODY, subscribe },
  { MANAGER, "Unsubscribe", BGC_RULE_ANYBODY, unsubscribe },
  { MANAGER, "GetErrorDescription", BGC_RULE_ANYBODY, get_error_description },
  { OBJECT_MANAGER, "GetManagedObjects", BGC_RULE_ANYBODY, get_managed_objects },
  { PROPERTIES, "Get", BGC_RULE_ANYBODY, get_property },
  { PROPERTIES, "GetAll", BGC_RULE_ANYBODY, get_all_properties },
};

const BgcCallRow *
bgc_manager_object_rows (guint *n_rows)
{
  *n_rows = G_N_ELEMENTS (rows);
  return rows;
}

/* Written out because the generator knows only what is installed as ours. */
static const GDBusArgInfo objects_arg = { -1, (char *) "objects", (char *) "a{oa{sa{sv}}}", NULL };
static const GDBusArgInfo object_arg = { -1, (char *) "object", (char *) "o", NULL };
static const GDBusArgInfo added_arg = { -1, (char *) "interfaces", (char *) "a{sa{sv}}", NULL };
static const GDBusArgInfo removed_arg = { -1, (char *) "interfaces", (char *) "as", NULL };
static const GDBusArgInfo *const out_args[] = { &objects_arg, NULL };
static const GDBusArgInfo *const added_args[] = { &object_arg, &added_arg, NULL };
static const GDBusArgInfo *const removed_args[] = { &object_arg, &removed_arg, NULL };
static const GDBusMethodInfo method = { -1, (char *) "GetManagedObjects", NULL, (GDBusArgInfo **) out_args,
                                       NULL };
static const GDBusMethodInfo *const methods[] = { &method, NULL };
static const GDBusSignalInfo added = { -1, (char *) "InterfacesAdded", (GDBusArgInfo **) added_args, NULL };
static const GDBusSignalInfo removed = { -1, (char *) "InterfacesRemoved", (GDBusArgInfo **) removed_args,
                                        NULL };
static const GDBusSignalInfo *const signals[] = { &added, &removed, NULL };
static const GDBusInterfaceInfo object_manager = {
  -1, (char *) OBJECT_MANAGER, (GDBusMethodInfo **) methods, (GDBusSignalInfo **) signals, NULL, NULL
};

const GDBusInterfaceInfo *
bgc_manager_object_object_manager_interface (void)
{
  return &object_manager;
}
