/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "bgc-config-scene.h"

#include <string.h>

#include <glib/gstdio.h>

#include "daemon/bgc-config-mistakes.h"

void
config_scene_set_up (ConfigScene *scene, gconstpointer data)
{
  scene->folder = g_dir_make_tmp ("bgcopyd-config-XXXXXX", NULL);
  g_assert_nonnull (scene->folder);
  scene->files = g_ptr_array_new_with_free_func (g_free);
  scene->mistakes = bgc_config_mistakes_new ();
  bgc_config_init (&scene->config);
}

void
config_scene_tear_down (ConfigScene *scene, gconstpointer data)
{
  for (guint i = 0; i < scene->files->len; i++)
    g_unlink (g_ptr_array_index (scene->files, i));
  g_rmdir (scene->folder);
  g_free (scene->folder);
  g_ptr_array_unref (scene->files);
  g_ptr_array_unref (scene->mistakes);
  bgc_config_clear (&scene->config);
}

void
config_scene_write_bytes (ConfigScene *scene, const char *text, gssize length)
{
  g_autofree char *name = g_strdup_printf ("%u", scene->files->len + 1);
  char *path = g_build_filename (scene->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, length, NULL));
  g_ptr_array_add (scene->files, path);
}

void
config_scene_write (ConfigScene *scene, const char *text)
{
  config_scene_write_bytes (scene, text, -1);
}

void
config_scene_read (ConfigScene *scene, const BgcConfig *running)
{
  g_ptr_array_set_size (scene->mistakes, 0);
  bgc_config_read (scene->files, running, &scene->config, scene->mistakes);
}

void
config_scene_read_text (ConfigScene *scene, const char *text)
{
  g_ptr_array_set_size (scene->files, 0);
  config_scene_write (scene, text);
  config_scene_read (scene, NULL);
}

void
config_scene_assert_mistake (ConfigScene *scene, guint line, gboolean grave, const char *named)
{
  BgcConfigMistake *mistake;

  g_assert_cmpuint (scene->mistakes->len, ==, 1);
  mistake = g_ptr_array_index (scene->mistakes, 0);
  g_assert_cmpstr (mistake->file, ==, g_ptr_array_index (scene->files, scene->files->len - 1));
  g_assert_cmpuint (mistake->line, ==, line);
  g_assert_cmpint (mistake->grave, ==, grave);
  g_assert_nonnull (strstr (mistake->text, named));
}
