/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-callers.h"

#include "host/bgc-clock-fake.h"
#include "service/bgc-credentials-fake.h"

typedef struct {
  GTestDBus *bus;
  GDBusConnection *server;
  GDBusConnection *client;
  const char *name; /* of the client */
  BgcCredentialsFake *credentials;
  BgcClockFake *clock;
  BgcCallers *callers;
  GPtrArray *ran;   /* (element-type int) calls in the order they were let through */
  guint refused;    /* of these, with a caller that is not known */
  guint left;
  guint unheard;    /* most answers that a call was let through after, the bus not heard since */
  GArray *held;     /* (element-type guint32) serials refused in their turn */
  gboolean answer_at_once;
  gsize bytes;      /* of each answer */
  gint64 work;      /* microseconds that a call takes */
} Fixture;

static guint dropped;

static void
run_hook (BgcCaller *caller, gpointer call, gpointer data)
{
  Fixture *f = data;

  if (caller->status == BGC_CALLER_REFUSED)
    f->refused++;
  if (caller->user != NULL)
    f->unheard = MAX (f->unheard, caller->user->unheard);
  g_ptr_array_add (f->ran, call);
  if (f->work > 0)
    bgc_clock_fake_advance (f->clock, f->work);
  if (f->answer_at_once)
    bgc_callers_answered (f->callers, caller, 1, f->bytes);
}

static void
drop_hook (gpointer call)
{
  dropped++;
}

static guint64
weigh_hook (gpointer call)
{
  return 1;
}

static void
left_hook (BgcCaller *caller, gpointer data)
{
  ((Fixture *) data)->left++;
}

static void
refuse_hook (BgcCaller *caller, guint32 serial, gpointer data)
{
  g_array_append_val (((Fixture *) data)->held, serial);
}

static GDBusConnection *
connect_to (Fixture *f)
{
  GError *error = NULL;
  GDBusConnection *connection =
    g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (f->bus),
                                            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                            NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const BgcCallersHooks hooks = { run_hook, drop_hook, weigh_hook, left_hook, refuse_hook };

  f->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (f->bus);
  f->server = connect_to (f);
  f->client = connect_to (f);
  f->name = g_dbus_connection_get_unique_name (f->client);
  f->credentials = bgc_credentials_fake_new (1000);
  f->clock = bgc_clock_fake_new (1, 1);
  f->callers
    = bgc_callers_new (f->server, BGC_CREDENTIALS (f->credentials), BGC_CLOCK (f->clock), &hooks, f);
  f->ran = g_ptr_array_new ();
  f->held = g_array_new (FALSE, FALSE, sizeof (guint32));
  dropped = 0;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  bgc_callers_close (f->callers);
  bgc_callers_unref (f->callers);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_dbus_connection_close_sync (f->server, NULL, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_object_unref (f->server);
  g_object_unref (f->client);
  g_object_unref (f->credentials);
  g_object_unref (f->clock);
  g_ptr_array_unref (f->ran);
  g_array_unref (f->held);
  g_test_dbus_down (f->bus);
  g_object_unref (f->bus);
}

static gboolean
enqueue (Fixture *f, int call)
{
  return bgc_callers_enqueue (f->callers, bgc_callers_find (f->callers, f->name), GINT_TO_POINTER (call),
                              NULL);
}

static void
run_until (Fixture *f, guint ran)
{
  while (f->ran->len < ran)
    if (bgc_clock_fake_pending (f->clock) > 0)
      bgc_clock_fake_advance (f->clock, 0);
    else
      g_main_context_iteration (NULL, TRUE);
}

static void
test_in_order_and_asked_once (Fixture *f, gconstpointer data)
{
  f->answer_at_once = TRUE;
  for (int call = 1; call <= 100; call++)
    g_assert_true (enqueue (f, call));
  g_assert_cmpuint (f->ran->len, ==, 0);
  g_assert_cmpuint (bgc_callers_pending (f->callers), ==, 100);
  run_until (f, 100);
  for (int call = 1; call <= 100; call++)
    g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (f->ran, call - 1)), ==, call);
  /* Never from within: whoever sends much would be served before the next is read. */
  g_assert_true (enqueue (f, 101));
  g_assert_cmpuint (f->ran->len, ==, 100);
  run_until (f, 101);
  g_assert_cmpuint (bgc_credentials_fake_count (f->credentials), ==, 1);
  g_assert_cmpuint (bgc_callers_pending (f->callers), ==, 0);
}

