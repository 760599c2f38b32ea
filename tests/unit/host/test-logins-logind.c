/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "host/bgc-logins-logind.h"

#include "../../contract/bgc-logins-contract.h"
#include "bgc-mock-bus.h"

#define LOGIND "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"
#define USER "org.freedesktop.login1.User"

typedef struct
{
  BgcMockBus *bus;
  BgcLogins *logins;
  guint32 uids[4]; /* those that logind knows; 0 = none */
} World;

static gpointer
create (void)
{
  World *world = g_new0 (World, 1);

  world->bus = bgc_mock_bus_new ();
  world->logins = bgc_logins_logind_new ();
  bgc_mock_bus_settle (world->bus);
  return world;
}

static BgcLogins *
port (gpointer world)
{
  return ((World *) world)->logins;
}

static void
tell_users (World *world)
{
  GVariantBuilder users;

  g_variant_builder_init (&users, G_VARIANT_TYPE ("a(uso)"));
  for (guint i = 0; i < G_N_ELEMENTS (world->uids); i++)
    {
      g_autofree char *path = g_strdup_printf (PATH "/user/_%u", world->uids[i]);

      if (world->uids[i] != 0)
        g_variant_builder_add (&users, "(uso)", world->uids[i], "name", path);
    }
  bgc_mock_bus_answer (world->bus, PATH, MANAGER, "ListUsers", g_variant_new ("(a(uso))", &users));
}

static void
set_state (World *world, guint32 uid, const char *state)
{
  g_autofree char *path = g_strdup_printf (PATH "/user/_%u", uid);

  bgc_mock_bus_set (world->bus, path, USER, "State", g_variant_new_string (state));
}

/* It becomes so, however long the bus takes, and stays so. */
static void
assert_there (World *world, guint32 uid, gboolean there)
{
  while (bgc_logins_has (world->logins, uid) != there)
    g_main_context_iteration (NULL, TRUE);
  bgc_mock_bus_settle (world->bus);
  g_assert_cmpint (bgc_logins_has (world->logins, uid), ==, there);
}

/* Everybody stays known to logind as one that lingers. */
static void
set (gpointer data, guint32 uid, gboolean there)
{
  World *world = data;
  guint i = 0;

  while (world->uids[i] != 0 && world->uids[i] != uid)
    i++;
  world->uids[i] = uid;
  set_state (world, uid, there ? "online" : "lingering");
  tell_users (world);
  bgc_mock_bus_own (world->bus, LOGIND);
  bgc_mock_bus_tell (world->bus, PATH, MANAGER, "UserNew");
  /* One who is there already may seem so because nobody knows. */
  assert_there (world, 4242, FALSE);
  assert_there (world, uid, there);
}

static void
destroy (gpointer data)
{
  World *world = data;

  g_assert_finalize_object (world->logins);
  bgc_mock_bus_free (world->bus);
  g_free (world);
}

static void
test_states (void)
{
  World *world = create ();

  set (world, 1000, FALSE);
  set_state (world, 1000, "active");
  assert_there (world, 1000, TRUE);
  set_state (world, 1000, "closing");
  assert_there (world, 1000, FALSE);
  set_state (world, 1000, "online");
  assert_there (world, 1000, TRUE);
  world->uids[0] = 0;
  tell_users (world);
  bgc_mock_bus_tell (world->bus, PATH, MANAGER, "UserRemoved");
  assert_there (world, 1000, FALSE);
  /* Without logind nobody knows, and nobody is away. */
  bgc_mock_bus_disown (world->bus, LOGIND);
  assert_there (world, 1000, TRUE);
  destroy (world);
}

int
main (int argc, char *argv[])
{
  static const BgcLoginsContract contract = { create, port, set, destroy };

  g_test_init (&argc, &argv, NULL);
  bgc_logins_contract_add ("/logins-logind/contract", &contract);
  g_test_add_func ("/logins-logind/states", test_states);
  return g_test_run ();
}
