/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* bgcopyctl: the command line of bgcopyd. */

#include <glib/gi18n.h>
#include <locale.h>

#include "client/bgc-command.h"

static const BgcCommand *const commands[] = {
  &bgc_command_get,
  &bgc_command_put,
  &bgc_command_list,
  &bgc_command_show,
  &bgc_command_watch,
  &bgc_command_top,
  &bgc_command_control_suspend,
  &bgc_command_control_resume,
  &bgc_command_control_cancel,
  &bgc_command_control_complete,
};

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("bgcopyctl");

  return bgc_command_run (commands, G_N_ELEMENTS (commands), argv);
}
