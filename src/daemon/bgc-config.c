/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <glib/gstdio.h>

#include "base/bgc-text.h"
#include "daemon/bgc-config-mistakes.h"

#define GROUP "Limits"
#define SHOWN_MAX 128u /* bytes of what somebody wrote that a message repeats */
/* Bytes of a file; all keys with their comments take a hundredth. More is not a configuration. */
#define SIZE_MAX_OF_FILE (1024 * 1024)

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
  KEY ("OnlyWhileLoggedIn", only_while_logged_in, 0, 1, SWITCH),
};

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
                                          " of bytes, or with K, M, G or T behind it," };

/* A file, or all of them, on their way into limits. */
typedef struct {
  BgcLimits *limits;                   /* (borrowed) and likewise the next */
  GPtrArray *mistakes;
  const char *file;                    /* (borrowed) */
  guint line;                          /* from 1 */
  gboolean in_group;                   /* a known one */
  gboolean begun;                      /* there was any */
  gboolean unreadable;                 /* one of the files was */
  gboolean refused[G_N_ELEMENTS (keys)]; /* the last value of this key */
} Reading;

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
  return parse_number (key, text, value);
}

static void
refuse (Reading *self, guint index, const char *text)
{
  g_autofree char *shown = bgc_text_escape (text, SHOWN_MAX);
  const Key *key = &keys[index];

  self->refused[index] = TRUE;
  if (key->unit == BGC_CONFIG_UNIT_SWITCH)
    {
      bgc_config_mistakes_add (self->mistakes, self->file, self->line, TRUE,
                               "%s must be yes or no, not \"%s\"", key->name, shown);
      return;
    }
  bgc_config_mistakes_add (self->mistakes, self->file, self->line, TRUE,
                           "%s must be a whole number%s between %" G_GUINT64_FORMAT
                           " and %" G_GUINT64_FORMAT ", not \"%s\"",
                           key->name, unit_words[key->unit], key->minimum, key->maximum, shown);
}

static void
miss_key (Reading *self, const char *name)
{
  g_autofree char *shown = bgc_text_escape (name, SHOWN_MAX);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_ascii_strcasecmp (keys[i].name, name) == 0)
      {
        bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE,
                                 "there is no key %s in [" GROUP "], it is spelt %s", shown, keys[i].name);
        return;
      }
  bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE,
                           "there is no key %s in [" GROUP "]", shown);
}

static void
assign (Reading *self, const char *name, const char *text)
{
  BgcLimits defaults;
  guint64 value;
  guint index = 0;

  while (index < G_N_ELEMENTS (keys) && !g_str_equal (keys[index].name, name))
    index++;
  if (index == G_N_ELEMENTS (keys))
    {
      miss_key (self, name);
      return;
    }
  bgc_limits_init (&defaults);
  if (text[0] == '\0')
    value = get (&keys[index], &defaults);
  else if (!parse_value (&keys[index], text, &value))
    {
      refuse (self, index, text);
      return;
    }
  self->refused[index] = FALSE;
  set (&keys[index], self->limits, value);
}

static void
enter_group (Reading *self, const char *line)
{
  g_autofree char *shown = bgc_text_escape (line, SHOWN_MAX);

  self->begun = TRUE;
  self->in_group = g_str_equal (line, "[" GROUP "]");
  if (!self->in_group)
    bgc_config_mistakes_add (self->mistakes, self->file, self->line, FALSE,
                             "there is no group %s: what stands in it has no effect", shown);
}

static void
read_line (Reading *self, char *line)
{
  char *equals;

  g_strstrip (line);
  if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
    return;
  if (line[0] == '[' && g_str_has_suffix (line, "]"))
    {
      enter_group (self, line);
      return;
    }
  equals = strchr (line, '=');
  if (equals == NULL || equals == line || line[0] == '[')
    {
      g_autofree char *shown = bgc_text_escape (line, SHOWN_MAX);

      bgc_config_mistakes_add (self->mistakes, self->file, self->line, TRUE,
                               "neither [Group] nor Key=value: \"%s\"", shown);
      return;
    }
  if (!self->begun)
    bgc_config_mistakes_add (self->mistakes, self->file, self->line, TRUE,
                             "[" GROUP "] must stand before the first key");
  if (!self->in_group)
    return;
  *equals = '\0';
  assign (self, g_strchomp (line), g_strchug (equals + 1));
}

/* Looked at first: reading a FIFO would last until somebody writes into it. */
static char *
load (const char *path, gsize *length, GError **error)
{
  struct stat status;
  char *text = NULL;

  *length = 0;
  if (g_stat (path, &status) == 0 && !S_ISREG (status.st_mode))
    {
      if (S_ISCHR (status.st_mode) && status.st_rdev == makedev (1, 3)) /* /dev/null */
        return g_strdup ("");
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
      return NULL;
    }
  if (!g_file_get_contents (path, &text, length, error))
    return NULL;
  if (*length <= SIZE_MAX_OF_FILE && strlen (text) == *length)
    return text;
  g_free (text);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a text file, or too long");
  return NULL;
}

static void
read_file (Reading *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = load (path, &length, &error);
  g_auto (GStrv) lines = NULL;

  self->file = path;
  if (text == NULL)
    {
      g_autofree char *why = bgc_text_escape (error->message, SHOWN_MAX + strlen (path));

      self->unreadable = TRUE;
      bgc_config_mistakes_add (self->mistakes, path, 0, TRUE, "%s", why);
      return;
    }
  self->begun = self->in_group = FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      self->line = i + 1;
      read_line (self, lines[i]);
    }
}

void
bgc_config_read (const GPtrArray *files, const BgcLimits *running, BgcLimits *limits, GPtrArray *mistakes)
{
  BgcLimits made;
  Reading self = { .limits = &made, .mistakes = mistakes };

  bgc_limits_init (&made);
  /* A directory that could not be read was told before. */
  self.unreadable = bgc_config_mistakes_any_grave (mistakes);
  for (guint i = 0; i < files->len; i++)
    read_file (&self, g_ptr_array_index (files, i));
  for (guint i = 0; i < G_N_ELEMENTS (keys) && running != NULL; i++)
    if (self.refused[i] || self.unreadable)
      set (&keys[i], &made, get (&keys[i], running));
  *limits = made;
}

const char *
bgc_config_key (guint index, guint64 *value, guint64 *minimum, guint64 *maximum, BgcConfigUnit *unit)
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
