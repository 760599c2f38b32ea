/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file-list.h"

#include <string.h>

static BgcFile *
make_file (guint32 index, guint64 total, guint64 transferred)
{
  g_autofree char *remote = g_strdup_printf ("http://h/%u", index);
  g_autofree char *local = g_strdup_printf ("/srv/%u", index);
  BgcFile *file = bgc_file_new (index, remote, local, ".bgcopy-x");

  file->bytes_total = total;
  file->bytes_transferred = transferred;

  return file;
}

static void
test_empty (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  g_assert_cmpuint (bgc_file_list_length (list), ==, 0);
  g_assert_null (bgc_file_list_find (list, 0));
  g_assert_null (bgc_file_list_find_target (list, "/f"));
  g_assert_cmpuint (bgc_file_list_position (list, 5), ==, 0);
  g_assert_false (bgc_file_list_remove (list, 0));
  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, 0);
  g_assert_cmpuint (bgc_file_list_stored_bytes (list), ==, 0);
  bgc_file_list_free (NULL);
}

static void
test_order (void)
{
  static const guint32 indexes[] = { 5, 2, G_MAXUINT32, 0, 9, 3 };
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    bgc_file_list_put (list, make_file (indexes[i], 1, 0));

  g_assert_cmpuint (bgc_file_list_length (list), ==, G_N_ELEMENTS (indexes));
  for (guint i = 1; i < bgc_file_list_length (list); i++)
    g_assert_cmpuint (bgc_file_list_at (list, i - 1)->index, <, bgc_file_list_at (list, i)->index);
  g_assert_cmpuint (bgc_file_list_position (list, 4), ==, 3);
  g_assert_cmpuint (bgc_file_list_position (list, 5), ==, 3);
  g_assert_cmpuint (bgc_file_list_position (list, 10), ==, 5);
  g_assert_cmpuint (bgc_file_list_find (list, 9)->index, ==, 9);
  g_assert_null (bgc_file_list_find (list, 4));
}

static void
test_replace (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();
  BgcFile *whole = make_file (1, 10, 10);

  bgc_file_list_put (list, make_file (1, BGC_SIZE_UNKNOWN, 3));
  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, BGC_SIZE_UNKNOWN);
  g_assert_cmpuint (bgc_file_list_temporaries (list), ==, 1);

  whole->state = BGC_FILE_COMPLETED;
  bgc_file_list_put (list, whole);
  g_assert_cmpuint (bgc_file_list_length (list), ==, 1);
  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, 10);
  g_assert_cmpuint (bgc_file_list_bytes_transferred (list), ==, 10);
  g_assert_cmpuint (bgc_file_list_temporaries (list), ==, 0);
  g_assert_cmpuint (bgc_file_list_count (list, BGC_FILE_COMPLETED), ==, 1);
  g_assert_cmpuint (bgc_file_list_count (list, BGC_FILE_PENDING), ==, 0);
}

/* Sizes come from anybody: their sum stays a size, is not the number for unknown, and comes down again. */
static void
test_huge_sizes (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  for (guint32 i = 0; i < 5; i++)
    bgc_file_list_put (list, make_file (i, BGC_SIZE_UNKNOWN - 1, G_MAXUINT64));
  bgc_file_list_put (list, make_file (5, 100, 60));
  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, BGC_SIZE_UNKNOWN - 1);
  g_assert_cmpuint (bgc_file_list_bytes_transferred (list), ==, BGC_SIZE_UNKNOWN - 1);
  for (guint32 i = 0; i < 5; i++)
    g_assert_true (bgc_file_list_remove (list, i));
  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, 100);
  g_assert_cmpuint (bgc_file_list_bytes_transferred (list), ==, 60);
}

static guint32
target_index (BgcFileList *list, const char *path)
{
  const BgcFile *file = bgc_file_list_find_target (list, path);

  return file != NULL ? file->index : G_MAXUINT32;
}

static void
check_targets (BgcFileList *list, guint32 first)
{
  g_autofree char *local = g_strdup_printf ("/srv/%u", first);
  BgcFile *linked = make_file (first + 1, 1, 0);
  BgcFile *moved;

  linked->identity = g_strdup ("/real/linked");
  bgc_file_list_put (list, linked);
  g_assert_cmpuint (target_index (list, local), ==, first);
  g_assert_cmpuint (target_index (list, "/real/linked"), ==, first + 1);
  g_assert_cmpuint (target_index (list, "/real/other"), ==, G_MAXUINT32);

  moved = bgc_file_copy (bgc_file_list_find (list, first + 1));
  g_free (moved->identity);
  moved->identity = g_strdup ("/real/other");
  bgc_file_list_put (list, moved);
  g_assert_cmpuint (target_index (list, "/real/linked"), ==, G_MAXUINT32);
  g_assert_cmpuint (target_index (list, "/real/other"), ==, first + 1);

  bgc_file_list_remove (list, first);
  g_assert_cmpuint (target_index (list, local), ==, G_MAXUINT32);
  bgc_file_list_put (list, make_file (first, 1, 0));
  g_assert_cmpuint (target_index (list, local), ==, first);
}

