/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-secret-input.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bgc-text.h"

/* Bytes: the longest password has 65,535 characters, of four bytes at most. */
#define INPUT_MAX (512u * 1024u)

/* What would leave the terminal without echo. */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t caught;

static void
on_signal (int number)
{
  caught = number;
}

static void
fail (GError **error, const char *path)
{
  int saved = errno;

  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (saved), "%s: %s", path, g_strerror (saved));
}

/* Waits for input with the signals @during blocked, or else for one of those that end the program: FALSE with
 * errno. They are blocked at all other times, so that none slips in between. */
static gboolean
wait_for_input (int fd, const sigset_t *during)
{
  struct pollfd input = { .fd = fd, .events = POLLIN };

  while (caught == 0)
    {
      if (ppoll (&input, 1, NULL, during) > 0)
        return TRUE;
      if (errno != EINTR)
        return FALSE;
    }
  errno = EINTR;
  return FALSE;
}

/* Up to the end of the first line, or of all if @whole; in memory that never moves, so that no copy stays
 * behind. NULL with errno. @during (nullable): for a terminal, the signals blocked while it waits. */
static char *
read_text (int fd, gboolean whole, const sigset_t *during)
{
  char *buffer = g_malloc0 (INPUT_MAX + 1);
  gsize length = 0;

  while (length < INPUT_MAX && (whole || memchr (buffer, '\n', length) == NULL))
    {
      gboolean ready = during == NULL || wait_for_input (fd, during);
      ssize_t some = ready ? read (fd, buffer + length, INPUT_MAX - length) : -1;

      if (some < 0 && errno == EINTR && caught == 0)
        continue;
      if (some < 0)
        {
          int saved = errno;

          explicit_bzero (buffer, INPUT_MAX);
          g_free (buffer);
          errno = saved;
          return NULL;
        }
      if (some == 0)
        break;
      length += (gsize) some;
    }
  return buffer;
}

/* @buffer transfer full. */
static char *
take_line (char *buffer)
{
  char *line = g_strndup (buffer, strcspn (buffer, "\r\n"));

  explicit_bzero (buffer, INPUT_MAX);
  g_free (buffer);
  return line;
}

/* ---- the terminal ---- */

/* Writes all of it or not; a terminal that is gone shows when it is read. */
static void
say (int fd, const char *text)
{
  if (write (fd, text, strlen (text)) < 0)
    g_debug ("asking on the terminal: %s", g_strerror (errno));
}

/* With echo off. */
static char *
read_hidden (int fd, const char *prompt, const sigset_t *during)
{
  struct termios before, hidden;
  char *buffer;
  int saved;

  if (tcgetattr (fd, &before) != 0)
    return NULL;
  hidden = before;
  hidden.c_lflag &= ~(tcflag_t) (ECHO | ECHONL);
  if (tcsetattr (fd, TCSAFLUSH, &hidden) != 0)
    return NULL;
  say (fd, prompt);
  buffer = read_text (fd, FALSE, during);
  saved = errno;
  tcsetattr (fd, TCSAFLUSH, &before);
  say (fd, "\n");
  errno = saved;
  return buffer;
}

static char *
read_guarded (int fd, const char *prompt)
{
  struct sigaction before[G_N_ELEMENTS (ending)], stop;
  struct sigaction guard = { .sa_handler = on_signal };
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  sigset_t blocked, mask;
  char *buffer;
  int saved;

  caught = 0;
  sigemptyset (&blocked);
  for (gsize i = 0; i < G_N_ELEMENTS (ending); i++)
    sigaddset (&blocked, ending[i]);
  pthread_sigmask (SIG_BLOCK, &blocked, &mask);
  for (gsize i = 0; i < G_N_ELEMENTS (ending); i++)
    sigaction (ending[i], &guard, &before[i]);
  sigaction (SIGTSTP, &ignore, &stop);
  buffer = read_hidden (fd, prompt, &mask);
  saved = errno;
  for (gsize i = 0; i < G_N_ELEMENTS (ending); i++)
    sigaction (ending[i], &before[i], NULL);
  sigaction (SIGTSTP, &stop, NULL);
  pthread_sigmask (SIG_SETMASK, &mask, NULL);
  if (caught != 0)
    raise (caught);
  errno = saved;
  return buffer;
}

char *
bgc_secret_input_ask (const char *prompt, GError **error)
{
  /* lint: allow path because the terminal is no file of anybody */
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  char *buffer;

  if (fd < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           _("there is no terminal to ask for the password: use --password-file"));
      return NULL;
    }
  buffer = read_guarded (fd, prompt);
  if (buffer == NULL)
    fail (error, "/dev/tty");
  close (fd);
  return buffer != NULL ? take_line (buffer) : NULL;
}

/* ---- files ---- */

static char *
read_file (const char *path, gboolean whole, GError **error)
{
  gboolean standard = g_str_equal (path, "-");
  /* lint: allow path because it is the caller's own, named by him for this program */
  int fd = standard ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  char *buffer;

  caught = 0;
  buffer = fd >= 0 ? read_text (fd, whole, NULL) : NULL;
  if (buffer == NULL)
    fail (error, path);
  if (!standard && fd >= 0)
    close (fd);
  if (buffer != NULL && (strlen (buffer) == INPUT_MAX || !g_utf8_validate (buffer, -1, NULL)))
    {
      explicit_bzero (buffer, INPUT_MAX);
      g_clear_pointer (&buffer, g_free);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("%s: too long, or no valid UTF-8"), path);
    }
  return buffer;
}

char *
bgc_secret_input_read_line (const char *path, GError **error)
{
  char *buffer = read_file (path, FALSE, error);

  return buffer != NULL ? take_line (buffer) : NULL;
}

char **
bgc_secret_input_read_lines (const char *path, GError **error)
{
  char *buffer = read_file (path, TRUE, error);
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  char *at = buffer;

  while (at != NULL && *at != '\0')
    {
      gsize length = strcspn (at, "\r\n");

      if (length > 0)
        g_ptr_array_add (lines, g_strndup (at, length));
      at += length + strspn (at + length, "\r\n");
    }
  if (buffer == NULL)
    return NULL;
  explicit_bzero (buffer, INPUT_MAX);
  g_free (buffer);
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}
