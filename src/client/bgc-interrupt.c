/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-interrupt.h"

#include <glib-unix.h>
#include <signal.h>

/* One process has one set of signals. */
static int received;

static gboolean
on_signal (gpointer data)
{
  received = GPOINTER_TO_INT (data);
  /* Removing the source gives the signal its default action back. */
  return G_SOURCE_REMOVE;
}

static void
watch_signal (int number, const char *name)
{
  GSource *source = g_unix_signal_source_new (number);

  g_source_set_callback (source, on_signal, GINT_TO_POINTER (number), NULL);
  g_source_set_name (source, name);
  g_source_attach (source, NULL);
  g_source_unref (source);
}

void
bgc_interrupt_install (void)
{
  watch_signal (SIGINT, "bgcopyctl SIGINT");
  watch_signal (SIGTERM, "bgcopyctl SIGTERM");
}

int
bgc_interrupt_get (void)
{
  return received;
}
