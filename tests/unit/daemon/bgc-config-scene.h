/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Configuration files as tests write them, and what came of reading them. */

#pragma once

#include "daemon/bgc-config.h"

typedef struct {
  char *folder;        /* (owned) */
  GPtrArray *files;    /* (owned) written so far */
  GPtrArray *mistakes; /* (owned) of the last reading */
  BgcConfig config;
} ConfigScene;

void config_scene_set_up (ConfigScene *scene, gconstpointer data);
void config_scene_tear_down (ConfigScene *scene, gconstpointer data);
/* Adds a file, whose name is its number. */
void config_scene_write_bytes (ConfigScene *scene, const char *text, gssize length);
void config_scene_write (ConfigScene *scene, const char *text);
/* Reads all that was written; @running nullable. */
void config_scene_read (ConfigScene *scene, const BgcConfig *running);
/* Writes and reads a single file. */
void config_scene_read_text (ConfigScene *scene, const char *text);
/* The only mistake is in line @line of the last file, and says @named. */
void config_scene_assert_mistake (ConfigScene *scene, guint line, gboolean grave, const char *named);

#define CONFIG_SCENE_ADD(name, function)                                                                   \
  g_test_add (name, ConfigScene, NULL, config_scene_set_up, function, config_scene_tear_down)
