/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-authority-polkit.h"

#include <string.h>

#include "../../contract/bgc-authority-contract.h"
#include "host/bgc-clock-fake.h"

#define POLKIT "org.freedesktop.PolicyKit1"
#define PATH   "/org/freedesktop/PolicyKit1/Authority"

/* As much of polkit as is asked. */
static const char description[]
  = "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
    "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='(bba{ss})' direction='out'/></method>"
    "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
    "<signal name='Changed'/></interface></node>";

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *polkit;
  GDBusConnection *client;
  GDBusNodeInfo *node;
  BgcClockFake *clock;
  BgcAuthority *authority;
  GHashTable *grants; /* action → flags of CheckAuthorization that it takes, + 1 */
  GPtrArray *held;    /* (element-type GDBusMethodInvocation) */
  gboolean hold;
  guint asked;
  guint taken_back;
} Stand;

static void
answer (Stand *stand, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) subject = NULL;
  g_autoptr (GVariant) details = NULL;
  const char *kind, *action, *name, *sender = NULL;
  guint32 flags;
  guint grant;
  gboolean ok;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "((&s@a{sv})&s@a{ss}u&s)", &kind,
                 &subject, &action, &details, &flags, &name);
  g_assert_cmpstr (kind, ==, "system-bus-name");
  g_assert_true (g_variant_lookup (subject, "name", "&s", &sender));
  grant = GPOINTER_TO_UINT (g_hash_table_lookup (stand->grants, action));
  ok
    = grant != 0 && (flags & (grant - 1)) == grant - 1 && g_str_equal (sender, BGC_AUTHORITY_CONTRACT_SENDER);
  g_dbus_method_invocation_return_value (
    invocation, g_variant_new ("((bb@a{ss}))", ok, !ok && grant > 1,
                               g_variant_new_array (G_VARIANT_TYPE ("{ss}"), NULL, 0)));
}

static gboolean
cancel (Stand *stand, const char *name)
{
  for (guint i = 0; i < stand->held->len; i++)
    {
      g_autoptr (GVariant) asked = g_variant_get_child_value (
        g_dbus_method_invocation_get_parameters (g_ptr_array_index (stand->held, i)), 4);

      if (!g_str_equal (g_variant_get_string (asked, NULL), name))
        continue;
      g_dbus_method_invocation_return_dbus_error (g_ptr_array_steal_index (stand->held, i),
                                                  "org.freedesktop.PolicyKit1.Error.Cancelled", "cancelled");
      return TRUE;
    }
  return FALSE;
}

