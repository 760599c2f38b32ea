/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-bandwidth.h"

#include <string.h>

#include "bgc-config-scene.h"
#include "daemon/bgc-config-mistakes.h"

static void
test_caps (ConfigScene *scene, gconstpointer data)
{
  const BgcCaps *caps = &scene->config.timetable.base;

  config_scene_read_text (scene, "[Bandwidth]\nLimit=2M\nLimitForeground=none\nLimitHigh=3\nLimitNormal=4K\n"
                                 "LimitLow=0\nLimitPerOwner=5G\n[Limits]\nFilesAtOnce=3\n");
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (caps->all, ==, 2 << 20);
  g_assert_cmpuint (caps->priorities[BGC_PRIORITY_FOREGROUND], ==, BGC_CAP_NONE);
  g_assert_cmpuint (caps->priorities[BGC_PRIORITY_HIGH], ==, 3);
  g_assert_cmpuint (caps->priorities[BGC_PRIORITY_NORMAL], ==, 4096);
  g_assert_cmpuint (caps->priorities[BGC_PRIORITY_LOW], ==, 0);
  g_assert_cmpuint (caps->owner, ==, G_GUINT64_CONSTANT (5) << 30);
  g_assert_cmpuint (scene->config.limits.files_per_job_at_once, ==, 3);
  config_scene_read_text (scene, "[Bandwidth]\nLimit=2M\nLimit=\n");
  g_assert_cmpuint (caps->all, ==, BGC_CAP_NONE);
}

/* Lists add up over the files; an empty value makes them empty. */
static void
test_lists (ConfigScene *scene, gconstpointer data)
{
  const BgcTimetable *table = &scene->config.timetable;

  config_scene_write (scene, "[Bandwidth]\nWindow=08:00-18:00 limit=1\nMaintenance=Sun 02:00-04:00\n"
                             "Window=Mon..Fri 10:00-12:00 limit=2\n");
  config_scene_write (scene, "[Bandwidth]\nWindow=22:00-06:00 low=0\n");
  config_scene_read (scene, NULL);
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
  g_assert_cmpuint (table->windows->len, ==, 3);
  g_assert_cmpuint (g_array_index (table->windows, BgcTimetableWindow, 0).caps.all, ==, 1);
  g_assert_cmpuint (g_array_index (table->windows, BgcTimetableWindow, 2).begin, ==, 22 * 60);
  g_assert_cmpuint (table->maintenance->len, ==, 1);
  config_scene_write (scene, "[Bandwidth]\nWindow=\nWindow=00:00-24:00 limit=7\n");
  config_scene_read (scene, NULL);
  g_assert_cmpuint (table->windows->len, ==, 1);
  g_assert_cmpuint (g_array_index (table->windows, BgcTimetableWindow, 0).caps.all, ==, 7);
  g_assert_cmpuint (table->maintenance->len, ==, 1);
}

