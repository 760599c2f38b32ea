/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-progress-bar.h"

#include <glib/gi18n.h>

#include "base/bgc-limits.h"
#include "client/bgc-display.h"

/* Columns. Fields have fixed widths so that the line does not dance. */
#define PERCENT_COLUMNS  4u  /* "100%" */
#define AMOUNT_COLUMNS   10u /* "1023.9 MiB" */
#define PAIR_COLUMNS     21u /* two of them and a slash */
#define RATE_COLUMNS     12u /* "1023.9 MiB/s" */
#define DURATION_COLUMNS 7u  /* "1:02:03" */
#define BAR_COLUMNS_MIN  10u /* a shorter one says less than the percentage */
#define NAME_COLUMNS_MIN 8u
#define NAME_COLUMNS_MAX 32u
#define GAP_COLUMNS      2u

typedef enum
{
  PART_NAME = 1 << 0,
  PART_PERCENT = 1 << 1,
  PART_BAR = 1 << 2,
  PART_PAIR = 1 << 3,
  PART_AMOUNT = 1 << 4,
  PART_RATE = 1 << 5,
  PART_REMAINING = 1 << 6,
} Part;

/* From everything to the least; the first that fits is taken. */
static const guint layouts_known[] = {
  PART_NAME | PART_PERCENT | PART_BAR | PART_PAIR | PART_RATE | PART_REMAINING,
  PART_NAME | PART_PERCENT | PART_BAR | PART_AMOUNT | PART_RATE | PART_REMAINING,
  PART_NAME | PART_PERCENT | PART_AMOUNT | PART_RATE | PART_REMAINING,
  PART_NAME | PART_PERCENT | PART_AMOUNT | PART_RATE,
  PART_NAME | PART_PERCENT | PART_AMOUNT,
  PART_PERCENT | PART_AMOUNT,
  PART_PERCENT,
};
static const guint layouts_unknown[] = {
  PART_NAME | PART_AMOUNT | PART_RATE,
  PART_NAME | PART_AMOUNT,
  PART_AMOUNT,
};

static char *
remaining_text (const BgcProgressBar *self)
{
  g_autofree char *duration = NULL;

  if (self->rate == 0 || self->total == BGC_SIZE_UNKNOWN)
    duration = g_strdup ("-:--");
  else
    duration = bgc_display_duration ((self->total - MIN (self->transferred, self->total)) / self->rate);
  /* Translators: the time that a download will still take, as in "ETA 0:23". */
  return g_strdup_printf (_("ETA %s"), duration);
}

static guint
remaining_columns (void)
{
  g_autofree char *empty = g_strdup_printf (_("ETA %s"), "");

  return bgc_display_columns (empty) + DURATION_COLUMNS;
}

/* What @layout takes with the shortest name and bar. */
static guint
minimum_columns (guint layout, guint name_columns)
{
  const struct
  {
    Part part;
    guint columns;
  } parts[] = {
    { PART_NAME, MIN (name_columns, NAME_COLUMNS_MIN) },
    { PART_PERCENT, PERCENT_COLUMNS },
    { PART_BAR, BAR_COLUMNS_MIN },
    { PART_PAIR, PAIR_COLUMNS },
    { PART_AMOUNT, AMOUNT_COLUMNS },
    { PART_RATE, RATE_COLUMNS },
    { PART_REMAINING, remaining_columns () },
  };
  guint columns = 0;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (layout & parts[i].part)
      columns += parts[i].columns + (columns > 0 ? GAP_COLUMNS : 0);
  return columns;
}

static void
append (GString *line, const char *text)
{
  if (line->len > 0)
    g_string_append (line, "  ");
  g_string_append (line, text);
}

static void
append_bar (GString *line, guint64 transferred, guint64 total, guint columns)
{
  guint inside = columns - 2;
  guint filled = bgc_display_percent (transferred, total) * inside / 100;
  g_autofree char *done = g_strnfill (filled, '=');
  g_autofree char *open = g_strnfill (inside - filled, ' ');
  g_autofree char *bar = NULL;

  if (filled > 0 && filled < inside)
    done[filled - 1] = '>';
  bar = g_strdup_printf ("[%s%s]", done, open);
  append (line, bar);
}

