/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-path.h"

#include <string.h>

#include "base/bgc-limits.h"

#define TEMPORARY ".bgcopy-0123456789abcdef0123456789abcdef"

static void
test_accepted (void)
{
  static const char *const paths[] = {
    "/f",       "/srv/some file.iso", "/a/../b",           "/a//b",             "/srv/Grüße",
    "/srv/...", "/srv/.hidden",       "/" TEMPORARY "/f", "/srv/.bgcopy-0123",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean ok = bgc_path_check (paths[i], &error);

      g_assert_no_error (error);
      g_assert_true (ok);
    }
}

static void
test_refused (void)
{
  static const char *const paths[] = {
    "",       "f",         "./f",     "~/f",        "/",      "/srv/",   "/srv/.",          "/srv/..",
    "/a\nb", "/srv\t/f", "/f\x7f", "/f\xc2\x9b", "/f\xff", "/\xff/f", "/srv/" TEMPORARY,
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (bgc_path_check (paths[i], &error));
      g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
    }
  g_assert_false (bgc_path_check (NULL, NULL));
}

/* In a directory of @directory bytes, a file name of @base. */
static char *
long_path (gsize directory, gsize base)
{
  GString *path = g_string_new (directory % 2 != 0 ? "/dd" : NULL);

  while (path->len < directory)
    g_string_append (path, "/d");
  g_string_append_c (path, '/');
  while (path->len < directory + 1 + base)
    g_string_append_c (path, 'f');

  return g_string_free (path, FALSE);
}

static void
test_lengths (void)
{
  g_autofree char *longest = long_path (BGC_PATH_MAX_BYTES - 101, 100);
  g_autofree char *too_long = long_path (BGC_PATH_MAX_BYTES - 100, 100);
  g_autofree char *longest_directory = long_path (BGC_PATH_MAX_BYTES - 1 - strlen (TEMPORARY), 1);
  g_autofree char *no_room = long_path (BGC_PATH_MAX_BYTES - strlen (TEMPORARY), 1);
  g_autofree char *name = g_strnfill (256, 'n');
  g_autofree char *long_name = g_strconcat ("/srv/", name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (strlen (longest), ==, BGC_PATH_MAX_BYTES);
  g_assert_cmpuint (strlen (too_long), ==, BGC_PATH_MAX_BYTES + 1);
  g_assert_true (bgc_path_check (longest, NULL));
  g_assert_false (bgc_path_check (too_long, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
  g_clear_error (&error);
  g_assert_true (bgc_path_check (longest_directory, NULL));
  g_assert_false (bgc_path_check (no_room, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
  g_clear_error (&error);
  g_assert_false (bgc_path_check (long_name, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_STRING_TOO_LONG);
  long_name[strlen (long_name) - 1] = '\0';
  g_assert_true (bgc_path_check (long_name, NULL));
}

static void
test_parts (void)
{
  static const struct
  {
    const char *path;
    const char *directory;
    const char *base;
  } cases[] = {
    { "/f", "/", "f" },         { "/srv/f", "/srv", "f" }, { "/srv/a/f.iso", "/srv/a", "f.iso" },
    { "/srv//f", "/srv", "f" }, { "//f", "/", "f" },       { "/a/../f", "/a/..", "f" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *directory = bgc_path_directory (cases[i].path);

      g_assert_cmpstr (directory, ==, cases[i].directory);
      g_assert_cmpstr (bgc_path_base (cases[i].path), ==, cases[i].base);
    }
}

static void
test_temporary_names (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++)
    {
      char *name = bgc_path_temporary_name (random);

      g_assert_true (bgc_path_is_temporary_name (name));
      g_assert_cmpuint (strlen (name), ==, strlen (TEMPORARY));
      g_assert_true (g_hash_table_add (seen, name));
    }
}

static void
test_other_names (void)
{
  static const char *const names[] = {
    "",
    ".bgcopy-",
    "bgcopy-0123456789abcdef0123456789abcdef",
    ".bgcopy-0123456789abcdef0123456789abcde",
    TEMPORARY "0",
    TEMPORARY ".part",
    ".bgcopy-0123456789ABCDEF0123456789abcdef",
    "/" TEMPORARY,
    ".bgcopy-0123456789abcdef/123456789abcdef",
  };

  g_assert_true (bgc_path_is_temporary_name (TEMPORARY));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_false (bgc_path_is_temporary_name (names[i]));
  g_assert_false (bgc_path_is_temporary_name (NULL));
}

/* Never a crash, and what is accepted is a directory and a name that make the path again. */
static void
test_random (void)
{
  static const char alphabet[] = "////...ab \n\x7f\xc3\xbc\xff";

  for (guint round = 0; round < 20000; round++)
    {
      char path[24] = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *directory = NULL;
      const char *base;

      for (gint i = g_test_rand_int_range (0, sizeof path); i-- > 0;)
        path[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
      if (!bgc_path_check (path, &error))
        {
          g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
          continue;
        }

      directory = bgc_path_directory (path);
      base = bgc_path_base (path);
      g_assert_true (g_path_is_absolute (directory));
      g_assert_cmpuint (strlen (base), >, 0);
      g_assert_null (strchr (base, '/'));
      g_assert_cmpstr (base, !=, ".");
      g_assert_cmpstr (base, !=, "..");
      g_assert_true (g_str_has_suffix (path, base));
      g_assert_true (g_str_has_prefix (path, directory));
      g_assert_true (g_utf8_validate (path, -1, NULL));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/accepted", test_accepted);
  g_test_add_func ("/path/refused", test_refused);
  g_test_add_func ("/path/lengths", test_lengths);
  g_test_add_func ("/path/parts", test_parts);
  g_test_add_func ("/path/temporary-names", test_temporary_names);
  g_test_add_func ("/path/temporary-names/others", test_other_names);
  g_test_add_func ("/path/random", test_random);

  return g_test_run ();
}