/* By file, line and name; the others of the file hold. */
static void
test_refused (ConfigScene *scene, gconstpointer data)
{
  static const struct {
    const char *line;
    const char *message;
  } cases[] = {
    { "Limit=1Q",
      "Limit must be a whole number of bytes a second, or with K, M or G behind it, or none, not \"1Q\"" },
    { "LimitPerOwner=-1", "LimitPerOwner must be " },
    { "Window=25:00-26:00 limit=1", "Window=: 25:00 is no time of day" },
    { "Window=Mon..Fri", "Window=: Mon..Fri has no hours such as 08:00-18:00" },
    { "Window=08:00-18:00", "Window=: nothing is limited; limit=, foreground=, " },
    { "Maintenance=Sonntag 02:00-04:00", "Maintenance=: Sonntag is no day of the week" },
    { "Maintenance=02:00-04:00 limit=x", "Maintenance=: limit=x is no number of bytes a second" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat ("[Bandwidth]\nLimit=3\nWindow=01:00-02:00 limit=1\n"
                                           "Maintenance=01:00-02:00\n",
                                           cases[i].line, "\nLimitHigh=4\n", NULL);
      const BgcTimetable *table = &scene->config.timetable;

      config_scene_read_text (scene, text);
      config_scene_assert_mistake (scene, 5, TRUE, cases[i].message);
      g_assert_true (g_str_has_prefix (
        ((BgcConfigMistake *)g_ptr_array_index (scene->mistakes, 0))->text, cases[i].message));
      g_assert_cmpuint (table->base.all, ==, 3);
      g_assert_cmpuint (table->base.priorities[BGC_PRIORITY_HIGH], ==, 4);
      g_assert_cmpuint (table->windows->len, ==, 1);
      g_assert_cmpuint (table->maintenance->len, ==, 1);
    }
}

static void
test_unknown (ConfigScene *scene, gconstpointer data)
{
  config_scene_read_text (scene, "[Bandwidth]\nwindow=08:00-18:00 limit=1\n");
  config_scene_assert_mistake (scene, 2, FALSE, "there is no key window in [Bandwidth], it is spelt Window");
  config_scene_read_text (scene, "[Bandwidth]\nFilesAtOnce=3\n");
  config_scene_assert_mistake (scene, 2, FALSE, "there is no key FilesAtOnce in [Bandwidth]");
}

static void
test_too_many (ConfigScene *scene, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("[Bandwidth]\n");

  for (guint i = 0; i <= BGC_TIMETABLE_WINDOWS_MAX; i++)
    g_string_append (text, "Window=08:00-18:00 limit=1\n");
  config_scene_read_text (scene, text->str);
  config_scene_assert_mistake (scene, BGC_TIMETABLE_WINDOWS_MAX + 2, TRUE, "too many");
  g_assert_cmpuint (scene->config.timetable.windows->len, ==, BGC_TIMETABLE_WINDOWS_MAX);
}

/* At a reload what is refused stays as it runs, a list as a whole, and only that. */
static void
test_reload (ConfigScene *scene, gconstpointer data)
{
  const BgcTimetable *table = &scene->config.timetable;
  g_auto (BgcConfig) running = { 0 };

  config_scene_read_text (scene, "[Bandwidth]\nLimit=3\nLimitHigh=4\nWindow=01:00-02:00 limit=5\n"
                                 "Window=03:00-04:00 limit=6\nMaintenance=01:00-02:00\n");
  bgc_config_init (&running);
  bgc_timetable_copy (&running.timetable, table);
  g_ptr_array_set_size (scene->files, 0);
  config_scene_write (scene, "[Bandwidth]\nLimit=x\nLimitHigh=x\nLimitHigh=8\nWindow=05:00-06:00 limit=7\n"
                             "Window=x\nMaintenance=x\nMaintenance=\n");
  config_scene_read (scene, &running);
  g_assert_cmpuint (scene->mistakes->len, ==, 4);
  g_assert_cmpuint (table->base.all, ==, 3);
  g_assert_cmpuint (table->base.priorities[BGC_PRIORITY_HIGH], ==, 8);
  g_assert_cmpuint (table->windows->len, ==, 2);
  g_assert_cmpuint (g_array_index (table->windows, BgcTimetableWindow, 1).caps.all, ==, 6);
  g_assert_cmpuint (table->maintenance->len, ==, 0);
  g_ptr_array_add (scene->files, g_build_filename (scene->folder, "none", NULL));
  config_scene_read (scene, &running);
  g_assert_cmpuint (table->base.priorities[BGC_PRIORITY_HIGH], ==, 4);
  g_assert_cmpuint (table->maintenance->len, ==, 1);
}

/* The example has every key, and what it shows can be read. */
static void
test_example (ConfigScene *scene, gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_getenv ("TOP_SRCDIR"), "data", "bgcopyd.conf", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GString) lines = g_string_new ("[Bandwidth]\n");
  const char *key;

  if (g_getenv ("TOP_SRCDIR") == NULL)
    {
      g_test_skip ("run by make");
      return;
    }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (guint i = 0; (key = bgc_config_bandwidth_key (i)) != NULL; i++)
    {
      g_autofree char *start = g_strdup_printf ("\n#%s=", key);
      const char *found = strstr (text, start);

      if (found == NULL)
        g_error ("%s is not in the example", key);
      g_string_append_len (lines, found + 2, strcspn (found + 2, "\n") + 1);
    }
  config_scene_read_text (scene, lines->str);
  g_assert_cmpuint (scene->mistakes->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  CONFIG_SCENE_ADD ("/config-bandwidth/caps", test_caps);
  CONFIG_SCENE_ADD ("/config-bandwidth/lists", test_lists);
  CONFIG_SCENE_ADD ("/config-bandwidth/refused", test_refused);
  CONFIG_SCENE_ADD ("/config-bandwidth/unknown", test_unknown);
  CONFIG_SCENE_ADD ("/config-bandwidth/too-many", test_too_many);
  CONFIG_SCENE_ADD ("/config-bandwidth/reload", test_reload);
  CONFIG_SCENE_ADD ("/config-bandwidth/example", test_example);
  return g_test_run ();
}
