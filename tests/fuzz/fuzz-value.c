/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "fuzz-value.h"

#include <string.h>

/* How deep a random variant may nest. */
#define MAX_DEPTH 3
/* One string in so many is of 1 MiB. */
#define LARGE_IN 1500
#define LARGE_BYTES (1024 * 1024)

static GVariant *make (const GVariantType *type, GPtrArray *words, int depth);

gboolean
fuzz_value_once_in (gint32 n)
{
  return g_test_rand_int_range (0, n) == 0;
}

static const char *
pick (const char *const *from)
{
  return from[g_test_rand_int_range (0, (gint32) g_strv_length ((char **) from))];
}

static char *
random_hex (guint digits)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < digits; i++)
    g_string_append_c (text, "0123456789abcdef"[g_test_rand_int_range (0, 16)]);
  return g_string_free (text, FALSE);
}

/* Up to 32 characters from everywhere in Unicode, over and over: drawing each one would take most of the
 * test's time. */
static char *
random_text (void)
{
  static const gsize lengths[] = { 1, 2, 10, 31, 32, 33, 255, 256, 257, 1024, 1025, 4095, 4096, 8191, 8192,
                                  8193 };
  g_autoptr (GString) block = g_string_new (NULL);
  GString *text = g_string_new (NULL);
  gsize length = lengths[g_test_rand_int_range (0, G_N_ELEMENTS (lengths))];
  gint32 n_characters = (gint32) MIN (length, 32);

  for (gint32 i = 0; i < n_characters; i++)
    {
      gunichar character = (gunichar) g_test_rand_int_range (1, fuzz_value_once_in (4) ? 0x10ffff : 0x80);

      g_string_append_unichar (block, g_unichar_validate (character) ? character : 'x');
    }
  while (text->len < length)
    g_string_append (text, block->str);
  return g_string_free (text, FALSE);
}

static char *
random_address (void)
{
  static const char *const odd[] = {
    "http://", "http:///x", "http://[", "http://[::1]/", "http://u:p@h/", "HTTP://H/X", "ftp://h/x",
    "file:///etc/passwd", "http://h:99999/", "http://h/ x", "http://h/%00", "//h/x", "http:h",
    "https://\xe4\xb8\xad/", "http://h/#", NULL
  };

  if (fuzz_value_once_in (3))
    return g_strdup (pick (odd));
  return g_strdup_printf ("http%s://host%d.example.org/%d", fuzz_value_once_in (2) ? "s" : "",
                          g_test_rand_int_range (0, 5), g_test_rand_int_range (0, G_MAXINT32));
}

static char *
random_path (void)
{
  static const char *const odd[] = { "/", "//", ".", "..", "relative", "~/f", "/srv/", "/srv/./f",
                                    "/srv/../f",
                                     "/srv/f\n", "/proc/self/mem", NULL };

  if (fuzz_value_once_in (4))
    return g_strdup (pick (odd));
  return g_strdup_printf ("/srv/%d", g_test_rand_int_range (0, 100000));
}

char *
fuzz_value_string (GPtrArray *words)
{
  if (fuzz_value_once_in (LARGE_IN))
    return g_strnfill (LARGE_BYTES, 'x');
  switch (g_test_rand_int_range (0, 8))
    {
    case 0:
      return g_strdup ("");
    case 1:
      return random_hex (fuzz_value_once_in (2) ? 32 : 31);
    case 2:
      return random_text ();
    case 3:
      return random_address ();
    case 4:
      return random_path ();
    case 5:
      {
        g_autofree char *hex = random_hex (64);

        return g_strconcat (fuzz_value_once_in (4) ? "sha512:" : "sha256:", hex, NULL);
      }
    default:
      return g_strdup (g_ptr_array_index (words, g_test_rand_int_range (0, (gint32) words->len)));
    }
}

