/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-record.h"

static void
test_round (void)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) records = NULL;
  BgcRecordReader from;

  bgc_record_add_number (bytes, G_MAXUINT64);
  bgc_record_add_text (bytes, "Straße");
  bgc_record_add_text (bytes, NULL);
  bgc_record_add_number (bytes, 7);
  records = g_variant_ref_sink (bgc_record_end (bytes));
  bgc_record_reader_init (&from, records);
  g_assert_cmpuint (bgc_record_read_number (&from), ==, G_MAXUINT64);
  g_assert_cmpstr (bgc_record_read_text (&from), ==, "Straße");
  g_assert_cmpstr (bgc_record_read_text (&from), ==, "");
  g_assert_true (bgc_record_reader_has_more (&from));
  g_assert_cmpuint (bgc_record_read_uint32 (&from), ==, 7);
  g_assert_false (bgc_record_reader_has_more (&from));
  g_assert_false (from.broken);
  /* Behind the end there is nothing. */
  g_assert_cmpuint (bgc_record_read_number (&from), ==, 0);
  g_assert_cmpstr (bgc_record_read_text (&from), ==, "");
  g_assert_true (from.broken);
}

static void
test_empty (void)
{
  g_autoptr (GVariant) records = g_variant_ref_sink (bgc_record_end (g_byte_array_new ()));
  BgcRecordReader from;

  bgc_record_reader_init (&from, records);
  g_assert_false (bgc_record_reader_has_more (&from));
  g_assert_cmpuint (bgc_record_read_uint32 (&from), ==, 0);
  g_assert_true (from.broken);
}

/* What a damaged database may hold does not travel. */
static void
test_not_text (void)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) records = NULL;
  BgcRecordReader from;

  bgc_record_add_text (bytes, "/srv/\xff");
  records = g_variant_ref_sink (bgc_record_end (bytes));
  bgc_record_reader_init (&from, records);
  g_assert_cmpstr (bgc_record_read_text (&from), ==, "");
  g_assert_false (from.broken);
}

static gboolean
is_text (const void *bytes, gsize length)
{
  g_autoptr (GVariant) records
    = g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, length, 1));
  BgcRecordReader from;

  bgc_record_reader_init (&from, records);
  g_assert_nonnull (bgc_record_read_text (&from));
  return !from.broken;
}

static void
test_broken (void)
{
  const struct
  {
    guint32 length;
    char text[4];
  } good = { 4, "abc" }, open = { 4, { 'a', 'b', 'c', 'd' } }, inner = { 4, { 'a', '\0', 'c', '\0' } },
    strange = { 4, { 'a', '\xff', 'c', '\0' } }, longer = { 5, "abc" }, huge = { G_MAXUINT32, "abc" },
    none = { 0, "abc" };

  g_assert_true (is_text (&good, sizeof good));
  g_assert_false (is_text (&open, sizeof open));
  g_assert_false (is_text (&inner, sizeof inner));
  g_assert_false (is_text (&strange, sizeof strange));
  g_assert_false (is_text (&longer, sizeof longer));
  g_assert_false (is_text (&huge, sizeof huge));
  g_assert_false (is_text (&none, sizeof none));
  for (gsize length = 0; length < sizeof good; length++)
    g_assert_false (is_text (&good, length));
}

static void
test_large (void)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GVariant) records = NULL;
  BgcRecordReader from;

  bgc_record_add_number (bytes, (guint64)G_MAXUINT32 + 1);
  bgc_record_add_number (bytes, 1);
  records = g_variant_ref_sink (bgc_record_end (bytes));
  bgc_record_reader_init (&from, records);
  g_assert_cmpuint (bgc_record_read_uint32 (&from), ==, 0);
  g_assert_true (from.broken);
  g_assert_false (bgc_record_reader_has_more (&from));
  g_assert_cmpuint (bgc_record_read_number (&from), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/round", test_round);
  g_test_add_func ("/record/empty", test_empty);
  g_test_add_func ("/record/not-text", test_not_text);
  g_test_add_func ("/record/broken", test_broken);
  g_test_add_func ("/record/large", test_large);
  return g_test_run ();
}
