/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Numbers and texts one behind the other in an array of bytes, which GDBus passes on as it is: the private
 * bus carries thousands of files a second, and a GVariant for each of their fields costs more than all the
 * rest. Both ends run on one machine and are of one version. Pure. */

#pragma once

#include <glib.h>

typedef struct {
  const guint8 *bytes; /* (borrowed) what is left to read */
  gsize length;
  gboolean broken;     /* something was no record; reads give 0 and "" from there on */
} BgcRecordReader;

void bgc_record_add_number (GByteArray *to, guint64 number);
/* NULL and what is not UTF-8, as in a damaged database, become "". */
void bgc_record_add_text (GByteArray *to, const char *text);
/* @records (transfer full) as a floating ay. */
GVariant *bgc_record_end (GByteArray *records);

/* @records (ay) outlives @self and what is read from it. */
void bgc_record_reader_init (BgcRecordReader *self, GVariant *records);
/* Something is left, and all before it was sound. */
gboolean bgc_record_reader_has_more (const BgcRecordReader *self);
guint64 bgc_record_read_number (BgcRecordReader *self);
/* Those of fewer bits: larger ones are broken. */
guint32 bgc_record_read_uint32 (BgcRecordReader *self);
/* Borrowed from the records, valid UTF-8. */
const char *bgc_record_read_text (BgcRecordReader *self);