static void
test_bounds (Fixture *f, gconstpointer data)
{
  BgcCaller *caller;

  for (int call = 1; call <= (int) BGC_CALLER_MAX_CALLS; call++)
    g_assert_true (enqueue (f, call));
  g_assert_false (enqueue (f, 1000));
  run_until (f, BGC_CALLER_MAX_WORKING);
  g_assert_cmpuint (f->ran->len, ==, BGC_CALLER_MAX_WORKING);
  caller = bgc_callers_find (f->callers, f->name);
  bgc_callers_done (f->callers, caller, 1);
  run_until (f, BGC_CALLER_MAX_WORKING + 1);
  bgc_clock_fake_advance (f->clock, 0);
  g_assert_cmpuint (f->ran->len, ==, BGC_CALLER_MAX_WORKING + 1);
  g_assert_true (enqueue (f, 1000));
  g_assert_false (enqueue (f, 1001));
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  f->answer_at_once = TRUE;
  bgc_credentials_fake_refuse (f->credentials, f->name);
  g_assert_true (enqueue (f, 1));
  run_until (f, 1);
  g_assert_cmpuint (f->refused, ==, 1);
  /* Not remembered: the next call asks again. */
  bgc_credentials_fake_set (f->credentials, f->name, 7);
  g_assert_true (enqueue (f, 2));
  run_until (f, 2);
  g_assert_cmpuint (f->refused, ==, 1);
  g_assert_cmpuint (bgc_callers_find (f->callers, f->name)->uid, ==, 7);
}

/* The bus has seen what was sent to it so far: our watch among it. */
static void
wait_for_bus (Fixture *f)
{
  g_autoptr (GVariant) reply =
    g_dbus_connection_call_sync (f->server, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus",
                                 "GetId", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (reply);
}

static void
test_leaves (Fixture *f, gconstpointer data)
{
  g_autoptr (BgcCaller) caller = NULL;

  for (int call = 1; call <= 40; call++)
    g_assert_true (enqueue (f, call));
  run_until (f, BGC_CALLER_MAX_WORKING);
  caller = bgc_caller_ref (bgc_callers_find (f->callers, f->name));
  wait_for_bus (f);
  g_assert_true (g_dbus_connection_close_sync (f->client, NULL, NULL));
  while (f->left == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (caller->gone);
  g_assert_cmpuint (dropped, ==, 40 - BGC_CALLER_MAX_WORKING);
  bgc_callers_done (f->callers, caller, 1);
  bgc_clock_fake_advance (f->clock, 0);
  g_assert_cmpuint (f->ran->len, ==, BGC_CALLER_MAX_WORKING);
}

static void
enqueue_of (Fixture *f, GDBusConnection *client, int first, int n)
{
  for (int call = first; call < first + n; call++)
    g_assert_true (bgc_callers_enqueue (
      f->callers, bgc_callers_find (f->callers, g_dbus_connection_get_unique_name (client)),
      GINT_TO_POINTER (call), NULL));
}

static void
assert_ran (Fixture *f, const char *expected)
{
  g_autoptr (GString) ran = g_string_new (NULL);

  for (guint i = 0; i < f->ran->len; i++)
    g_string_append_printf (ran, "%s%d", i > 0 ? " " : "", GPOINTER_TO_INT (g_ptr_array_index (f->ran, i)));
  g_assert_cmpstr (ran->str, ==, expected);
}

static void
test_turns (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) other = connect_to (f);

  f->answer_at_once = TRUE;
  enqueue_of (f, f->client, 1, 1);
  enqueue_of (f, other, 11, 1);
  run_until (f, 2);
  g_ptr_array_set_size (f->ran, 0);
  enqueue_of (f, f->client, 1, 5);
  enqueue_of (f, other, 11, 2);
  run_until (f, 7);
  assert_ran (f, "1 11 2 12 3 4 5");
  g_dbus_connection_close_sync (other, NULL, NULL);
}

typedef struct {
  Fixture *fixture;
  GDBusConnection *other;
} Newcomer;

static gboolean
come (gpointer data)
{
  Newcomer *newcomer = data;

  enqueue_of (newcomer->fixture, newcomer->other, 11, 1);
  return G_SOURCE_REMOVE;
}

/* What comes while calls that take long are waiting is read before the next of them. */
static void
test_newcomer (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) other = connect_to (f);
  Newcomer newcomer = { f, other };

  f->answer_at_once = TRUE;
  enqueue_of (f, f->client, 1, 1);
  enqueue_of (f, other, 10, 1);
  run_until (f, 2);
  g_ptr_array_set_size (f->ran, 0);
  f->work = 5000;
  enqueue_of (f, f->client, 1, 20);
  g_idle_add_full (G_PRIORITY_DEFAULT, come, &newcomer, NULL);
  run_until (f, 21);
  g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (f->ran, 1))
                     + GPOINTER_TO_INT (g_ptr_array_index (f->ran, 2)),
                   ==, 2 + 11);
  g_dbus_connection_close_sync (other, NULL, NULL);
}

