/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-resumable.h"

#include <string.h>

#include "protocol/bgc-header-table.h"

static void
parse (const char *text, BgcResumableAnswer *out)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new_from_text (text, strlen (text));
  BgcHeaderReader reader = bgc_header_table_reader (table);

  bgc_resumable_answer_parse (&reader, out);
}

static void
test_answers (void)
{
  static const struct
  {
    const char *text;
    BgcResumableCompletion completion;
    gboolean has_offset;
    guint64 offset;
    const char *location;
  } rows[] = {
    { "Upload-Complete: ?0\nUpload-Offset: 50\nLocation: /u/1", BGC_RESUMABLE_INCOMPLETE, TRUE, 50, "/u/1" },
    { "Upload-Complete: ?1", BGC_RESUMABLE_COMPLETE, FALSE, 0, NULL },
    { "Upload-Complete: 1", BGC_RESUMABLE_UNTOLD, FALSE, 0, NULL },
    { "Upload-Incomplete: ?1", BGC_RESUMABLE_UNTOLD, FALSE, 0, NULL },
    { "Upload-Complete: ?0\nUpload-Offset: 101\nUpload-Length: 100", BGC_RESUMABLE_INCOMPLETE, FALSE, 0,
      NULL },
    { "Upload-Complete: ?0\nUpload-Offset: 1000000000000000", BGC_RESUMABLE_INCOMPLETE, FALSE, 0, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (BgcResumableAnswer) answer = { BGC_RESUMABLE_UNTOLD };

      parse (rows[i].text, &answer);
      g_assert_cmpint (answer.completion, ==, rows[i].completion);
      g_assert_cmpint (answer.has_offset, ==, rows[i].has_offset);
      g_assert_cmpuint (answer.has_offset ? answer.offset : 0, ==, rows[i].offset);
      g_assert_cmpstr (answer.location, ==, rows[i].location);
    }
}

static void
test_limits (void)
{
  g_auto (BgcResumableAnswer) some = { BGC_RESUMABLE_UNTOLD };
  g_auto (BgcResumableAnswer) none = { BGC_RESUMABLE_UNTOLD };
  g_auto (BgcResumableAnswer) bad = { BGC_RESUMABLE_UNTOLD };

  parse ("Upload-Limit: max-size=1000, max-append-size=100, min-append-size=5, max-age=3600, new-thing=(1 2)",
         &some);
  g_assert_true (some.has_limits);
  g_assert_cmpuint (some.limits.max_size, ==, 1000);
  g_assert_cmpuint (some.limits.min_size, ==, 0);
  g_assert_cmpuint (some.limits.max_append_size, ==, 100);
  g_assert_cmpuint (some.limits.min_append_size, ==, 5);
  g_assert_cmpuint (some.limits.max_age, ==, 3600);
  parse ("Upload-Limit: min-size=0", &none);
  g_assert_true (none.has_limits);
  g_assert_cmpuint (none.limits.max_size, ==, G_MAXUINT64);
  parse ("Upload-Limit: max-size=", &bad);
  g_assert_false (bad.has_limits);
}

static void
test_writing (void)
{
  g_autoptr (BgcHeaderTable) table = bgc_header_table_new ();
  BgcHeaderWriter writer = bgc_header_table_writer (table);

  bgc_resumable_write_creation (&writer, 100);
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Draft-Interop-Version"), ==, "8");
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Complete"), ==, "?0");
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Length"), ==, "100");
  bgc_resumable_write_creation (&writer, 0);
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Complete"), ==, "?1");
  bgc_resumable_write_append (&writer, 50, 50, TRUE);
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Offset"), ==, "50");
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Complete"), ==, "?1");
  g_assert_cmpstr (bgc_header_table_get (table, "Content-Type"), ==, "application/partial-upload");
  bgc_resumable_write_append (&writer, 0, 50, FALSE);
  g_assert_cmpstr (bgc_header_table_get (table, "Upload-Complete"), ==, "?0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resumable/answers", test_answers);
  g_test_add_func ("/resumable/limits", test_limits);
  g_test_add_func ("/resumable/writing", test_writing);

  return g_test_run ();
}
