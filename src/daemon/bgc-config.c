/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config.h"

#include "base/bgc-error.h"

#define GROUP "Limits"

/* One key: where its value goes, and what values make sense. */
typedef struct {
  const char *name;
  gsize offset;     /* of a guint, or of a guint64 where wide */
  guint64 minimum;
  guint64 maximum;
  gboolean wide;
} Key;

#define KEY(name, field, minimum, maximum) \
  { name, G_STRUCT_OFFSET (BgcLimits, field), minimum, maximum, FALSE }

/* Upper bounds keep products of two settings, and memory, within reason. */
static const Key keys[] = {
  KEY ("MaxJobsPerMachine", max_jobs_per_machine, 1, 10000000),
  KEY ("MaxJobsPerUser", max_jobs_per_user, 1, 10000000),
  KEY ("MaxFilesPerJob", max_files_per_job, 1, 10000000),
  KEY ("MaxRangesPerFile", max_ranges_per_file, 1, 1000000),
  KEY ("MaxDownloadTime", max_download_time, 1, G_MAXINT32),
  KEY ("JobInactivityTimeout", job_inactivity_timeout, 86400, 999 * 86400),
  KEY ("MinimumRetryDelay", minimum_retry_delay, BGC_MINIMUM_RETRY_DELAY_FLOOR, G_MAXINT32),
  KEY ("NoProgressTimeout", no_progress_timeout, 0, G_MAXINT32),
  { "MaxStoredBytesPerUser", G_STRUCT_OFFSET (BgcLimits, max_stored_bytes_per_user),
    65536, G_MAXINT64, TRUE },
  KEY ("MaxFilesPerUser", max_files_per_user, 1, 100000000),
  KEY ("BackgroundTransfers", background_transfers, 1, 64),
  KEY ("ForegroundJobsPerOwner", foreground_jobs_per_owner, 1, 64),
  KEY ("ConnectionsPerOwner", connections_per_owner, 1, 1024),
  KEY ("ConnectionsPerHost", connections_per_host, 1, 64),
  KEY ("FilesAtOnce", files_per_job_at_once, 1, 64),
};

static const Key *
find_key (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

static gboolean
set_key (const Key *key, const char *text, BgcLimits *limits, GError **error)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, key->minimum, key->maximum, &value, NULL))
    {
      g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
                   "%s must be a whole number between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
                   key->name, key->minimum, key->maximum);
      return FALSE;
    }
  if (key->wide)
    G_STRUCT_MEMBER (guint64, limits, key->offset) = value;
  else
    G_STRUCT_MEMBER (guint32, limits, key->offset) = (guint32) value;
  return TRUE;
}

static gboolean
load_keys (GKeyFile *file, BgcLimits *limits, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (file, GROUP, NULL, NULL);

  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    {
      const Key *key = find_key (names[i]);
      g_autofree char *text = g_key_file_get_value (file, GROUP, names[i], NULL);

      if (key == NULL)
        {
          g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "there is no key %s in [" GROUP "]",
                       names[i]);
          return FALSE;
        }
      if (!set_key (key, text != NULL ? text : "", limits, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_groups (GKeyFile *file, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    if (!g_str_equal (groups[i], GROUP))
      {
        g_set_error (error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT, "there is no group [%s]", groups[i]);
        return FALSE;
      }
  return TRUE;
}

static BgcErrorCode
code_of_read_error (const GError *error)
{
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return BGC_ERROR_NOT_FOUND;
  if (error->domain == G_FILE_ERROR)
    return BGC_ERROR_ACCESS_DENIED;
  return BGC_ERROR_INVALID_ARGUMENT;
}

gboolean
bgc_config_load (const char *path, gboolean required, BgcLimits *limits, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;
  BgcLimits changed = *limits;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &local_error))
    {
      BgcErrorCode code = code_of_read_error (local_error);

      if (code == BGC_ERROR_NOT_FOUND && !required)
        return TRUE;
      g_set_error (error, BGC_ERROR, code, "%s: %s", path, local_error->message);
      return FALSE;
    }
  if (!check_groups (file, &local_error) || !load_keys (file, &changed, &local_error))
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "%s: ", path);
      return FALSE;
    }
  *limits = changed;
  return TRUE;
}
