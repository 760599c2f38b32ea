/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "engine/bgc-orphans.h"

#include "bgc-rig.h"
#include "model/bgc-path.h"

#define STRANGER "/home/alice"

static char *
name_of (Rig *rig, guint32 tag)
{
  return bgc_path_tagged_name (tag, rig->random);
}

static guint
deletions (Rig *rig)
{
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);
  guint number = 0;

  for (guint i = 0; i < placements->len; i++)
    number += ((const BgcPlacement *)g_ptr_array_index (placements, i))->target == NULL;
  return number;
}

/* With the first transfer: what no job knows is deleted, what one knows is not, whoever runs. */
static void
test_first_transfer (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId waiting = rig_create (rig, 3, FALSE);
  g_autofree char *one = name_of (rig, 7);
  g_autofree char *two = name_of (rig, 7);
  GPtrArray *placements = bgc_workers_fake_placements (rig->workers);

  bgc_workers_fake_add_temporary (rig->workers, STRANGER, one, 11);
  for (guint i = 0; i < 3; i++)
    bgc_workers_fake_add_temporary (rig->workers, STRANGER, rig_file (rig, &waiting, i)->temporary, 20 + i);
  bgc_workers_fake_add_temporary (rig->workers, STRANGER, two, 12);
  rig_settle (rig);
  g_assert_cmpuint (deletions (rig), ==, 0);
  rig_create (rig, 1, TRUE);
  g_assert_cmpuint (deletions (rig), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const BgcPlacement *placement = g_ptr_array_index (placements, i);

      g_assert_true (g_str_equal (placement->temporary, one) || g_str_equal (placement->temporary, two));
      g_assert_cmpstr (placement->directory, ==, STRANGER);
    }
  /* Once is enough. */
  rig_create (rig, 1, TRUE);
  g_assert_cmpuint (deletions (rig), ==, 2);
}

/* After a salvage nobody waits for a transfer. */
static void
test_asked_for (void)
{
  g_autoptr (Rig) rig = rig_new ();
  g_autofree char *one = name_of (rig, 7);

  rig_create (rig, 1, FALSE);
  bgc_workers_fake_add_temporary (rig->workers, STRANGER, one, 11);
  bgc_manager_search_orphans (rig->manager);
  rig_settle (rig);
  g_assert_cmpuint (deletions (rig), ==, 1);
}

/* Names carry the queue's tag. */
static void
test_tag (void)
{
  g_autoptr (Rig) rig = rig_new ();
  BgcJobId id;

  bgc_manager_set_tag (rig->manager, 0x00c0ffee);
  id = rig_create (rig, 1, FALSE);
  g_assert_true (bgc_path_has_tag (rig_file (rig, &id, 0)->temporary, 0x00c0ffee));
  g_assert_false (bgc_path_has_tag (rig_file (rig, &id, 0)->temporary, 0xc0ffee00));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/orphans/first-transfer", test_first_transfer);
  g_test_add_func ("/orphans/asked-for", test_asked_for);
  g_test_add_func ("/orphans/tag", test_tag);
  return g_test_run ();
}
