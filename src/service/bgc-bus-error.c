/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-bus-error.h"

#include "base/bgc-text.h"

/* Bytes of an error message: it may repeat what the caller said, and that may be long. */
#define MESSAGE_MAX_BYTES 1024

char *
bgc_bus_error_name (const GError *error)
{
  if (error->domain == BGC_ERROR && error->code >= 0 && error->code < (int) BGC_N_ERRORS)
    return g_strdup (bgc_error_bus_name ((BgcErrorCode) error->code));
  if (error->domain == G_DBUS_ERROR)
    return g_dbus_error_encode_gerror (error);
  return g_strdup ("org.freedesktop.DBus.Error.Failed");
}

void
bgc_bus_error_return (GDBusMethodInvocation *invocation, const GError *error)
{
  g_autofree char *name = bgc_bus_error_name (error);
  g_autofree char *message = bgc_text_escape (error->message, MESSAGE_MAX_BYTES);

  g_dbus_method_invocation_return_dbus_error (invocation, name, message);
}

void
bgc_bus_error_send (GDBusConnection *connection, const char *destination, guint32 serial, const GError *error)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new ();
  g_autofree char *name = bgc_bus_error_name (error);
  g_autofree char *text = bgc_text_escape (error->message, MESSAGE_MAX_BYTES);

  g_dbus_message_set_message_type (message, G_DBUS_MESSAGE_TYPE_ERROR);
  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_destination (message, destination);
  g_dbus_message_set_reply_serial (message, serial);
  g_dbus_message_set_error_name (message, name);
  g_dbus_message_set_body (message, g_variant_new ("(s)", text));
  /* Fails only where the connection is closed, and then nobody waits. */
  g_dbus_connection_send_message (connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}