static void
append_amounts (GString *line, const BgcProgressBar *self, guint layout)
{
  g_autofree char *amount = bgc_display_size (self->transferred);

  if (layout & PART_PAIR)
    {
      g_autofree char *total = bgc_display_size (self->total);
      g_autofree char *pair = g_strconcat (amount, "/", total, NULL);
      g_autofree char *padded = bgc_display_pad_left (pair, PAIR_COLUMNS);
      append (line, padded);
    }
  if (layout & PART_AMOUNT)
    {
      g_autofree char *padded = bgc_display_pad_left (amount, AMOUNT_COLUMNS);
      append (line, padded);
    }
  if (layout & PART_RATE)
    {
      g_autofree char *rate = self->rate > 0 ? bgc_display_rate (self->rate) : g_strdup ("-");
      g_autofree char *padded = bgc_display_pad_left (rate, RATE_COLUMNS);
      append (line, padded);
    }
  if (layout & PART_REMAINING)
    {
      g_autofree char *remaining = remaining_text (self);
      g_autofree char *padded = bgc_display_pad (remaining, remaining_columns ());
      append (line, padded);
    }
}

static void
append_name (GString *line, const BgcProgressBar *self, guint columns)
{
  g_autofree char *name = bgc_display_ellipsize (self->name, columns, self->unicode);

  append (line, name);
}

static void
append_percent (GString *line, const BgcProgressBar *self)
{
  g_autofree char *percent = g_strdup_printf ("%3u%%", bgc_display_percent (self->transferred, self->total));

  append (line, percent);
}

/* Waiting: the reason is what counts; it is cut last. */
static char *
render_note (const BgcProgressBar *self, guint columns)
{
  g_autoptr (GString) line = g_string_new (NULL);
  guint note = bgc_display_columns (self->note);
  guint around = GAP_COLUMNS + (self->total != BGC_SIZE_UNKNOWN ? PERCENT_COLUMNS + GAP_COLUMNS : 0);

  if (columns >= note + around + NAME_COLUMNS_MIN)
    append_name (line, self, MIN (columns - note - around, NAME_COLUMNS_MAX));
  if (self->total != BGC_SIZE_UNKNOWN && columns >= note + PERCENT_COLUMNS + GAP_COLUMNS)
    append_percent (line, self);
  append (line, self->note);
  return bgc_display_ellipsize (line->str, columns, self->unicode);
}

char *
bgc_progress_bar_render (const BgcProgressBar *self, guint columns)
{
  gboolean known = self->total != BGC_SIZE_UNKNOWN;
  const guint *layouts = known ? layouts_known : layouts_unknown;
  guint n_layouts = known ? G_N_ELEMENTS (layouts_known) : G_N_ELEMENTS (layouts_unknown);
  guint name = bgc_display_columns (self->name);
  g_autoptr (GString) line = g_string_new (NULL);
  guint layout, spare, name_columns;
  guint i = 0;

  if (self->note != NULL)
    return render_note (self, columns);

  while (i + 1 < n_layouts && minimum_columns (layouts[i], name) > columns)
    i++;
  layout = layouts[i];
  spare = columns - MIN (columns, minimum_columns (layout, name));

  name_columns = MIN (name, NAME_COLUMNS_MIN);
  if (layout & PART_NAME)
    {
      /* The name may take half of what is spare; the bar, where there is one, has the rest. */
      guint more = MIN (MIN (name, NAME_COLUMNS_MAX) - name_columns, layout & PART_BAR ? spare / 2 : spare);
      name_columns += more;
      spare -= more;
      append_name (line, self, name_columns);
    }
  if (layout & PART_PERCENT)
    append_percent (line, self);
  if (layout & PART_BAR)
    append_bar (line, self->transferred, self->total, BAR_COLUMNS_MIN + spare);
  append_amounts (line, self, layout);
  return bgc_display_ellipsize (line->str, columns, self->unicode);
}
