/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-terminal.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/bgc-display.h"

#define DRAW_INTERVAL   (G_USEC_PER_SEC / 4)
#define COLUMNS_DEFAULT 80u /* where the terminal does not know its size */

struct _BgcTerminal
{
  int fd;      /* not ours to close */
  guint drawn; /* columns of the line that stands there; 0 = none */
  gint64 time; /* monotonic, of the last drawing; 0 = never */
  gboolean unicode;
};

BgcTerminal *
bgc_terminal_new (int fd)
{
  BgcTerminal *self;

  if (!isatty (fd))
    return NULL;
  self = g_new0 (BgcTerminal, 1);
  self->fd = fd;
  self->unicode = g_get_charset (NULL);
  return self;
}

void
bgc_terminal_free (BgcTerminal *self)
{
  bgc_terminal_clear (self);
  g_free (self);
}

guint
bgc_terminal_columns (const BgcTerminal *self)
{
  struct winsize size = { 0 };

  if (ioctl (self->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return COLUMNS_DEFAULT;
  return size.ws_col;
}

gboolean
bgc_terminal_is_unicode (const BgcTerminal *self)
{
  return self->unicode;
}

gboolean
bgc_terminal_is_due (const BgcTerminal *self)
{
  return self->time == 0 || g_get_monotonic_time () - self->time >= DRAW_INTERVAL;
}

void
bgc_terminal_write (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize written = write (fd, text, left);
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return;
      text += written;
      left -= written;
    }
}

void
bgc_terminal_draw (BgcTerminal *self, const char *line)
{
  guint width = bgc_display_columns (line);
  g_autofree char *rest = g_strnfill (self->drawn > width ? self->drawn - width : 0, ' ');
  g_autofree char *whole = g_strconcat ("\r", line, rest, NULL);
  g_autofree char *encoded = g_locale_from_utf8 (whole, -1, NULL, NULL, NULL);

  /* At once, so that the line is never seen half drawn. */
  bgc_terminal_write (self->fd, encoded != NULL ? encoded : whole);
  self->drawn = width;
  self->time = g_get_monotonic_time ();
}

void
bgc_terminal_clear (BgcTerminal *self)
{
  if (self->drawn == 0)
    return;
  bgc_terminal_draw (self, "");
  bgc_terminal_write (self->fd, "\r");
  self->drawn = 0;
}