static guint64
random_number (void)
{
  static const guint64 boundaries[] = {
    0, 1, 2, 4, 5, 6, 127, 128, 255, 256, 999, 1000, 1001, 3600000, 3600001, G_MAXINT16, G_MAXUINT16,
    G_MAXINT32, (guint64) G_MAXINT32 + 1, G_MAXUINT32 - 1, G_MAXUINT32, (guint64) G_MAXUINT32 + 1, G_MAXINT64,
    (guint64) G_MAXINT64 + 1, G_MAXUINT64 - 1, G_MAXUINT64
  };

  if (fuzz_value_once_in (4))
    return (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
  return boundaries[g_test_rand_int_range (0, G_N_ELEMENTS (boundaries))];
}

char *
fuzz_value_signature (void)
{
  static const char *const signatures[] = {
    "s", "u", "t", "x", "b", "i", "y", "n", "q", "d", "o", "g", "v", "as", "a(tt)", "ay", "av", "aas", "(s)",
    "(su)", "a{sv}", "a{us}", "a{sa{sv}}", "a(ssa{sv})", NULL
  };

  return g_strdup (pick (signatures));
}

static GVariant *
make_basic (const GVariantType *type, GPtrArray *words)
{
  g_autofree char *text = NULL;

  switch (g_variant_type_peek_string (type)[0])
    {
    case 'b':
      return g_variant_new_boolean (fuzz_value_once_in (2));
    case 'y':
      return g_variant_new_byte ((guint8) random_number ());
    case 'n':
      return g_variant_new_int16 ((gint16) random_number ());
    case 'q':
      return g_variant_new_uint16 ((guint16) random_number ());
    case 'i':
      return g_variant_new_int32 ((gint32) random_number ());
    case 'u':
      return g_variant_new_uint32 ((guint32) random_number ());
    case 'x':
      return g_variant_new_int64 ((gint64) random_number ());
    case 't':
      return g_variant_new_uint64 (random_number ());
    case 'd':
      return g_variant_new_double (fuzz_value_once_in (2) ? -0.0 : (double) random_number ());
    case 'o':
      text = fuzz_value_string (words);
      return g_variant_new_object_path (g_variant_is_object_path (text) ? text : "/");
    case 'g':
      text = fuzz_value_string (words);
      /* GLib takes longer ones than the bus does, which then drops the connection. */
      return g_variant_new_signature (strlen (text) < 256 && g_variant_is_signature (text) ? text : "as");
    default:
      text = fuzz_value_string (words);
      return g_variant_new_string (text);
    }
}

static GVariant *
make_array (const GVariantType *type, GPtrArray *words, int depth)
{
  static const gint32 lengths[] = { 0, 1, 1, 2, 3, 8 };
  gint32 length = lengths[g_test_rand_int_range (0, G_N_ELEMENTS (lengths))];
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (gint32 i = 0; i < length; i++)
    g_variant_builder_add_value (&builder, make (g_variant_type_element (type), words, depth));
  return g_variant_builder_end (&builder);
}

static GVariant *
make_tuple (const GVariantType *type, GPtrArray *words, int depth)
{
  const GVariantType *item = g_variant_type_first (type);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, type);
  for (; item != NULL; item = g_variant_type_next (item))
    g_variant_builder_add_value (&builder, make (item, words, depth));
  return g_variant_builder_end (&builder);
}

static GVariant *
make (const GVariantType *type, GPtrArray *words, int depth)
{
  if (g_variant_type_is_array (type))
    return make_array (type, words, depth);
  if (g_variant_type_is_tuple (type) || g_variant_type_is_dict_entry (type))
    return make_tuple (type, words, depth);
  if (g_variant_type_is_variant (type))
    {
      g_autofree char *signature = depth < MAX_DEPTH ? fuzz_value_signature () : g_strdup ("u");

      return g_variant_new_variant (make (G_VARIANT_TYPE (signature), words, depth + 1));
    }
  return make_basic (type, words);
}

GVariant *
fuzz_value_of_type (const GVariantType *type, GPtrArray *words)
{
  return make (type, words, 0);
}
