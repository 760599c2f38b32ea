/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "model/bgc-file-list.h"

#include <string.h>

/* Files above which targets are looked up in a table: below, comparing all of them is as fast, and
 * most jobs have one file. */
#define TARGETS_THRESHOLD 32u

/* A sum that cannot wrap: sizes come from callers and servers. */
typedef struct
{
  guint64 low;
  guint32 high;
} Sum;

struct _BgcFileList
{
  /* (owned) (nullable) sorted by index. Not a GPtrArray: that takes 16 places for one file. */
  BgcFile **files;
  guint length;
  guint capacity;
  guint counts[BGC_FILE_FAILED + 1];
  guint temporaries;
  guint unknown_sizes;
  gboolean targets_collide; /* a key of the table once stood for two files */
  Sum bytes_total;          /* of the files whose size is known */
  Sum bytes_transferred;
  gsize stored_bytes;
  GHashTable *targets;  /* (owned) (nullable) local names and identities → file, both borrowed from it */
};

static void
sum_add (Sum *self, guint64 value)
{
  self->low += value;
  if (self->low < value)
    self->high++;
}

static void
sum_subtract (Sum *self, guint64 value)
{
  if (self->low < value)
    self->high--;
  self->low -= value;
}

/* Never the number that means unknown. */
static guint64
sum_get (const Sum *self)
{
  return self->high > 0 ? BGC_SIZE_UNKNOWN - 1 : MIN (self->low, BGC_SIZE_UNKNOWN - 1);
}

BgcFileList *
bgc_file_list_new (void)
{
  return g_new0 (BgcFileList, 1);
}

void
bgc_file_list_free (BgcFileList *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->targets, g_hash_table_unref);
  for (guint i = 0; i < self->length; i++)
    bgc_file_free (self->files[i]);
  g_free (self->files);
  g_free (self);
}

guint
bgc_file_list_length (const BgcFileList *self)
{
  return self->length;
}

const BgcFile *
bgc_file_list_at (const BgcFileList *self, guint position)
{
  g_return_val_if_fail (position < self->length, NULL);

  return self->files[position];
}

guint
bgc_file_list_position (const BgcFileList *self, guint32 index)
{
  guint low = 0;
  guint high = self->length;

  /* Files are mostly added at the end. */
  if (high > 0 && self->files[high - 1]->index < index)
    return high;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->files[middle]->index < index)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

static gboolean
is_at (const BgcFileList *self, guint position, guint32 index)
{
  return position < self->length && self->files[position]->index == index;
}

const BgcFile *
bgc_file_list_find (const BgcFileList *self, guint32 index)
{
  guint position = bgc_file_list_position (self, index);

  return is_at (self, position, index) ? self->files[position] : NULL;
}

static void
totals_add (BgcFileList *self, const BgcFile *file)
{
  self->counts[file->state]++;
  self->temporaries += bgc_file_has_temporary (file) ? 1 : 0;
  if (file->bytes_total == BGC_SIZE_UNKNOWN)
    self->unknown_sizes++;
  else
    sum_add (&self->bytes_total, file->bytes_total);
  sum_add (&self->bytes_transferred, file->bytes_transferred);
  self->stored_bytes += bgc_file_stored_bytes (file);
}

static void
totals_subtract (BgcFileList *self, const BgcFile *file)
{
  self->counts[file->state]--;
  self->temporaries -= bgc_file_has_temporary (file) ? 1 : 0;
  if (file->bytes_total == BGC_SIZE_UNKNOWN)
    self->unknown_sizes--;
  else
    sum_subtract (&self->bytes_total, file->bytes_total);
  sum_subtract (&self->bytes_transferred, file->bytes_transferred);
  self->stored_bytes -= bgc_file_stored_bytes (file);
}

/* The earlier file keeps a key that two files have, as a walk through the list would find it. */
static void
targets_add_key (BgcFileList *self, const char *key, BgcFile *file)
{
  BgcFile *other = g_hash_table_lookup (self->targets, key);

  if (other != NULL && other != file)
    self->targets_collide = TRUE;
  if (other == NULL || other->index > file->index)
    g_hash_table_replace (self->targets, (gpointer) key, file);
}

static void
targets_add (BgcFileList *self, BgcFile *file)
{
  if (self->targets == NULL)
    return;

  targets_add_key (self, file->local, file);
  if (file->identity != NULL)
    targets_add_key (self, file->identity, file);
}

static void
targets_remove (BgcFileList *self, const BgcFile *file)
{
  if (self->targets == NULL)
    return;

  /* Whose the key would be next is not known then: build the table anew when it is asked for. */
  if (self->targets_collide)
    {
      g_clear_pointer (&self->targets, g_hash_table_unref);
      return;
    }

  g_hash_table_remove (self->targets, file->local);
  if (file->identity != NULL)
    g_hash_table_remove (self->targets, file->identity);
}

static void
insert_at (BgcFileList *self, guint position, BgcFile *file)
{
  if (self->length == self->capacity)
    {
      self->capacity = MAX (self->capacity * 2, 1);
      self->files = g_renew (BgcFile *, self->files, self->capacity);
    }

  memmove (self->files + position + 1, self->files + position,
           (self->length - position) * sizeof *self->files);
  self->files[position] = file;
  self->length++;
}

void
bgc_file_list_put (BgcFileList *self, BgcFile *file)
{
  guint position = bgc_file_list_position (self, file->index);

  if (is_at (self, position, file->index))
    {
      BgcFile *old = self->files[position];

      g_return_if_fail (old != file);
      targets_remove (self, old);
      totals_subtract (self, old);
      self->files[position] = file;
      bgc_file_free (old);
    }
  else
    {
      insert_at (self, position, file);
    }

  totals_add (self, file);
  targets_add (self, file);
}

gboolean
bgc_file_list_remove (BgcFileList *self, guint32 index)
{
  guint position = bgc_file_list_position (self, index);
  BgcFile *file;

  if (!is_at (self, position, index))
    return FALSE;

  file = self->files[position];
  targets_remove (self, file);
  totals_subtract (self, file);
  memmove (self->files + position, self->files + position + 1,
           (self->length - position - 1) * sizeof *self->files);
  self->length--;
  bgc_file_free (file);

  return TRUE;
}

static void
targets_build (BgcFileList *self)
{
  self->targets_collide = FALSE;
  self->targets = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < self->length; i++)
    targets_add (self, self->files[i]);
}

const BgcFile *
bgc_file_list_find_target (BgcFileList *self, const char *path)
{
  if (self->length > TARGETS_THRESHOLD && self->targets == NULL)
    targets_build (self);
  if (self->targets != NULL)
    return g_hash_table_lookup (self->targets, path);

  for (guint i = 0; i < self->length; i++)
    {
      const BgcFile *file = self->files[i];

      if (strcmp (file->local, path) == 0 || g_strcmp0 (file->identity, path) == 0)
        return file;
    }

  return NULL;
}

guint64
bgc_file_list_bytes_total (const BgcFileList *self)
{
  return self->unknown_sizes > 0 ? BGC_SIZE_UNKNOWN : sum_get (&self->bytes_total);
}

guint64
bgc_file_list_bytes_transferred (const BgcFileList *self)
{
  return sum_get (&self->bytes_transferred);
}

guint
bgc_file_list_count (const BgcFileList *self, BgcFileState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (self->counts), 0);

  return self->counts[state];
}

guint
bgc_file_list_temporaries (const BgcFileList *self)
{
  return self->temporaries;
}

gsize
bgc_file_list_stored_bytes (const BgcFileList *self)
{
  return self->stored_bytes;
}
