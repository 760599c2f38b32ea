/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-exit-code.h"

#include <gio/gio.h>

#include "base/bgc-error.h"

static BgcExitCode
for_own_error (int code)
{
  switch (code)
    {
    case BGC_ERROR_NOT_FOUND:
      return BGC_EXIT_CODE_NOT_FOUND;
    case BGC_ERROR_ACCESS_DENIED:
      return BGC_EXIT_CODE_DENIED;
    case BGC_ERROR_INVALID_STATE:
    case BGC_ERROR_EMPTY:
    case BGC_ERROR_BUSY:
      return BGC_EXIT_CODE_STATE;
    case BGC_ERROR_INVALID_ARGUMENT:
    case BGC_ERROR_INVALID_URL:
    case BGC_ERROR_INVALID_PATH:
    case BGC_ERROR_STRING_TOO_LONG:
      return BGC_EXIT_CODE_USAGE;
    default:
      return BGC_EXIT_CODE_FAILED;
    }
}

static BgcExitCode
for_bus_error (int code)
{
  switch (code)
    {
    case G_DBUS_ERROR_UNKNOWN_OBJECT:
      return BGC_EXIT_CODE_NOT_FOUND;
    case G_DBUS_ERROR_ACCESS_DENIED:
    case G_DBUS_ERROR_AUTH_FAILED:
      return BGC_EXIT_CODE_DENIED;
    case G_DBUS_ERROR_SERVICE_UNKNOWN:
    case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
    case G_DBUS_ERROR_NO_REPLY:
    case G_DBUS_ERROR_NO_SERVER:
    case G_DBUS_ERROR_NO_NETWORK:
    case G_DBUS_ERROR_TIMEOUT:
    case G_DBUS_ERROR_TIMED_OUT:
    case G_DBUS_ERROR_DISCONNECTED:
    case G_DBUS_ERROR_IO_ERROR:
    case G_DBUS_ERROR_SPAWN_EXEC_FAILED:
    case G_DBUS_ERROR_SPAWN_FORK_FAILED:
    case G_DBUS_ERROR_SPAWN_CHILD_EXITED:
    case G_DBUS_ERROR_SPAWN_CHILD_SIGNALED:
    case G_DBUS_ERROR_SPAWN_FAILED:
    case G_DBUS_ERROR_SPAWN_SETUP_FAILED:
    case G_DBUS_ERROR_SPAWN_CONFIG_INVALID:
    case G_DBUS_ERROR_SPAWN_SERVICE_INVALID:
    case G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND:
    case G_DBUS_ERROR_SPAWN_PERMISSIONS_INVALID:
    case G_DBUS_ERROR_SPAWN_FILE_INVALID:
    case G_DBUS_ERROR_SPAWN_NO_MEMORY:
      return BGC_EXIT_CODE_UNREACHABLE;
    default:
      return BGC_EXIT_CODE_FAILED;
    }
}

static BgcExitCode
for_io_error (int code)
{
  switch (code)
    {
    case G_IO_ERROR_CLOSED:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_BROKEN_PIPE: /* the same number as CONNECTION_CLOSED */
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_NOT_CONNECTED:
    case G_IO_ERROR_NOT_FOUND:
    case G_IO_ERROR_TIMED_OUT:
      return BGC_EXIT_CODE_UNREACHABLE;
    case G_IO_ERROR_PERMISSION_DENIED:
      return BGC_EXIT_CODE_DENIED;
    default:
      return BGC_EXIT_CODE_FAILED;
    }
}

BgcExitCode
bgc_exit_code_for_error (const GError *error)
{
  if (error == NULL)
    return BGC_EXIT_CODE_OK;
  if (error->domain == BGC_ERROR)
    return for_own_error (error->code);
  if (error->domain == G_DBUS_ERROR)
    return for_bus_error (error->code);
  if (error->domain == G_IO_ERROR)
    return for_io_error (error->code);
  if (error->domain == G_OPTION_ERROR)
    return BGC_EXIT_CODE_USAGE;
  return BGC_EXIT_CODE_FAILED;
}
