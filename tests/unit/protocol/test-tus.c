/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-tus.h"

#include <string.h>

#include "protocol/bgc-header-table.h"

static void
parse (const char *text, BgcTusAnswer *out)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text (text, strlen (text));
  BgcHeaderReader reader = bgc_header_table_reader (table);

  bgc_tus_answer_parse (&reader, out);
}

static void
test_discovery (void)
{
  g_auto (BgcTusAnswer) answer = { FALSE };

  parse ("Tus-Version: 1.0.0,0.2.2\nTus-Extension: creation, Termination,expiration,unknown\nTus-Max-Size: "
         "1073741824",
         &answer);
  g_assert_true (answer.speaks_tus);
  g_assert_cmpuint (answer.extensions, ==, BGC_TUS_CREATION | BGC_TUS_TERMINATION | BGC_TUS_EXPIRATION);
  g_assert_true (answer.has_max_size);
  g_assert_cmpuint (answer.max_size, ==, 1073741824);
  g_assert_false (answer.has_offset);
}

static void
test_offsets (void)
{
  static const struct
  {
    const char *text;
    gboolean speaks_tus, has_offset, has_length;
    guint64 offset, length;
  } rows[] = {
    { "Tus-Resumable: 1.0.0\nUpload-Offset: 70\nUpload-Length: 100", TRUE, TRUE, TRUE, 70, 100 },
    { "Tus-Resumable: 1.0.0\nUpload-Offset: 100\nUpload-Length: 100", TRUE, TRUE, TRUE, 100, 100 },
    { "Tus-Resumable: 1.0.0\nUpload-Offset: 101\nUpload-Length: 100", TRUE, FALSE, TRUE, 0, 100 },
    { "Tus-Resumable: 1.0.0\nUpload-Offset: -1", TRUE, FALSE, FALSE, 0, 0 },
    { "Tus-Resumable: 0.2.2\nUpload-Offset: 5", FALSE, TRUE, FALSE, 5, 0 },
    { "Upload-Offset: 5, 6", FALSE, FALSE, FALSE, 0, 0 },
    { "", FALSE, FALSE, FALSE, 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (BgcTusAnswer) answer = { FALSE };

      parse (rows[i].text, &answer);
      g_assert_cmpint (answer.speaks_tus, ==, rows[i].speaks_tus);
      g_assert_cmpint (answer.has_offset, ==, rows[i].has_offset);
      g_assert_cmpint (answer.has_length, ==, rows[i].has_length);
      g_assert_cmpuint (answer.has_offset ? answer.offset : 0, ==, rows[i].offset);
      g_assert_cmpuint (answer.length, ==, rows[i].length);
    }
}

static void
test_location (void)
{
  g_auto (BgcTusAnswer) good = { FALSE };
  g_auto (BgcTusAnswer) bad = { FALSE };

  parse ("Location: /files/24e5", &good);
  g_assert_cmpstr (good.location, ==, "/files/24e5");
  parse ("Location: /files/24 e5", &bad);
  g_assert_null (bad.location);
}

static void
test_writing (void)
{
  g_autoptr (BgcHeaderTable) creation = bgc_header_table_new ();
  g_autoptr (BgcHeaderTable) append = bgc_header_table_new ();
  BgcHeaderWriter creation_writer = bgc_header_table_writer (creation);
  BgcHeaderWriter append_writer = bgc_header_table_writer (append);

  bgc_tus_write_creation (&creation_writer, 0, "world_domination_plan.pdf");
  g_assert_cmpstr (bgc_header_table_get (creation, "Tus-Resumable"), ==, "1.0.0");
  g_assert_cmpstr (bgc_header_table_get (creation, "Upload-Length"), ==, "0");
  g_assert_cmpstr (bgc_header_table_get (creation, "Upload-Metadata"), ==,
                   "filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==");
  bgc_tus_write_append (&append_writer, 70, 30);
  g_assert_cmpstr (bgc_header_table_get (append, "Upload-Offset"), ==, "70");
  g_assert_cmpstr (bgc_header_table_get (append, "Content-Length"), ==, "30");
  g_assert_cmpstr (bgc_header_table_get (append, "Content-Type"), ==, "application/offset+octet-stream");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tus/discovery", test_discovery);
  g_test_add_func ("/tus/offsets", test_offsets);
  g_test_add_func ("/tus/location", test_location);
  g_test_add_func ("/tus/writing", test_writing);

  return g_test_run ();
}