static void
method_call_cb (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                const char *member, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
  Stand *stand = data;
  const char *name;

  if (g_str_equal (member, "CancelCheckAuthorization"))
    {
      g_variant_get (parameters, "(&s)", &name);
      g_assert_true (cancel (stand, name));
      stand->taken_back++;
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  stand->asked++;
  if (stand->hold)
    g_ptr_array_add (stand->held, invocation);
  else
    answer (stand, invocation);
}

static GDBusConnection *
connect_to (Stand *stand)
{
  GError *error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
    g_test_dbus_get_bus_address (stand->bus),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
    NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
own_name (Stand *stand)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
    stand->polkit, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
    g_variant_new ("(su)", POLKIT, 4u), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (reply);
}

static gpointer
set_up (BgcAuthority **authority)
{
  static const GDBusInterfaceVTable vtable = { .method_call = method_call_cb };
  Stand *stand = g_new0 (Stand, 1);
  GError *error = NULL;

  stand->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (stand->bus);
  stand->polkit = connect_to (stand);
  stand->client = connect_to (stand);
  stand->node = g_dbus_node_info_new_for_xml (description, &error);
  g_assert_no_error (error);
  stand->grants = g_hash_table_new (g_str_hash, g_str_equal);
  stand->held = g_ptr_array_new_with_free_func (g_object_unref);
  stand->clock = bgc_clock_fake_new (1, 1);
  g_assert_cmpuint (g_dbus_connection_register_object (stand->polkit, PATH, stand->node->interfaces[0],
                                                       &vtable, stand, NULL, NULL),
                    >, 0);
  own_name (stand);
  stand->authority = *authority = bgc_authority_polkit_new (stand->client, BGC_CLOCK (stand->clock));
  return stand;
}

static void
close_connection (GDBusConnection *connection)
{
  g_dbus_connection_close_sync (connection, NULL, NULL);
  g_object_unref (connection);
}

static void
tear_down (gpointer data, BgcAuthority *authority)
{
  Stand *stand = data;

  g_object_unref (authority);
  g_ptr_array_unref (stand->held);
  close_connection (stand->client);
  close_connection (stand->polkit);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_object_unref (stand->clock);
  g_dbus_node_info_unref (stand->node);
  g_hash_table_unref (stand->grants);
  g_test_dbus_down (stand->bus);
  g_object_unref (stand->bus);
  g_free (stand);
}

static void
grant (gpointer data, BgcRule rule, gboolean interactive)
{
  static const char *const actions[BGC_N_RULES] = {
    [BGC_RULE_SEE] = "org.example.BackgroundCopy.list-all",
    [BGC_RULE_CHANGE] = "org.example.BackgroundCopy.modify-others",
    [BGC_RULE_TAKE] = "org.example.BackgroundCopy.take-ownership",
    [BGC_RULE_MANAGE] = "org.example.BackgroundCopy.list-all",
  };

  g_hash_table_insert (((Stand *)data)->grants, (gpointer)actions[rule],
                       GUINT_TO_POINTER (interactive ? 2 : 1));
}

static void
hold (gpointer data)
{
  ((Stand *)data)->hold = TRUE;
}

static void
release (gpointer data)
{
  Stand *stand = data;

  stand->hold = FALSE;
  while (stand->held->len > 0)
    answer (stand, g_ptr_array_steal_index (stand->held, 0));
}

static guint
held (gpointer data)
{
  return ((Stand *)data)->held->len;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(int *)data = bgc_authority_ask_finish (BGC_AUTHORITY (source), result);
}

static gboolean
ask (Stand *stand, const char *sender, BgcRule rule)
{
  BgcAuthorityQuestion question = { sender, rule, FALSE };
  int granted = -1;

  bgc_authority_ask_async (stand->authority, &question, NULL, asked_cb, &granted);
  while (granted < 0)
    g_main_context_iteration (NULL, TRUE);
  return granted;
}

static void
test_denials_are_remembered_for_a_while (void)
{
  BgcAuthority *authority;
  Stand *stand = set_up (&authority);

  for (guint i = 0; i < 100; i++)
    g_assert_false (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  g_assert_cmpuint (stand->asked, ==, 1);
  g_assert_false (ask (stand, ":1.78", BGC_RULE_SEE));
  g_assert_cmpuint (stand->asked, ==, 2);
  bgc_clock_fake_advance (stand->clock, BGC_AUTHORITY_POLKIT_MEMORY);
  grant (stand, BGC_RULE_SEE, FALSE);
  g_assert_true (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  /* What is granted is asked each time. */
  g_hash_table_remove_all (stand->grants);
  g_assert_false (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  g_assert_cmpuint (stand->asked, ==, 4);
  tear_down (stand, authority);
}

static void
test_change_of_the_rules (void)
{
  BgcAuthority *authority;
  Stand *stand = set_up (&authority);

  g_assert_false (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  grant (stand, BGC_RULE_SEE, FALSE);
  g_dbus_connection_emit_signal (stand->polkit, NULL, PATH, "org.freedesktop.PolicyKit1.Authority", "Changed",
                                 NULL, NULL);
  while (!ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE))
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (stand->asked, ==, 2);
  tear_down (stand, authority);
}

static void
test_taken_back_from_polkit (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  BgcAuthorityQuestion question = { BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_TAKE, TRUE };
  BgcAuthority *authority;
  Stand *stand = set_up (&authority);
  int granted = -1;

  hold (stand);
  bgc_authority_ask_async (authority, &question, cancellable, asked_cb, &granted);
  while (stand->held->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  while (stand->taken_back == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (stand->held->len, ==, 0);
  tear_down (stand, authority);
}

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  warnings += (level & G_LOG_LEVEL_WARNING) != 0;
  return G_LOG_WRITER_HANDLED;
}

static void
test_no_polkit (void)
{
  BgcAuthority *authority;
  Stand *stand = set_up (&authority);

  g_dbus_connection_close_sync (stand->polkit, NULL, NULL);
  g_assert_false (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  g_assert_false (ask (stand, BGC_AUTHORITY_CONTRACT_SENDER, BGC_RULE_SEE));
  g_assert_cmpuint (warnings, ==, 1);
  g_assert_true (bgc_authority_allows (authority, 0, 1000, BGC_RULE_SEE));
  tear_down (stand, authority);
}

int
main (int argc, char **argv)
{
  static const BgcAuthorityContract contract = { set_up, tear_down, grant, hold, release, held };

  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  bgc_authority_contract_add ("/authority-polkit/contract", &contract);
  g_test_add_func ("/authority-polkit/denials-are-remembered-for-a-while",
                   test_denials_are_remembered_for_a_while);
  g_test_add_func ("/authority-polkit/change-of-the-rules", test_change_of_the_rules);
  g_test_add_func ("/authority-polkit/taken-back-from-polkit", test_taken_back_from_polkit);
  g_test_add_func ("/authority-polkit/no-polkit", test_no_polkit);
  return g_test_run ();
}
