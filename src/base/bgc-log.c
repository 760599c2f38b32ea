/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bgc-text.h"

/* Bytes of a text: a pipe writes that much at once, and GDBus says all of a frame that it cannot read. */
#define TEXT_MAX 4096u
#define OWNER_DIGITS_MAX 11u /* bytes: the decimal digits of a uid, or of an index, and a NUL */
#define EVENT_FIELDS_MAX 9u  /* of bgc_log_event() */

/* What the writer needs; set once by bgc_log_init() before other threads exist, then only read. */
static struct
{
  const char *program;   /* (owned) for ever */
  gboolean verbose;
  gboolean journal;      /* standard error is the journal's socket */
  GLogLevelFlags fatal;  /* what G_DEBUG=fatal-… asked for; GLib leaves it to the writer */
} settings;

static const char *
level_word (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK)
    {
    case G_LOG_LEVEL_ERROR:
      return "error";
    case G_LOG_LEVEL_CRITICAL:
      return "critical";
    case G_LOG_LEVEL_WARNING:
      return "warning";
    case G_LOG_LEVEL_MESSAGE:
      return "message";
    case G_LOG_LEVEL_INFO:
      return "info";
    default:
      return "debug";
    }
}

/* The syslog numbers that the journal wants in PRIORITY. */
static const char *
journal_priority (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK)
    {
    case G_LOG_LEVEL_ERROR:
      return "3";
    case G_LOG_LEVEL_CRITICAL:
    case G_LOG_LEVEL_WARNING:
      return "4";
    case G_LOG_LEVEL_MESSAGE:
      return "5";
    case G_LOG_LEVEL_INFO:
      return "6";
    default:
      return "7";
    }
}

/* The value of a text field; NULL if it is absent or of a given length. */
static const char *
field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      if (fields[i].length == -1 && strcmp (fields[i].key, key) == 0)
        return fields[i].value;
    }

  return NULL;
}

static gboolean
is_dropped (GLogLevelFlags level, const char *domain)
{
  if ((level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) == 0)
    return FALSE;
  if (settings.verbose && g_strcmp0 (domain, G_LOG_DOMAIN) == 0)
    return FALSE;

  return g_log_writer_default_would_drop (level, domain);
}

static void
write_plain (GLogLevelFlags level, const char *domain, const GLogField *fields, gsize n_fields)
{
  const char *job = field (fields, n_fields, "BGCOPY_JOB");
  g_autofree char *text = bgc_text_escape (field (fields, n_fields, "MESSAGE"), TEXT_MAX);
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "%s[%s]: ", settings.program, level_word (level));
  if (domain != NULL && strcmp (domain, G_LOG_DOMAIN) != 0)
    g_string_append_printf (line, "%s: ", domain);
  if (job != NULL)
    g_string_append_printf (line, "job %s: ", job);
  g_string_append (line, text);
  g_string_append_c (line, '\n');

  /* One call, so that lines of several threads do not mix. */
  fwrite (line->str, 1, line->len, stderr);
  fflush (stderr);
}

static GLogWriterOutput
write_journal (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autofree GLogField *all = g_new (GLogField, n_fields + 1);
  g_autofree char *text = bgc_text_escape (field (fields, n_fields, "MESSAGE"), TEXT_MAX);

  for (gsize i = 0; i < n_fields; i++)
    {
      all[i] = fields[i];
      if (all[i].length == -1 && strcmp (all[i].key, "MESSAGE") == 0)
        all[i].value = text;
    }
  all[n_fields] = (GLogField) { "SYSLOG_IDENTIFIER", settings.program, -1 };

  return g_log_writer_journald (level, all, n_fields + 1, NULL);
}

/* A warning of our own is news for an administrator, not a programmer's mistake: it never ends the
 * program, whatever G_DEBUG says. Other people's warnings do where it asks for that. */
static gboolean
is_fatal (GLogLevelFlags level, const char *domain)
{
  GLogLevelFlags mask = settings.fatal;

  if (g_strcmp0 (domain, G_LOG_DOMAIN) == 0)
    mask &= ~G_LOG_LEVEL_WARNING;

  return (level & mask & G_LOG_LEVEL_MASK) != 0;
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  const char *domain = field (fields, n_fields, "GLIB_DOMAIN");

  if (is_dropped (level, domain))
    return G_LOG_WRITER_HANDLED;
  if (!settings.journal || write_journal (level, fields, n_fields) != G_LOG_WRITER_HANDLED)
    write_plain (level, domain, fields, n_fields);
  if (is_fatal (level, domain))
    G_BREAKPOINT ();

  return G_LOG_WRITER_HANDLED;
}

void
bgc_log_init (const char *program, gboolean verbose)
{
  g_return_if_fail (settings.program == NULL);

  settings.program = g_strdup (program);
  settings.verbose = verbose;
  settings.journal = g_log_writer_is_journald (fileno (stderr));
  /* The mask can only be read by setting it. */
  settings.fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_always_fatal (settings.fatal);
  g_log_set_writer_func (write_log, NULL, NULL);
}

void
bgc_log_job (GLogLevelFlags level, const char *job_id, guint32 owner, const char *format, ...)
{
  g_autofree char *message = NULL;
  char uid[OWNER_DIGITS_MAX];
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_snprintf (uid, sizeof uid, "%" G_GUINT32_FORMAT, owner);

  {
    const GLogField fields[] = {
      { "MESSAGE", message, -1 },
      { "PRIORITY", journal_priority (level), -1 },
      { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
      { "BGCOPY_JOB", job_id, -1 },
      { "BGCOPY_OWNER", uid, -1 },
    };

    g_log_structured_array (level, fields, G_N_ELEMENTS (fields));
  }
}

void
bgc_log_event (const BgcLogEvent *event, const char *format, ...)
{
  GLogField fields[EVENT_FIELDS_MAX];
  g_autofree char *message = NULL;
  char uid[OWNER_DIGITS_MAX], file[OWNER_DIGITS_MAX];
  gsize count = 0;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_snprintf (uid, sizeof uid, "%" G_GUINT32_FORMAT, event->owner);
  g_snprintf (file, sizeof file, "%" G_GUINT32_FORMAT, event->file);
  fields[count++] = (GLogField) { "MESSAGE", message, -1 };
  fields[count++] = (GLogField) { "PRIORITY", journal_priority (event->level), -1 };
  fields[count++] = (GLogField) { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 };
  fields[count++] = (GLogField) { "MESSAGE_ID", bgc_event_message_id (event->event), -1 };
  fields[count++] = (GLogField) { "BGCOPY_OWNER", uid, -1 };
  if (event->job != NULL)
    fields[count++] = (GLogField) { "BGCOPY_JOB", event->job, -1 };
  if (event->file != BGC_LOG_NO_FILE)
    fields[count++] = (GLogField) { "BGCOPY_FILE", file, -1 };
  if (event->error != NULL)
    fields[count++] = (GLogField) { "BGCOPY_ERROR", event->error, -1 };
  if (event->url != NULL)
    fields[count++] = (GLogField) { "BGCOPY_URL", event->url, -1 };
  g_log_structured_array (event->level, fields, count);
}
