/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-top-table.h"

#include <glib/gi18n.h>

#include "base/bgc-limits.h"
#include "client/bgc-display.h"
#include "client/bgc-job-view.h"

/* Columns that a value of each kind takes, without the gap behind it. */
#define ID_COLUMNS       8u
#define OWNER_COLUMNS    10u
#define STATE_COLUMNS    12u /* transferring */
#define PRIORITY_COLUMNS 10u /* foreground */
#define PROGRESS_COLUMNS 17u
#define RATE_COLUMNS     12u /* 1023.9 MiB/s */
#define LEFT_COLUMNS     8u  /* 1:02:03 */
#define NAME_COLUMNS     20u
/* Columns that the last one must be left before there is a priority, and before there is a name too. */
#define NOTE_WITH_PRIORITY 20u
#define NOTE_WITH_NAME     24u
/* Lines above the jobs at most: three of sums, an empty one, the heads. */
#define LINES_ABOVE 5u
/* Bytes a second; times anything sensible it still fits. */
#define RATE_MAX (G_GUINT64_CONSTANT (1) << 50)

/* Which columns there is room for. */
typedef struct
{
  gboolean priority;
  gboolean name;
  guint note; /* G_MAXUINT = as many as it takes */
} Layout;

static Layout
lay_out (const BgcTopTable *self)
{
  guint fixed = ID_COLUMNS + STATE_COLUMNS + PROGRESS_COLUMNS + RATE_COLUMNS + LEFT_COLUMNS + 5
                + (self->owners ? OWNER_COLUMNS + 1 : 0);
  Layout layout = { TRUE, TRUE, G_MAXUINT };
  guint left = self->columns > fixed ? self->columns - fixed : 0;

  if (self->columns == 0)
    return layout;
  layout.priority = left >= PRIORITY_COLUMNS + 1 + NOTE_WITH_PRIORITY;
  left -= layout.priority ? PRIORITY_COLUMNS + 1 : 0;
  layout.name = left >= NAME_COLUMNS + 1 + NOTE_WITH_NAME;
  left -= layout.name ? NAME_COLUMNS + 1 : 0;
  layout.note = left;
  return layout;
}

static void
add (const BgcTopTable *self, GString *row, const char *text, guint columns, gboolean right)
{
  g_autofree char *cut = bgc_display_ellipsize (text, columns, self->unicode);
  g_autofree char *padded = right ? bgc_display_pad_left (cut, columns) : bgc_display_pad (cut, columns);

  g_string_append_printf (row, "%s ", padded);
}

/* Ends @row, which is taken, within the width of the terminal. */
static void
end_line (const BgcTopTable *self, GString *text, GString *row)
{
  g_autofree char *line = g_string_free (row, FALSE);
  g_autofree char *cut = NULL;

  g_strchomp (line);
  cut = self->columns > 0 ? bgc_display_ellipsize (line, self->columns, self->unicode) : g_strdup (line);
  g_string_append_printf (text, "%s\n", cut);
}

/* ---- the sums ---- */

static void
add_counters (const BgcTopTable *self, GString *text)
{
  g_autoptr (GVariant) counters = NULL;
  g_autofree char *line = NULL;

  if (self->manager != NULL)
    counters = g_variant_lookup_value (self->manager, "Counters", G_VARIANT_TYPE ("a{st}"));
  if (counters == NULL)
    return;
  line = bgc_job_view_counters (counters);
  end_line (self, text, g_string_new (line));
}

static void
add_limits (const BgcTopTable *self, GString *text)
{
  static const struct
  {
    const char *key;
    const char *label;
  } limits[] = {
    { "Limit", N_("all") },
    { "LimitForeground", "foreground" },
    { "LimitHigh", "high" },
    { "LimitNormal", "normal" },
    { "LimitLow", "low" },
    { "LimitPerOwner", N_("each user") },
  };
  g_autoptr (GVariant) bandwidth = NULL;
  GString *row = g_string_new (NULL);
  gint64 until = 0;

  if (self->manager != NULL)
    bandwidth = g_variant_lookup_value (self->manager, "Bandwidth", G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; bandwidth != NULL && i < G_N_ELEMENTS (limits); i++)
    {
      g_autofree char *rate = NULL;
      guint64 limit;

      if (!g_variant_lookup (bandwidth, limits[i].key, "t", &limit))
        continue;
      rate = limit > 0 ? bgc_display_rate (limit) : g_strdup (_("nothing"));
      g_string_append_printf (row, "%s %s %s", row->len > 0 ? "," : "", _(limits[i].label), rate);
    }
  if (row->len == 0)
    {
      g_string_free (row, TRUE);
      return;
    }
  g_string_prepend (row, _("At most:"));
  if (g_variant_lookup (bandwidth, "Until", "x", &until))
    {
      g_autofree char *time = bgc_display_clock (until, self->now);
      /* Translators: a time of day, as in "until 18:00". */
      g_string_append_printf (row, _(" until %s"), time);
    }
  end_line (self, text, row);
}

/* More than a page of them are not counted. */
static char *
number (guint jobs)
{
  return g_strdup_printf (jobs < BGC_PAGE_SIZE ? "%u" : "%u+", jobs);
}

