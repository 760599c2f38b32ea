/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-desk.h"

#include "bus-fixture.h"
#include "service/bgc-authority-owner.h"

static void
test_repeats_what_is_over (BusFixture *f, gconstpointer data)
{
  g_autofree char *over = bus_fixture_make_job (f, "over");
  g_autofree char *waiting = bus_fixture_make_job (f, "waiting");
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();
  g_autoptr (BgcDesk) desk = bgc_desk_new (f->server, f->manager, BGC_CLOCK (f->clock), authority);
  const char *bob = g_dbus_connection_get_unique_name (f->bob);

  bus_fixture_transfer (f, over);
  bus_fixture_record (f, f->bob, "bob");
  bgc_desk_repeat_all (desk, bob, BUS_FIXTURE_BOB);
  bus_fixture_settle (f);
  g_assert_cmpuint (f->signals->len, ==, 0);
  bgc_desk_repeat_all (desk, bob, BUS_FIXTURE_ALICE);
  bus_fixture_settle (f);
  g_assert_cmpuint (f->signals->len, ==, 1);
  g_assert_cmpuint (bus_fixture_heard (f, "bob Transferred"), ==, 1);
}

static void
test_dismiss (BusFixture *f, gconstpointer data)
{
  g_autoptr (BgcAuthority) authority = bgc_authority_owner_new ();
  g_autoptr (BgcDesk) desk = bgc_desk_new (f->server, f->manager, BGC_CLOCK (f->clock), authority);

  g_assert_true (bgc_subscribers_add (desk->subscribers, ":1.1", BUS_FIXTURE_ALICE, NULL));
  bgc_desk_dismiss (desk, ":1.1");
  bgc_desk_dismiss (desk, ":1.1");
  g_assert_cmpuint (bgc_subscribers_count (desk->subscribers), ==, 0);
}

int
main (int argc, char **argv)
{
#define ADD(name, function) \
  g_test_add ("/desk/" name, BusFixture, NULL, bus_fixture_set_up, function, bus_fixture_tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("repeats-what-is-over", test_repeats_what_is_over);
  ADD ("dismiss", test_dismiss);
  return g_test_run ();
}
