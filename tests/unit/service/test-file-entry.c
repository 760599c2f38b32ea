/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-file-entry.h"

#include <string.h>

static void
test_keys (void)
{
  g_autoptr (BgcFile) file = bgc_file_new (7, "http://a/b", "/d/b", ".t");
  g_autoptr (GVariant) fresh = g_variant_ref_sink (bgc_file_entry_new (file));
  g_autoptr (GVariant) full = NULL;
  const char *text;
  guint64 total;

  g_assert_cmpuint (g_variant_n_children (fresh), ==, 7);
  g_assert_false (g_variant_lookup (fresh, "bytes-total", "t", &total));
  g_assert_false (g_variant_lookup (fresh, "temporary", "&s", &text));
  /* Asked for and not found: there is none. */
  file->attempts = 1;
  g_clear_pointer (&fresh, g_variant_unref);
  fresh = g_variant_ref_sink (bgc_file_entry_new (file));
  g_assert_false (g_variant_lookup (fresh, "temporary", "&s", &text));
  file->device = file->inode = 5;
  file->bytes_total = 10;
  file->checksum = g_strdup ("sha256:00");
  file->etag = g_strdup ("\"e\"");
  file->last_modified = g_strdup ("l");
  file->failure = bgc_failure_new (BGC_CONTEXT_TRANSPORT, BGC_ERROR_TIMEOUT, TRUE, "slow");
  full = g_variant_ref_sink (bgc_file_entry_new (file));
  g_assert_cmpuint (g_variant_n_children (full), ==, 13);
  g_assert_true (g_variant_lookup (full, "bytes-total", "t", &total));
  g_assert_cmpuint (total, ==, 10);
  g_assert_true (g_variant_lookup (full, "temporary", "&s", &text));
  g_assert_cmpstr (text, ==, "/d/.t");
}

static BgcFileList *
make_files (guint n_files, gsize name_length)
{
  BgcFileList *files = bgc_file_list_new ();
  g_autofree char *filling = g_strnfill (name_length, 'x');

  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *local = g_strdup_printf ("/%u%s", i, filling);

      bgc_file_list_put (files, bgc_file_new (2 * i, "http://a/b", local, ".t"));
    }
  return files;
}

static guint32
index_at (GVariant *page, guint position)
{
  g_autoptr (GVariant) entry = g_variant_get_child_value (page, position);
  guint32 index;

  g_assert_true (g_variant_lookup (entry, "index", "u", &index));
  return index;
}

static void
test_pages (void)
{
  g_autoptr (BgcFileList) files = make_files (1500, 1);
  g_autoptr (GVariant) page = g_variant_ref_sink (bgc_file_entry_page (files, 0, 0));
  g_autoptr (GVariant) next = g_variant_ref_sink (bgc_file_entry_page (files, 1999, G_MAXUINT32));
  g_autoptr (GVariant) some = g_variant_ref_sink (bgc_file_entry_page (files, 11, 3));
  g_autoptr (GVariant) none = g_variant_ref_sink (bgc_file_entry_page (files, G_MAXUINT32, 1000));

  g_assert_cmpuint (g_variant_n_children (page), ==, BGC_PAGE_SIZE);
  g_assert_cmpuint (index_at (page, 999), ==, 1998);
  g_assert_cmpuint (g_variant_n_children (next), ==, 500);
  g_assert_cmpuint (index_at (next, 0), ==, 2000);
  g_assert_cmpuint (g_variant_n_children (some), ==, 3);
  g_assert_cmpuint (index_at (some, 0), ==, 12);
  g_assert_cmpuint (g_variant_n_children (none), ==, 0);
}

static void
test_long_names_end_a_page (void)
{
  g_autoptr (BgcFileList) files = make_files (1000, 4000);
  g_autoptr (GVariant) page = g_variant_ref_sink (bgc_file_entry_page (files, 0, 0));

  g_assert_cmpuint (g_variant_n_children (page), >, 100);
  g_assert_cmpuint (g_variant_n_children (page), <, 1000);
  g_assert_cmpuint (g_variant_get_size (page), <, 8 * 1024 * 1024);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-entry/keys", test_keys);
  g_test_add_func ("/file-entry/pages", test_pages);
  g_test_add_func ("/file-entry/long-names-end-a-page", test_long_names_end_a_page);
  return g_test_run ();
}
