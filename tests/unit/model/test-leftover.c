/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-leftover.h"

static void
test_copies (void)
{
  char path[] = "/srv/t";
  g_autoptr (BgcLeftover) leftover = bgc_leftover_new (1000, path, 5, 6);

  path[1] = 'X';
  g_assert_cmpuint (leftover->id, ==, 0);
  g_assert_cmpuint (leftover->owner, ==, 1000);
  g_assert_cmpstr (leftover->path, ==, "/srv/t");
  g_assert_cmpuint (leftover->device, ==, 5);
  g_assert_cmpuint (leftover->inode, ==, 6);
  bgc_leftover_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leftover/copies", test_copies);

  return g_test_run ();
}
