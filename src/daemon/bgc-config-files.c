/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "daemon/bgc-config-files.h"

#include <errno.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "daemon/bgc-config-mistakes.h"

#define MAIN_FILE "bgcopyd.conf"
#define DROP_INS "bgcopyd.conf.d"

GStrv
bgc_config_files_directories (gboolean session)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (session)
    {
      g_autofree char *own = g_build_filename (g_get_user_config_dir (), "bgcopyd", NULL);

      g_strv_builder_add (builder, own);
    }
  else
    {
      g_strv_builder_add (builder, SYSCONFDIR "/bgcopyd");
      g_strv_builder_add (builder, VENDORCONFDIR "/bgcopyd");
    }
  return g_strv_builder_end (builder);
}

/* One that cannot be looked at counts too: that it cannot be read is told when it is. */
static gboolean
is_there (const char *path)
{
  return g_access (path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void
add_main_file (const char *const *directories, GPtrArray *files)
{
  for (gsize i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (directories[i], MAIN_FILE, NULL);

      if (is_there (path))
        {
          g_ptr_array_add (files, g_steal_pointer (&path));
          return;
        }
    }
}

/* Into @found (element-type filename filename): the path of each name that is not there yet. */
static void
collect (const char *directory, GHashTable *found, GPtrArray *mistakes)
{
  g_autofree char *folder = g_build_filename (directory, DROP_INS, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  if (dir == NULL)
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        bgc_config_mistakes_add (mistakes, folder, 0, TRUE, "%s", error->message);
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, ".conf") && !g_hash_table_contains (found, name))
      g_hash_table_insert (found, g_strdup (name), g_build_filename (folder, name, NULL));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

GPtrArray *
bgc_config_files_find (const char *const *directories, GPtrArray *mistakes)
{
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GList) names = NULL;

  add_main_file (directories, files);
  for (gsize i = 0; directories[i] != NULL; i++)
    collect (directories[i], found, mistakes);
  names = g_list_sort (g_hash_table_get_keys (found), compare_names);
  for (GList *link = names; link != NULL; link = link->next)
    g_ptr_array_add (files, g_strdup (g_hash_table_lookup (found, link->data)));
  return files;
}