/* The next turn comes when the answer is out, and nobody else waits for that. */
static void
test_large_answers (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) other = connect_to (f);

  f->answer_at_once = TRUE;
  enqueue_of (f, f->client, 1, 1);
  enqueue_of (f, other, 10, 1);
  run_until (f, 2);
  g_ptr_array_set_size (f->ran, 0);
  f->bytes = BGC_CALLERS_LARGE;
  enqueue_of (f, f->client, 1, 3);
  enqueue_of (f, other, 11, 1);
  g_assert_cmpuint (bgc_callers_pending (f->callers), ==, 4);
  run_until (f, 4);
  assert_ran (f, "1 11 2 3");
  while (bgc_callers_pending (f->callers) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_dbus_connection_close_sync (other, NULL, NULL);
}

/* Two connections of one user have one turn together where another user has one. */
static void
test_turns_of_users (Fixture *f, gconstpointer data)
{
  g_autoptr (GDBusConnection) second = connect_to (f);
  g_autoptr (GDBusConnection) other = connect_to (f);

  bgc_credentials_fake_set (f->credentials, g_dbus_connection_get_unique_name (other), 1001);
  f->answer_at_once = TRUE;
  enqueue_of (f, f->client, 1, 1);
  enqueue_of (f, second, 11, 1);
  enqueue_of (f, other, 21, 1);
  run_until (f, 3);
  g_ptr_array_set_size (f->ran, 0);
  enqueue_of (f, f->client, 1, 3);
  enqueue_of (f, second, 11, 3);
  enqueue_of (f, other, 21, 3);
  run_until (f, 9);
  assert_ran (f, "1 21 11 22 2 23 12 3 13");
  g_dbus_connection_close_sync (second, NULL, NULL);
  g_dbus_connection_close_sync (other, NULL, NULL);
}

