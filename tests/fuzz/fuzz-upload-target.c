/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-target.h"

#include "server/bgc-upload-target.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree with ways out of it: links to the root, upwards and to the sessions. */
static int
open_tree (char *where)
{
  g_autofree char *base = g_dir_make_tmp ("bgc-fuzz-target-XXXXXX", NULL);
  g_autofree char *real = NULL;
  int root;

  g_assert_nonnull (base);
  real = realpath (base, NULL);
  g_strlcpy (where, real, PATH_MAX);
  root = open (base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (root, >=, 0);
  g_assert_cmpint (mkdirat (root, "sub", 0700), ==, 0);
  g_assert_cmpint (mkdirat (root, "sub/deep", 0700), ==, 0);
  g_assert_cmpint (mkdirat (root, BGC_UPLOAD_TARGET_SESSIONS, 0700), ==, 0);
  g_assert_cmpint (symlinkat ("/", root, "link"), ==, 0);
  g_assert_cmpint (symlinkat ("..", root, "sub/up"), ==, 0);
  g_assert_cmpint (symlinkat (BGC_UPLOAD_TARGET_SESSIONS, root, "sessions"), ==, 0);

  return root;
}

static char tree[PATH_MAX];

static void
remove_tree (void)
{
  static const char *const names[]
    = { "sessions", "sub/up", "link", "sub/deep", "sub", BGC_UPLOAD_TARGET_SESSIONS };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (tree, names[i], NULL);

      g_remove (path);
    }
  g_rmdir (tree);
}

static void
check_name (const char *name)
{
  g_assert_cmpuint (strlen (name), >, 0);
  g_assert_cmpuint (strlen (name), <=, NAME_MAX);
  g_assert_null (strchr (name, '/'));
  g_assert_cmpstr (name, !=, ".");
  g_assert_cmpstr (name, !=, "..");
  g_assert_cmpint (g_ascii_strcasecmp (name, BGC_UPLOAD_TARGET_SESSIONS), !=, 0);
  for (const char *p = name; *p != '\0'; p++)
    g_assert_false (g_ascii_iscntrl (*p));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static int root = -1;
  g_autofree char *path = g_strndup ((const char *) data, size);
  g_auto (BgcUploadTarget) target = { NULL, NULL };
  g_auto (GStrv) parents = NULL;
  g_autofree char *link = NULL;
  char where[PATH_MAX] = "";
  int parent;

  if (root < 0)
    {
      root = open_tree (tree);
      atexit (remove_tree);
    }
  if (!bgc_upload_target_parse (path, &target, NULL))
    {
      g_assert_true (target.name == NULL && target.parent == NULL);
      return 0;
    }

  check_name (target.name);
  parents = g_strsplit (target.parent, "/", -1);
  for (guint i = 0; parents[i] != NULL && strcmp (target.parent, ".") != 0; i++)
    check_name (parents[i]);
  parent = bgc_upload_target_open_parent (&target, root, NULL);
  if (parent < 0)
    return 0;
  /* Wherever it is, it is at or below the tree and not where the sessions are. */
  link = g_strdup_printf ("/proc/self/fd/%d", parent);
  g_assert_cmpint (readlink (link, where, sizeof where - 1), >, 0);
  g_assert_true (g_str_has_prefix (where, tree));
  g_assert_true (where[strlen (tree)] == '/' || where[strlen (tree)] == '\0');
  g_assert_null (strstr (where + strlen (tree), BGC_UPLOAD_TARGET_SESSIONS));
  bgc_upload_target_exists (&target, parent, NULL);
  close (parent);

  return 0;
}