static void
test_targets (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  bgc_file_list_put (list, make_file (7, 1, 0));
  check_targets (list, 7);
}

static void
test_targets_long (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  for (guint32 i = 100; i < 400; i++)
    bgc_file_list_put (list, make_file (i, 1, 0));
  check_targets (list, 250);
}

/* Two files may come to answer to one path (a link that was moved): the earlier one is found, and the
 * later one when that is gone. */
static void
test_targets_shared (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();
  BgcFile *linked;

  for (guint32 i = 0; i < 100; i++)
    bgc_file_list_put (list, make_file (i, 1, 0));
  g_assert_cmpuint (target_index (list, "/srv/50"), ==, 50);
  linked = make_file (20, 1, 0);
  linked->identity = g_strdup ("/srv/50");
  bgc_file_list_put (list, linked);
  g_assert_cmpuint (target_index (list, "/srv/50"), ==, 20);
  bgc_file_list_remove (list, 20);
  g_assert_cmpuint (target_index (list, "/srv/50"), ==, 50);
}

/* The truth to compare with: the files one by one. */
static void
check_totals (BgcFileList *list)
{
  guint64 total = 0;
  guint64 transferred = 0;
  gboolean unknown = FALSE;
  guint counts[4] = { 0 };
  guint temporaries = 0;
  gsize stored = 0;

  for (guint i = 0; i < bgc_file_list_length (list); i++)
    {
      const BgcFile *file = bgc_file_list_at (list, i);

      g_assert_true (i == 0 || bgc_file_list_at (list, i - 1)->index < file->index);
      g_assert_true (bgc_file_list_find (list, file->index) == file);
      g_assert_true (bgc_file_list_find_target (list, file->local) == file);
      unknown = unknown || file->bytes_total == BGC_SIZE_UNKNOWN;
      total += file->bytes_total;
      transferred += file->bytes_transferred;
      counts[file->state]++;
      temporaries += bgc_file_has_temporary (file) ? 1 : 0;
      stored += bgc_file_stored_bytes (file);
    }

  g_assert_cmpuint (bgc_file_list_bytes_total (list), ==, unknown ? BGC_SIZE_UNKNOWN : total);
  g_assert_cmpuint (bgc_file_list_bytes_transferred (list), ==, transferred);
  for (guint state = 0; state < G_N_ELEMENTS (counts); state++)
    g_assert_cmpuint (bgc_file_list_count (list, (BgcFileState) state), ==, counts[state]);
  g_assert_cmpuint (bgc_file_list_temporaries (list), ==, temporaries);
  g_assert_cmpuint (bgc_file_list_stored_bytes (list), ==, stored);
}

static void
test_random (void)
{
  g_autoptr (BgcFileList) list = bgc_file_list_new ();

  for (guint round = 0; round < 2000; round++)
    {
      guint32 index = (guint32) g_test_rand_int_range (0, 80);

      if (g_test_rand_int_range (0, 3) == 0)
        {
          gboolean had = bgc_file_list_find (list, index) != NULL;

          g_assert_cmpint (bgc_file_list_remove (list, index), ==, had);
        }
      else
        {
          BgcFile *file = make_file (index, (guint64) g_test_rand_int_range (0, 1000),
                                     (guint64) g_test_rand_int_range (0, 1000));

          file->state = (BgcFileState) g_test_rand_int_range (0, 4);
          if (g_test_rand_int_range (0, 50) == 0)
            file->bytes_total = BGC_SIZE_UNKNOWN;
          bgc_file_list_put (list, file);
        }
      check_totals (list);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-list/empty", test_empty);
  g_test_add_func ("/file-list/order", test_order);
  g_test_add_func ("/file-list/replace", test_replace);
  g_test_add_func ("/file-list/huge-sizes", test_huge_sizes);
  g_test_add_func ("/file-list/targets", test_targets);
  g_test_add_func ("/file-list/targets/long", test_targets_long);
  g_test_add_func ("/file-list/targets/shared", test_targets_shared);
  g_test_add_func ("/file-list/random", test_random);

  return g_test_run ();
}
