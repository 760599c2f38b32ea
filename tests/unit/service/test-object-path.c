/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-object-path.h"

#define HEX "00112233445566778899aabbccddeeff"

static void
test_round_trip (void)
{
  char path[BGC_OBJECT_PATH_SIZE];
  BgcJobId id, again;

  g_assert_true (bgc_job_id_parse (HEX, &id));
  bgc_object_path_of_job (&id, path);
  g_assert_cmpstr (path, ==, "/org/example/BackgroundCopy/Job/" HEX);
  g_assert_true (g_variant_is_object_path (path));
  g_assert_true (bgc_object_path_parse (path, &again));
  g_assert_true (bgc_job_id_equal (&id, &again));
}

static void
test_one_form_only (void)
{
  static const char *const wrong[] = {
    "/", BGC_OBJECT_PATH_ROOT, BGC_OBJECT_PATH_JOBS, BGC_OBJECT_PATH_JOBS "/",
    BGC_OBJECT_PATH_JOBS "/00112233445566778899AABBCCDDEEFF", BGC_OBJECT_PATH_JOBS "/" HEX "0",
    BGC_OBJECT_PATH_JOBS "/" HEX "/x", BGC_OBJECT_PATH_JOBS "/00112233445566778899aabbccddeef",
    BGC_OBJECT_PATH_JOBS "/00112233_4455_6677_8899_aabbccddeeff", "/org/example/BackgroundCopy/Jobs/" HEX, ""
  };
  BgcJobId id;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (bgc_object_path_parse (wrong[i], &id));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/object-path/round-trip", test_round_trip);
  g_test_add_func ("/object-path/one-form-only", test_one_form_only);
  return g_test_run ();
}