static void
add_sums (const BgcTopTable *self, GString *text)
{
  g_autofree char *time = bgc_display_time (self->now);
  g_autofree char *runs = number (self->running);
  g_autofree char *waits = number (self->waiting);
  /* Translators: a number of jobs. */
  g_autofree char *running = g_strdup_printf (ngettext ("%s job runs", "%s jobs run", self->running), runs);
  /* Translators: a number of jobs. */
  g_autofree char *waiting = g_strdup_printf (ngettext ("%s waits", "%s wait", self->waiting), waits);
  g_autofree char *rate = NULL;
  GString *row = g_string_new (NULL);
  guint64 sum = 0;

  for (guint i = 0; i < self->jobs->len; i++)
    sum += MIN (bgc_job_view_number (g_ptr_array_index (self->jobs, i), "Rate", 0), RATE_MAX);
  rate = bgc_display_rate (sum);
  g_string_printf (row, "%s  %s, %s  %s", time, running, waiting, rate);
  end_line (self, text, row);
  add_counters (self, text);
  add_limits (self, text);
  g_string_append_c (text, '\n');
}

/* ---- the jobs ---- */

static void
add_heads (const BgcTopTable *self, const Layout *layout, GString *text)
{
  GString *row = g_string_new (NULL);

  add (self, row, _("ID"), ID_COLUMNS, FALSE);
  if (self->owners)
    add (self, row, _("OWNER"), OWNER_COLUMNS, FALSE);
  add (self, row, _("STATE"), STATE_COLUMNS, FALSE);
  if (layout->priority)
    add (self, row, _("PRIORITY"), PRIORITY_COLUMNS, FALSE);
  add (self, row, _("PROGRESS"), PROGRESS_COLUMNS, FALSE);
  add (self, row, _("RATE"), RATE_COLUMNS, TRUE);
  /* Translators: the time a transfer still takes. */
  add (self, row, _("LEFT"), LEFT_COLUMNS, TRUE);
  if (layout->name)
    add (self, row, _("NAME"), NAME_COLUMNS, FALSE);
  if (layout->note > 0)
    g_string_append (row, layout->name ? _("WHY") : _("WHY, OR NAME"));
  end_line (self, text, row);
}

/* How long it still takes at this rate; "" if nobody knows. */
static char *
time_left (const BgcJobView *view, guint64 rate)
{
  guint64 total = bgc_job_view_number (view, "BytesTotal", BGC_SIZE_UNKNOWN);
  guint64 done = bgc_job_view_number (view, "BytesTransferred", 0);

  if (rate == 0 || total == BGC_SIZE_UNKNOWN || done > total)
    return g_strdup ("");
  return bgc_display_duration ((total - done) / rate);
}

/* What holds it up or back; NULL if nothing does. */
static char *
note_of (const BgcTopTable *self, const BgcJobView *view)
{
  char *waiting = bgc_job_view_waiting (view, self->now);

  return waiting != NULL ? waiting : bgc_job_view_yielding (view);
}

static void
add_job (const BgcTopTable *self, const Layout *layout, GString *text, const BgcJobView *view)
{
  guint64 rate = bgc_job_view_number (view, "Rate", 0);
  g_autofree char *id = bgc_display_text (bgc_job_view_id (view));
  g_autofree char *short_id = g_utf8_substring (id, 0, MIN ((glong) ID_COLUMNS, g_utf8_strlen (id, -1)));
  g_autofree char *owner = bgc_job_view_owner (view);
  g_autofree char *state = bgc_display_text (bgc_job_view_string (view, "State"));
  g_autofree char *priority = bgc_display_text (bgc_job_view_string (view, "Priority"));
  g_autofree char *progress = bgc_job_view_progress (view);
  g_autofree char *speed = rate > 0 ? bgc_display_rate (rate) : g_strdup ("");
  g_autofree char *left = time_left (view, rate);
  g_autofree char *name = bgc_job_view_name (view);
  g_autofree char *note = note_of (self, view);
  const char *last = note != NULL ? note : layout->name ? "" : name;
  GString *row = g_string_new (NULL);

  add (self, row, short_id, ID_COLUMNS, FALSE);
  if (self->owners)
    add (self, row, owner, OWNER_COLUMNS, FALSE);
  add (self, row, state, STATE_COLUMNS, FALSE);
  if (layout->priority)
    add (self, row, priority, PRIORITY_COLUMNS, FALSE);
  add (self, row, progress, PROGRESS_COLUMNS, FALSE);
  add (self, row, speed, RATE_COLUMNS, TRUE);
  add (self, row, left, LEFT_COLUMNS, TRUE);
  if (layout->name)
    add (self, row, name, NAME_COLUMNS, FALSE);
  g_string_append (row, last);
  end_line (self, text, row);
}

guint
bgc_top_table_room (guint rows)
{
  return rows > LINES_ABOVE ? rows - LINES_ABOVE : 0;
}

char *
bgc_top_table_render (const BgcTopTable *self)
{
  Layout layout = lay_out (self);
  GString *text = g_string_new (NULL);
  guint shown = self->rows > 0 ? MIN (bgc_top_table_room (self->rows), self->jobs->len) : self->jobs->len;

  add_sums (self, text);
  add_heads (self, &layout, text);
  for (guint i = 0; i < shown; i++)
    add_job (self, &layout, text, g_ptr_array_index (self->jobs, i));
  return g_string_free (text, FALSE);
}