/* A user's share does not grow with its connections, and who leaves gives back what is his. */
static void
test_bounds_of_users (Fixture *f, gconstpointer data)
{
  GDBusConnection *clients[BGC_USER_MAX_CALLS / BGC_CALLER_MAX_CALLS + 1];
  g_autoptr (GError) error = NULL;
  guint admitted = 0;
  BgcCaller *caller;

  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = connect_to (f);
      enqueue_of (f, clients[i], 1, 1);
    }
  run_until (f, G_N_ELEMENTS (clients));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      caller = bgc_callers_find (f->callers, g_dbus_connection_get_unique_name (clients[i]));
      for (guint n = 0; n < BGC_CALLER_MAX_CALLS - 1; n++)
        admitted += bgc_callers_enqueue (f->callers, caller, GINT_TO_POINTER (2), NULL);
    }
  g_assert_cmpuint (admitted + G_N_ELEMENTS (clients), ==, BGC_USER_MAX_CALLS);
  g_assert_false (bgc_callers_enqueue (f->callers, caller, GINT_TO_POINTER (2), &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_LIMITS_EXCEEDED);
  bgc_clock_fake_advance (f->clock, 0);
  g_assert_cmpuint (f->ran->len, ==, BGC_USER_MAX_WORKING);
  /* Another user is let through all the same. */
  bgc_credentials_fake_set (f->credentials, f->name, 1001);
  g_assert_true (enqueue (f, 5));
  run_until (f, BGC_USER_MAX_WORKING + 1);
  g_assert_cmpint (GPOINTER_TO_INT (g_ptr_array_index (f->ran, BGC_USER_MAX_WORKING)), ==, 5);
  g_dbus_connection_close_sync (clients[0], NULL, NULL);
  while (f->left == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (bgc_callers_enqueue (f->callers, caller, GINT_TO_POINTER (2), NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_dbus_connection_close_sync (clients[i], NULL, NULL);
      g_object_unref (clients[i]);
    }
  while (f->left < G_N_ELEMENTS (clients))
    g_main_context_iteration (NULL, TRUE);
}

/* So many answers and no more, until the bus has been heard: what it had for us is read first. */
static void
test_window (Fixture *f, gconstpointer data)
{
  f->answer_at_once = TRUE;
  for (int call = 1; call <= 100; call++)
    g_assert_true (enqueue (f, call));
  run_until (f, 100);
  g_assert_cmpuint (f->unheard, ==, BGC_USER_WINDOW - 1);
}

/* Who has many connections is answered at the clock's pace, the refused as well. */
static void
test_pace (Fixture *f, gconstpointer data)
{
  GDBusConnection *others[BGC_USER_FEW_CONNECTIONS];
  guint n = G_N_ELEMENTS (others), paced;
  BgcCaller *caller;
  gint64 begun;

  f->answer_at_once = TRUE;
  enqueue_of (f, f->client, 1, 1);
  for (guint i = 0; i < n; i++)
    {
      others[i] = connect_to (f);
      enqueue_of (f, others[i], 1, 1);
    }
  run_until (f, n + 1);
  begun = bgc_clock_boot (BGC_CLOCK (f->clock));
  for (guint i = 0; i < n; i++)
    enqueue_of (f, others[i], 1, 40);
  caller = bgc_callers_find (f->callers, f->name);
  for (guint32 serial = 1; serial <= BGC_CALLER_MAX_CALLS; serial++)
    g_assert_true (bgc_callers_hold (f->callers, caller, serial));
  g_assert_false (bgc_callers_hold (f->callers, caller, 1000));
  while (bgc_callers_pending (f->callers) > 0)
    if (bgc_clock_fake_next (f->clock) < 0)
      g_main_context_iteration (NULL, TRUE);
    else
      bgc_clock_fake_advance (f->clock, MAX (0, bgc_clock_fake_next (f->clock)
                                                  - bgc_clock_boot (BGC_CLOCK (f->clock))));
  g_assert_cmpuint (f->ran->len, ==, n + 1 + n * 40);
  g_assert_cmpuint (f->held->len, ==, BGC_CALLER_MAX_CALLS);
  for (guint32 serial = 1; serial <= f->held->len; serial++)
    g_assert_cmpuint (g_array_index (f->held, guint32, serial - 1), ==, serial);
  /* All but those at once; the last turn may have two answers. */
  paced = n * 40 + f->held->len - BGC_USER_BURST - 2;
  g_assert_cmpint (bgc_clock_boot (BGC_CLOCK (f->clock)) - begun, >=, (gint64) paced * BGC_USER_PACE);
  for (guint i = 0; i < n; i++)
    {
      g_dbus_connection_close_sync (others[i], NULL, NULL);
      g_object_unref (others[i]);
    }
}

static void
test_closed_while_asking (Fixture *f, gconstpointer data)
{
  bgc_credentials_fake_hold (f->credentials);
  g_assert_true (enqueue (f, 1));
  bgc_callers_close (f->callers);
  g_assert_cmpuint (dropped, ==, 1);
  bgc_credentials_fake_release (f->credentials);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (f->ran->len, ==, 0);
  g_assert_cmpuint (f->left, ==, 0);
}

int
main (int argc, char **argv)
{
#define ADD(name, function) g_test_add ("/callers/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("in-order-and-asked-once", test_in_order_and_asked_once);
  ADD ("bounds", test_bounds);
  ADD ("refused", test_refused);
  ADD ("leaves", test_leaves);
  ADD ("turns", test_turns);
  ADD ("newcomer", test_newcomer);
  ADD ("large-answers", test_large_answers);
  ADD ("turns-of-users", test_turns_of_users);
  ADD ("bounds-of-users", test_bounds_of_users);
  ADD ("window", test_window);
  ADD ("pace", test_pace);
  ADD ("closed-while-asking", test_closed_while_asking);
  return g_test_run ();
}
