/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-bus-error.h"

static void
is_called (GQuark domain, int code, const char *expected)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, "why");
  g_autofree char *name = bgc_bus_error_name (error);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_names (void)
{
  for (int code = 0; code < (int) BGC_N_ERRORS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (BGC_ERROR, code, "why");
      g_autofree char *name = bgc_bus_error_name (error);

      g_assert_true (g_dbus_is_interface_name (name));
      g_assert_cmpstr (name, ==, bgc_error_bus_name ((BgcErrorCode) code));
    }
  is_called (BGC_ERROR, BGC_ERROR_EMPTY, "org.example.BackgroundCopy.Error.Empty");
  is_called (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "org.freedesktop.DBus.Error.UnknownObject");
  is_called (G_IO_ERROR, G_IO_ERROR_CLOSED, "org.freedesktop.DBus.Error.Failed");
  is_called (BGC_ERROR, BGC_N_ERRORS, "org.freedesktop.DBus.Error.Failed");
  is_called (BGC_ERROR, -1, "org.freedesktop.DBus.Error.Failed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-error/names", test_names);
  return g_test_run ();
}
