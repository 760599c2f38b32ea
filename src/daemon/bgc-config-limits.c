/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-limits.h"

#include <string.h>

#include "base/bgc-text.h"

/* One key: where its value goes, and what values make sense. */
typedef struct {
  const char *name;
  gsize offset;     /* of a guint, or of a guint64 where wide */
  guint64 minimum;
  guint64 maximum;
  BgcConfigUnit unit;
  gboolean wide;
} Key;

#define KEY(name, field, minimum, maximum, unit) \
  { name, G_STRUCT_OFFSET (BgcLimits, field), minimum, maximum, BGC_CONFIG_UNIT_##unit, FALSE }
#define WIDE_KEY(name, field, minimum, maximum, unit) \
  { name, G_STRUCT_OFFSET (BgcLimits, field), minimum, maximum, BGC_CONFIG_UNIT_##unit, TRUE }

/* Upper bounds keep products of two settings, and memory, within reason. */
static const Key keys[] = {
  KEY ("MaxJobsPerMachine", max_jobs_per_machine, 1, 10000000, COUNT),
  KEY ("MaxJobsPerUser", max_jobs_per_user, 1, 10000000, COUNT),
  KEY ("MaxFilesPerJob", max_files_per_job, 1, 10000000, COUNT),
  KEY ("MaxFilesPerUser", max_files_per_user, 1, 100000000, COUNT),
  KEY ("MaxRangesPerFile", max_ranges_per_file, 1, 1000000, COUNT),
  WIDE_KEY ("MaxStoredBytesPerUser", max_stored_bytes_per_user, 65536, G_MAXINT64, BYTES),
  KEY ("MaxDownloadTime", max_download_time, 1, G_MAXINT32, SECONDS),
  KEY ("JobInactivityTimeout", job_inactivity_timeout, 86400, 999 * 86400, SECONDS),
  KEY ("MinimumRetryDelay", minimum_retry_delay, BGC_MINIMUM_RETRY_DELAY_FLOOR, G_MAXINT32, SECONDS),
  KEY ("NoProgressTimeout", no_progress_timeout, 0, G_MAXINT32, SECONDS),
  KEY ("BackgroundTransfers", background_transfers, 1, 64, COUNT),
  KEY ("ForegroundJobsPerOwner", foreground_jobs_per_owner, 1, 64, COUNT),
  KEY ("ConnectionsPerOwner", connections_per_owner, 1, 1024, COUNT),
  KEY ("ConnectionsPerHost", connections_per_host, 1, 64, COUNT),
  KEY ("FilesAtOnce", files_per_job_at_once, 1, 64, COUNT),
  WIDE_KEY ("FreeSpaceReserve", free_space_reserve, 0, G_MAXINT64, BYTES),
  KEY ("SocketMark", socket_mark, 0, G_MAXUINT32, MARK),
  KEY ("OnlyWhileLoggedIn", only_while_logged_in, 0, 1, SWITCH),
};

G_STATIC_ASSERT (G_N_ELEMENTS (keys) <= BGC_CONFIG_LIMITS_KEYS_MAX);

/* What may stand behind a number. */
static const struct {
  const char *suffix;
  BgcConfigUnit unit;
  guint64 factor;
} suffixes[] = {
  { "s", BGC_CONFIG_UNIT_SECONDS, 1 },
  { "min", BGC_CONFIG_UNIT_SECONDS, 60 },
  { "h", BGC_CONFIG_UNIT_SECONDS, 60 * 60 },
  { "d", BGC_CONFIG_UNIT_SECONDS, 24 * 60 * 60 },
  { "w", BGC_CONFIG_UNIT_SECONDS, 7 * 24 * 60 * 60 },
  { "K", BGC_CONFIG_UNIT_BYTES, G_GUINT64_CONSTANT (1) << 10 },
  { "M", BGC_CONFIG_UNIT_BYTES, G_GUINT64_CONSTANT (1) << 20 },
  { "G", BGC_CONFIG_UNIT_BYTES, G_GUINT64_CONSTANT (1) << 30 },
  { "T", BGC_CONFIG_UNIT_BYTES, G_GUINT64_CONSTANT (1) << 40 },
};

static const char *const unit_words[] = { "", " of seconds, or with s, min, h, d or w behind it,",
                                          " of bytes, or with K, M, G or T behind it,",
                                          ", or hexadecimal with 0x before it," };

static guint64
get (const Key *key, const BgcLimits *limits)
{
  return key->wide ? G_STRUCT_MEMBER (guint64, limits, key->offset)
                   : G_STRUCT_MEMBER (guint32, limits, key->offset);
}

static void
set (const Key *key, BgcLimits *limits, guint64 value)
{
  if (key->wide)
    G_STRUCT_MEMBER (guint64, limits, key->offset) = value;
  else
    G_STRUCT_MEMBER (guint32, limits, key->offset) = (guint32)value;
}

static gboolean
find_factor (const char *suffix, BgcConfigUnit unit, guint64 *factor)
{
  *factor = 1;
  if (suffix[0] == '\0')
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (suffixes[i].unit == unit && g_str_equal (suffixes[i].suffix, suffix))
      {
        *factor = suffixes[i].factor;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_number (const Key *key, const char *text, guint64 *value)
{
  gsize digits = strspn (text, "0123456789");
  g_autofree char *number = g_strndup (text, digits);
  const char *suffix = text + digits + strspn (text + digits, " ");
  guint64 factor, count;

  return digits > 0 && find_factor (suffix, key->unit, &factor)
         && g_ascii_string_to_unsigned (number, 10, 0, G_MAXUINT64, &count, NULL)
         && g_uint64_checked_mul (value, count, factor) && *value >= key->minimum && *value <= key->maximum;
}

/* As fwmarks are written. */
static gboolean
parse_mark (const Key *key, const char *text, guint64 *value)
{
  gboolean hexadecimal = g_ascii_strncasecmp (text, "0x", 2) == 0;

  return g_ascii_string_to_unsigned (hexadecimal ? text + 2 : text, hexadecimal ? 16 : 10, key->minimum,
                                     key->maximum, value, NULL);
}

/* The words of systemd's files. */
static gboolean
parse_switch (const char *text, guint64 *value)
{
  static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (words[i], text) == 0)
      {
        *value = i % 2;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_value (const Key *key, const char *text, guint64 *value)
{
  if (key->unit == BGC_CONFIG_UNIT_SWITCH)
    return parse_switch (text, value);
  if (key->unit == BGC_CONFIG_UNIT_MARK)
    return parse_mark (key, text, value);
  return parse_number (key, text, value);
}

static void
refuse (const Key *key, BgcConfigLines *lines, const char *text)
{
  g_autofree char *shown = bgc_text_escape (text, BGC_CONFIG_LINES_SHOWN_MAX);

  if (key->unit == BGC_CONFIG_UNIT_SWITCH)
    bgc_config_lines_refuse (lines, "%s must be yes or no, not \"%s\"", key->name, shown);
  else
    bgc_config_lines_refuse (lines,
                             "%s must be a whole number%s between %" G_GUINT64_FORMAT
                             " and %" G_GUINT64_FORMAT ", not \"%s\"",
                             key->name, unit_words[key->unit], key->minimum, key->maximum, shown);
}

static void
assign (BgcConfigLines *lines, guint index, const char *text, gpointer data)
{
  BgcConfigLimits *self = data;
  BgcLimits defaults;
  guint64 value;

  bgc_limits_init (&defaults);
  self->refused[index] = FALSE;
  if (text[0] == '\0')
    set (&keys[index], self->limits, get (&keys[index], &defaults));
  else if (parse_value (&keys[index], text, &value))
    set (&keys[index], self->limits, value);
  else
    {
      self->refused[index] = TRUE;
      refuse (&keys[index], lines, text);
    }
}

static const char *
key_at (guint index)
{
  return index < G_N_ELEMENTS (keys) ? keys[index].name : NULL;
}

void
bgc_config_limits_group (BgcConfigLimits *self, BgcConfigGroup *group)
{
  *group = (BgcConfigGroup) { "Limits", key_at, assign, self };
}

void
bgc_config_limits_keep (BgcConfigLimits *self, const BgcLimits *running, gboolean all)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (self->refused[i] || all)
      set (&keys[i], self->limits, get (&keys[i], running));
}

const char *
bgc_config_limits_key (guint index, guint64 *value, guint64 *minimum, guint64 *maximum,
                       BgcConfigUnit *unit)
{
  BgcLimits defaults;

  if (index >= G_N_ELEMENTS (keys))
    return NULL;
  bgc_limits_init (&defaults);
  *value = get (&keys[index], &defaults);
  *minimum = keys[index].minimum;
  *maximum = keys[index].maximum;
  *unit = keys[index].unit;
  return keys[index].name;
}
