/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-screen.h"

#include <glib-unix.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "client/bgc-terminal.h"

/* Where the terminal does not know its size. */
#define COLUMNS_DEFAULT 80u
#define ROWS_DEFAULT    24u

/* ECMA-48: the cursor is hidden and shown; goes home; the rest of the line, of the screen, is empty. */
#define HIDE       "\033[?25l"
#define SHOW       "\033[?25h"
#define HOME       "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

struct _BgcScreen
{
  int in;                /* not ours to close; -1 = no terminal */
  int out;               /* likewise */
  struct termios before; /* of in */
  guint keys;            /* GSource id, 0 = none */
  gboolean left;
  gboolean unicode;
};

/* Whoever is in the background leaves the terminal alone, or is stopped by it. */
static gboolean
is_ours (const BgcScreen *self)
{
  return self->in >= 0 && tcgetpgrp (self->in) == getpgrp ();
}

/* Each key at once and unseen. Again and again, since a shell that had us stopped puts back its own. */
static void
take_keys (BgcScreen *self)
{
  struct termios now;

  if (!is_ours (self) || tcgetattr (self->in, &now) != 0 || (now.c_lflag & (tcflag_t) (ICANON | ECHO)) == 0)
    return;
  now.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
  now.c_cc[VMIN] = 1;
  now.c_cc[VTIME] = 0;
  tcsetattr (self->in, TCSADRAIN, &now);
}

static gboolean
on_key (int fd, GIOCondition condition, gpointer data)
{
  BgcScreen *self = data;
  char key = 0;

  if (read (fd, &key, 1) <= 0)
    {
      self->keys = 0;
      return G_SOURCE_REMOVE;
    }
  self->left |= key == 'q' || key == 'Q';
  return G_SOURCE_CONTINUE;
}

BgcScreen *
bgc_screen_new (int in, int out)
{
  BgcScreen *self;

  if (!isatty (out))
    return NULL;
  self = g_new0 (BgcScreen, 1);
  self->in = isatty (in) && tcgetattr (in, &self->before) == 0 ? in : -1;
  self->out = out;
  self->unicode = g_get_charset (NULL);
  if (self->in >= 0)
    {
      self->keys = g_unix_fd_add (self->in, G_IO_IN | G_IO_HUP, on_key, self);
      g_source_set_name_by_id (self->keys, "bgcopyctl keys");
    }
  take_keys (self);
  bgc_terminal_write (self->out, HIDE HOME CLEAR_REST);
  return self;
}

void
bgc_screen_free (BgcScreen *self)
{
  g_clear_handle_id (&self->keys, g_source_remove);
  bgc_terminal_write (self->out, SHOW);
  if (is_ours (self))
    tcsetattr (self->in, TCSADRAIN, &self->before);
  g_free (self);
}

guint
bgc_screen_columns (const BgcScreen *self)
{
  struct winsize size = { 0 };

  return ioctl (self->out, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

guint
bgc_screen_rows (const BgcScreen *self)
{
  struct winsize size = { 0 };

  return ioctl (self->out, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

gboolean
bgc_screen_is_unicode (const BgcScreen *self)
{
  return self->unicode;
}

void
bgc_screen_draw (BgcScreen *self, const char *text)
{
  GString *whole = g_string_new (HOME);
  g_autofree char *encoded = NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  take_keys (self);
  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    g_string_append_printf (whole, "%s" CLEAR_LINE "\n", lines[i]);
  g_string_append (whole, CLEAR_REST);
  encoded = g_locale_from_utf8 (whole->str, -1, NULL, NULL, NULL);
  /* In one write, so that it is never seen half drawn. */
  bgc_terminal_write (self->out, encoded != NULL ? encoded : whole->str);
  g_string_free (whole, TRUE);
}

gboolean
bgc_screen_is_left (const BgcScreen *self)
{
  return self->left;
}
