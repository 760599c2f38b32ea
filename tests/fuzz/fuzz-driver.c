/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A fuzz target without libFuzzer: all seeds, then random changes of them for a while.
 *   fuzz-x SEED-FILE…
 * BGC_FUZZ_MILLISECONDS (300) says how long, BGC_SEED repeats a run. */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz-target.h"

#define INPUT_MAX 65536u /* bytes; a mutation does not grow an input further */

static const char *const morsels[] = {
  "18446744073709551615",
  "18446744073709551616",
  "-1",
  "0x",
  "%00",
  "%2f",
  "\\",
  "/../",
  "\r\n",
  "?1",
  ";a=",
  "bytes ",
  "*",
  "{",
  "}",
  "/",
  ",",
  "=",
};

static void
insert (GByteArray *input, GRand *random, const void *bytes, gsize length)
{
  guint at = (guint) g_rand_int_range (random, 0, (gint32) input->len + 1);
  guint tail = input->len - at;

  if (input->len + length > INPUT_MAX)
    return;
  g_byte_array_set_size (input, input->len + (guint) length);
  memmove (input->data + at + length, input->data + at, tail);
  memcpy (input->data + at, bytes, length);
}

static void
mutate (GByteArray *input, GRand *random)
{
  guint8 byte = (guint8) g_rand_int_range (random, 0, 256);
  guint at = input->len > 0 ? (guint) g_rand_int_range (random, 0, (gint32) input->len) : 0;
  const char *morsel = morsels[g_rand_int_range (random, 0, G_N_ELEMENTS (morsels))];

  switch (g_rand_int_range (random, 0, 5))
    {
    case 0:
      if (input->len > 0)
        input->data[at] ^= (guint8) (1u << (byte % 8));
      break;
    case 1:
      insert (input, random, &byte, 1);
      break;
    case 2:
      insert (input, random, morsel, strlen (morsel));
      break;
    case 3:
      if (input->len > 0)
        g_byte_array_remove_range (input, at, 1 + byte % MIN (16, input->len - at));
      break;
    default:
      if (input->len > 0)
        g_byte_array_set_size (input, at);
      break;
    }
}

/* The target gets a block of its own, so that reading past its end is seen. */
static void
try_one (const GByteArray *input)
{
  g_autofree guint8 *copy = g_memdup2 (input->data, input->len);
  static const guint8 nothing[1];

  LLVMFuzzerTestOneInput (copy != NULL ? copy : nothing, input->len);
}

static GPtrArray *
read_seeds (int n_names, char **names)
{
  GPtrArray *seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  g_ptr_array_add (seeds, g_byte_array_new ());
  for (int i = 0; i < n_names; i++)
    {
      char *contents = NULL;
      gsize length = 0;

      if (!g_file_get_contents (names[i], &contents, &length, NULL))
        g_error ("cannot read %s", names[i]);
      g_ptr_array_add (seeds, g_byte_array_new_take ((guint8 *) contents, length));
    }

  return seeds;
}

int
main (int argc, char **argv)
{
  const char *milliseconds = g_getenv ("BGC_FUZZ_MILLISECONDS");
  const char *chosen = g_getenv ("BGC_SEED");
  guint32 seed = chosen != NULL ? (guint32) g_ascii_strtoull (chosen, NULL, 10) : g_random_int ();
  gint64 end = g_get_monotonic_time ()
               + 1000 * (milliseconds != NULL ? g_ascii_strtoll (milliseconds, NULL, 10) : 300);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) seeds = read_seeds (argc - 1, argv + 1);
  guint64 n_runs = 0;

  for (guint i = 0; i < seeds->len; i++)
    try_one (seeds->pdata[i]);
  while (g_get_monotonic_time () < end)
    {
      const GByteArray *origin = seeds->pdata[g_rand_int_range (random, 0, (gint32) seeds->len)];
      g_autoptr (GByteArray) input = g_byte_array_new ();

      if (origin->len > 0)
        g_byte_array_append (input, origin->data, origin->len);
      for (gint32 left = g_rand_int_range (random, 1, 8); left > 0; left--)
        mutate (input, random);
      try_one (input);
      n_runs++;
    }
  g_print ("%u seeds, %" G_GUINT64_FORMAT " inputs, BGC_SEED=%u\n", seeds->len, n_runs, seed);

  return 0;
}
