/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-credentials-bus.h"

#include <unistd.h>

#include "base/bgc-error.h"

typedef struct {
  gboolean done, found;
  guint32 uid;
  GError *error;
} Answer;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;

  answer->found = bgc_credentials_look_up_finish (BGC_CREDENTIALS (source), result, &answer->uid,
                                                  &answer->error);
  answer->done = TRUE;
}

static void
look_up (BgcCredentials *credentials, const char *sender, Answer *answer)
{
  *answer = (Answer) { 0 };
  bgc_credentials_look_up_async (credentials, sender, looked_up_cb, answer);
  while (!answer->done)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_real_bus (void)
{
  g_autoptr (GTestDBus) bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (BgcCredentials) credentials = NULL;
  GError *error = NULL;
  Answer answer;

  g_test_dbus_up (bus);
  connection = g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                       | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, &error);
  g_assert_no_error (error);
  credentials = bgc_credentials_bus_new (connection);
  look_up (credentials, g_dbus_connection_get_unique_name (connection), &answer);
  g_assert_true (answer.found);
  g_assert_cmpuint (answer.uid, ==, getuid ());
  look_up (credentials, ":1.4711", &answer);
  g_assert_false (answer.found);
  g_assert_error (answer.error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED);
  g_clear_error (&answer.error);
  g_assert_true (g_dbus_connection_close_sync (connection, NULL, NULL));
  look_up (credentials, ":1.1", &answer);
  g_assert_false (answer.found);
  g_clear_error (&answer.error);
  g_test_dbus_down (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/credentials-bus/real-bus", test_real_bus);
  return g_test_run ();
}
