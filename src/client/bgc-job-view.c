/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-view.h"

#include <glib/gi18n.h>
#include <pwd.h>

#include "base/bgc-enums.h"
#include "base/bgc-limits.h"
#include "client/bgc-display.h"
#include "client/bgc-error-line.h"
#include "client/bgc-job-argument.h"

struct _BgcJobView
{
  char *path;        /* (owned) */
  GTree *properties; /* (owned) name → GVariant, sorted so that output is stable */
};

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  return g_strcmp0 (a, b);
}

BgcJobView *
bgc_job_view_new (const char *path)
{
  BgcJobView *self = g_new0 (BgcJobView, 1);

  self->path = g_strdup (path);
  self->properties = g_tree_new_full (compare_names, NULL, g_free, (GDestroyNotify) g_variant_unref);
  return self;
}

void
bgc_job_view_free (BgcJobView *self)
{
  g_tree_unref (self->properties);
  g_free (self->path);
  g_free (self);
}

void
bgc_job_view_update (BgcJobView *self, GVariant *properties)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_tree_replace (self->properties, g_strdup (name), g_variant_ref (value));
}

const char *
bgc_job_view_path (const BgcJobView *self)
{
  return self->path;
}

const char *
bgc_job_view_id (const BgcJobView *self)
{
  return bgc_job_argument_id (self->path);
}

GVariant *
bgc_job_view_peek (const BgcJobView *self, const char *property)
{
  return g_tree_lookup (self->properties, property);
}

const char *
bgc_job_view_string (const BgcJobView *self, const char *property)
{
  GVariant *value = bgc_job_view_peek (self, property);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
           ? g_variant_get_string (value, NULL)
           : "";
}

guint64
bgc_job_view_number (const BgcJobView *self, const char *property, guint64 fallback)
{
  GVariant *value = bgc_job_view_peek (self, property);

  if (value == NULL)
    return fallback;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_variant_get_uint64 (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return g_variant_get_uint32 (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) && g_variant_get_int64 (value) >= 0)
    return g_variant_get_int64 (value);
  return fallback;
}

gboolean
bgc_job_view_boolean (const BgcJobView *self, const char *property)
{
  GVariant *value = bgc_job_view_peek (self, property);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
         && g_variant_get_boolean (value);
}

gboolean
bgc_job_view_is_in (const BgcJobView *self, const char *state)
{
  return g_str_equal (bgc_job_view_string (self, "State"), state);
}

char *
bgc_job_view_name (const BgcJobView *self)
{
  const char *name = bgc_job_view_string (self, "DisplayName");

  return bgc_display_text (name[0] != '\0' ? name : bgc_job_view_id (self));
}

char *
bgc_job_view_progress (const BgcJobView *self)
{
  return bgc_display_progress (bgc_job_view_number (self, "BytesTransferred", 0),
                               bgc_job_view_number (self, "BytesTotal", BGC_SIZE_UNKNOWN));
}

/* In the order of BgcWaitReason. */
static const char *const reasons[BGC_N_WAIT_REASONS] = {
  NULL,
  N_("waiting for its turn"),
  N_("waiting to try again"),
  N_("waiting for the network"),
  N_("waiting for a network that is not metered"),
  N_("waiting until the machine no longer saves power"),
  N_("waiting for space on the disk"),
  N_("waiting for the timetable"),
  N_("waiting for its owner to log in"),
  N_("waiting for a new worker process"),
  N_("waiting for the server to take note of the cancellation"),
  N_("waiting for the directory to be there"),
};

char *
bgc_job_view_reason (const BgcJobView *self)
{
  BgcWaitReason reason;
  const char *word = bgc_job_view_string (self, "WaitReason");

  if (bgc_job_view_is_in (self, "suspended"))
    return g_strdup (_("suspended"));
  if (bgc_enums_wait_reason_from_string (word, &reason))
    return reasons[reason] != NULL ? g_strdup (_(reasons[reason])) : NULL;
  /* A newer service may know more reasons. */
  return word[0] != '\0' ? bgc_display_text (word) : NULL;
}

char *
bgc_job_view_standing (const BgcJobView *self, gint64 now)
{
  g_autofree char *reason = bgc_job_view_reason (self);
  guint64 next = MIN (bgc_job_view_number (self, "NextAttempt", 0), (guint64) G_MAXINT64);
  GString *text;

  if (reason == NULL)
    return NULL;
  text = g_string_new (reason);
  if (next > (guint64) now && g_str_equal (bgc_job_view_string (self, "WaitReason"), "bandwidth-policy"))
    {
      g_autofree char *time = bgc_display_clock ((gint64) next, now);
      /* Translators: a time of day, as in "until 18:00". */
      g_string_append_printf (text, _(" until %s"), time);
    }
  else if (next > (guint64) now)
    {
      g_autofree char *wait = bgc_display_duration ((next - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
      /* Translators: a time from now, as in "waiting to try again in 0:12". */
      g_string_append_printf (text, _(" in %s"), wait);
    }
  return g_string_free (text, FALSE);
}

char *
bgc_job_view_waiting (const BgcJobView *self, gint64 now)
{
  g_autofree char *standing = bgc_job_view_standing (self, now);
  GVariant *error = bgc_job_view_peek (self, "Error");
  g_autofree char *problem = error != NULL ? bgc_error_line_for_job (error) : NULL;

  if (standing == NULL || problem == NULL)
    return g_steal_pointer (&standing);
  return g_strdup_printf ("%s: %s", standing, problem);
}

char *
bgc_job_view_yielding (const BgcJobView *self)
{
  static const char *const words[BGC_N_YIELDS] = {
    [BGC_YIELD_NOBODY] = NULL,
    [BGC_YIELD_OTHERS] = N_("yields to others"),
    [BGC_YIELD_QUEUE] = N_("yields to a queue"),
    [BGC_YIELD_LIMIT] = N_("is at its limit"),
  };
  const char *word = bgc_job_view_string (self, "YieldsTo");
  BgcYield yield;

  if (bgc_enums_yield_from_string (word, &yield))
    return words[yield] != NULL ? g_strdup (_(words[yield])) : NULL;
  /* A newer service may know more. */
  return word[0] != '\0' ? bgc_display_text (word) : NULL;
}

char *
bgc_job_view_owner (const BgcJobView *self)
{
  guint32 uid = (guint32) MIN (bgc_job_view_number (self, "Owner", G_MAXUINT32), G_MAXUINT32);
  const struct passwd *entry = getpwuid (uid);

  return entry != NULL ? bgc_display_text (entry->pw_name) : g_strdup_printf ("%u", uid);
}

static char *
counted (GVariant *counters, const char *key)
{
  guint64 bytes = 0;

  g_variant_lookup (counters, key, "t", &bytes);
  return bgc_display_size (bytes);
}

char *
bgc_job_view_counters (GVariant *counters)
{
  g_autofree char *received = counted (counters, "received");
  g_autofree char *sent = counted (counters, "sent");
  g_autofree char *refetched = counted (counters, "refetched");
  g_autofree char *saved = counted (counters, "saved");

  /* Translators: four sizes. The last: what needed not be transferred again since transfers were resumed. */
  return g_strdup_printf (_("%s received, %s sent, %s fetched again, %s saved by resuming"), received, sent,
                          refetched, saved);
}

static gboolean
add_property (gpointer name, gpointer value, gpointer data)
{
  g_variant_builder_add (data, "{sv}", name, value);
  return FALSE;
}

GVariant *
bgc_job_view_to_variant (const BgcJobView *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sv}"));
  g_tree_foreach (self->properties, add_property, &builder);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
