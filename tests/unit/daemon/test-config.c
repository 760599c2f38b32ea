/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-config-scene.h"

static void
test_order (ConfigScene *scene, gconstpointer data)
{
  config_scene_write (scene, "[Limits]\nFilesAtOnce=2\nMaxJobsPerUser=2\nMaxFilesPerJob=2\n");
  config_scene_write (scene, "[Limits]\nMaxJobsPerUser=3\nMaxFilesPerJob=\n");
  config_scene_read (scene, NULL);
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (scene->config.limits.files_per_job_at_once, ==, 2);
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 3);
  g_assert_cmpuint (scene->config.limits.max_files_per_job, ==, 100000);
}

/* At a reload what is refused stays as it runs, and only that. */
static void
test_reload (ConfigScene *scene, gconstpointer data)
{
  g_auto (BgcConfig) running = { 0 };

  bgc_config_init (&running);
  running.limits.files_per_job_at_once = 9;
  running.limits.max_jobs_per_user = 9;
  running.limits.max_files_per_job = 9;
  running.limits.max_stored_bytes_per_user = 99999;
  config_scene_write (scene, "[Limits]\nFilesAtOnce=2\nMaxStoredBytesPerUser=none\nMaxFilesPerJob=none\n");
  config_scene_write (scene, "[Limits]\nMaxFilesPerJob=6\nFilesAtOnce=none\n");
  config_scene_read (scene, &running);
  g_assert_cmpuint (scene->mistakes->len, ==, 3);
  g_assert_cmpuint (scene->config.limits.files_per_job_at_once, ==, 9);
  g_assert_cmpuint (scene->config.limits.max_stored_bytes_per_user, ==, 99999);
  g_assert_cmpuint (scene->config.limits.max_files_per_job, ==, 6);
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 10000);
}

/* Of what it would have said nothing is known. */
static void
test_unreadable (ConfigScene *scene, gconstpointer data)
{
  g_auto (BgcConfig) running = { 0 };

  bgc_config_init (&running);
  running.limits.max_jobs_per_user = 9;
  config_scene_write (scene, "[Limits]\nMaxJobsPerUser=5\n");
  g_ptr_array_add (scene->files, g_build_filename (scene->folder, "none", NULL));
  config_scene_read (scene, &running);
  config_scene_assert_mistake (scene, 0, TRUE, "");
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 9);
  config_scene_read (scene, NULL);
  g_assert_cmpuint (scene->config.limits.max_jobs_per_user, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  CONFIG_SCENE_ADD ("/config/order", test_order);
  CONFIG_SCENE_ADD ("/config/reload", test_reload);
  CONFIG_SCENE_ADD ("/config/unreadable", test_unreadable);
  return g_test_run ();
}
