/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-local-file-room.h"

#include <fcntl.h>
#include <unistd.h>

#include "bgc-folder.h"

#define KIB 1024u
#define MIB (G_GUINT64_CONSTANT (1024) * KIB)

static struct statvfs
file_system (guint64 blocks, guint64 available)
{
  return (struct statvfs){ .f_frsize = 4 * KIB, .f_blocks = blocks, .f_bavail = available };
}

static void
test_kept (void)
{
  struct statvfs large = file_system (1000000, 0);
  struct statvfs small = file_system (1000, 0);
  struct statvfs none = file_system (0, 0);

  g_assert_cmpuint (bgc_local_file_room_kept (&large, 256 * MIB), ==, 256 * MIB);
  g_assert_cmpuint (bgc_local_file_room_kept (&large, G_MAXUINT64), ==, 100000 * 4 * KIB);
  g_assert_cmpuint (bgc_local_file_room_kept (&small, 256 * MIB), ==, 100 * 4 * KIB);
  g_assert_cmpuint (bgc_local_file_room_kept (&small, 5), ==, 5);
  none.f_frsize = 0;
  g_assert_cmpuint (bgc_local_file_room_kept (&none, 5), ==, 5);
}

static void
test_suffices (void)
{
  static const struct
  {
    guint64 available;
    guint64 wanted;
    guint64 reserve;
    gboolean suffices;
  } cases[] = {
    { 100, 400 * KIB, 0, TRUE },
    { 100, 404 * KIB, 0, FALSE },
    { 100, 200 * KIB, 200 * KIB, TRUE },
    { 100, 204 * KIB, 200 * KIB, FALSE },
    { 0, 0, 200 * KIB, TRUE },
    { 0, 1, 4 * KIB, FALSE },
    { 1, 1, 4 * KIB, FALSE },
    { 1, 1, 0, TRUE },
    { 100, G_MAXUINT64, 0, FALSE },
    { 100, G_MAXINT64, G_MAXINT64, FALSE },
  };
  struct statvfs silent = file_system (0, 0);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      struct statvfs statistics = file_system (1000000, cases[i].available);

      g_assert_cmpint (bgc_local_file_room_suffices (&statistics, cases[i].wanted, cases[i].reserve), ==,
                       cases[i].suffices);
    }
  /* Some file systems do not say. */
  g_assert_true (bgc_local_file_room_suffices (&silent, MIB, MIB));
  g_assert_true (bgc_local_file_room_for_bytes (-1, MIB, MIB));
  g_assert_true (bgc_local_file_room_for_size (-1, MIB, MIB));
}

static guint64 available;

static int
look (int fd, struct statvfs *statistics)
{
  *statistics = file_system (100000, available);
  return 0;
}

static gboolean
has_room (const BgcFile *file)
{
  g_autoptr (GError) error = NULL;
  gboolean room = bgc_local_file_room_check (file, 4 * MIB, &error);

  g_assert_true (room || g_error_matches (error, BGC_ERROR, BGC_ERROR_NO_SPACE));
  return room;
}

static void
test_check (void)
{
  g_autoptr (BgcFolder) folder = bgc_folder_new ();
  g_autofree char *local = bgc_folder_path (folder, "file");
  g_autofree char *away = bgc_folder_path (folder, "none/file");
  g_autoptr (BgcFile) file = bgc_file_new (0, "http://example.org/", local, "temporary");
  g_autoptr (BgcFile) other = bgc_file_new (1, "http://example.org/", away, "temporary");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (100 * KIB, 'x');

  bgc_local_file_room_set_look (look);
  file->bytes_total = file->expected_size = BGC_SIZE_UNKNOWN;
  available = 2048;
  g_assert_true (has_room (file));
  available--;
  g_assert_false (has_room (file));
  file->expected_size = 1 * MIB;
  available = 1280;
  g_assert_true (has_room (file));
  available--;
  g_assert_false (has_room (file));
  file->bytes_total = 2 * MIB;
  available = 1536;
  g_assert_true (has_room (file));
  available--;
  g_assert_false (has_room (file));
  /* What it holds already it need not have. */
  bgc_folder_write (folder, "temporary", text);
  file->inode = bgc_folder_stat (folder, "temporary").st_ino;
  g_assert_true (has_room (file));
  g_assert_false (bgc_local_file_room_check (other, 0, &error));
  g_assert_error (error, BGC_ERROR, BGC_ERROR_INVALID_PATH);
  bgc_local_file_room_set_look (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/local-file-room/kept", test_kept);
  g_test_add_func ("/local-file-room/suffices", test_suffices);
  g_test_add_func ("/local-file-room/check", test_check);
  return g_test_run ();
}
