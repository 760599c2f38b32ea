/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "bgc-config-scene.h"
#include "daemon/bgc-config-mistakes.h"

static void
test_lines (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "[Limits]\n\nFilesAtOnce\n");
  config_scene_assert_mistake (scene, 3, TRUE, "\"FilesAtOnce\"");
  config_scene_read_text (scene, "[Limits]\n=4\n");
  config_scene_assert_mistake (scene, 2, TRUE, "=4");
  config_scene_read_text (scene, "[Limits\n");
  config_scene_assert_mistake (scene, 1, TRUE, "[Limits");
  config_scene_read_text (scene, "FilesAtOnce=4\n");
  config_scene_assert_mistake (scene, 1, TRUE, "[Limits]");
}

static void
test_not_text (ConfigScene *scene, gconstpointer data)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, '\n');
  g_autofree char *fifo = g_build_filename (scene->folder, "fifo", NULL);

  config_scene_write_bytes (scene, "[Limits]\n\0FilesAtOnce=2\n", 24);
  config_scene_read (scene, NULL);
  config_scene_assert_mistake (scene, 0, TRUE, "text");
  config_scene_read_text (scene, large);
  config_scene_assert_mistake (scene, 0, TRUE, "long");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_unlink (g_ptr_array_index (scene->files, 0));
  g_ptr_array_set_size (scene->files, 0);
  g_ptr_array_add (scene->files, g_strdup (fifo));
  config_scene_read (scene, NULL);
  config_scene_assert_mistake (scene, 0, TRUE, "regular");
}

static void
test_hidden (ConfigScene *scene, gconstpointer data)
{
  char *path = g_build_filename (scene->folder, "null", NULL);

  g_assert_cmpint (symlink ("/dev/null", path), ==, 0);
  g_ptr_array_add (scene->files, path);
  config_scene_read (scene, NULL);
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
}

/* Who asks for a file that is not there is told its name once, before what is wrong. */
static void
test_missing (ConfigScene *scene, gconstpointer data)
{
  g_ptr_array_add (scene->files, g_build_filename (scene->folder, "none", NULL));
  config_scene_read (scene, NULL);
  config_scene_assert_mistake (scene, 0, TRUE, "");
  g_assert_cmpstr (((BgcConfigMistake *)g_ptr_array_index (scene->mistakes, 0))->text, ==,
                   g_strerror (ENOENT));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  CONFIG_SCENE_ADD ("/config-lines/lines", test_lines);
  CONFIG_SCENE_ADD ("/config-lines/not-text", test_not_text);
  CONFIG_SCENE_ADD ("/config-lines/hidden", test_hidden);
  CONFIG_SCENE_ADD ("/config-lines/missing", test_missing);
  return g_test_run ();
}
