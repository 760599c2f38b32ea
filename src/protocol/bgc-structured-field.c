/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "protocol/bgc-structured-field.h"

#include <string.h>

#define TEXT_MAX 4096u     /* bytes of a field that is looked at */
#define DIGITS_MAX 15u     /* digits of an integer */
#define FRACTION_MAX 3u    /* digits after the point of a decimal */
#define DECIMAL_DIGITS_MAX 12u /* digits before the point of a decimal */

typedef enum {
  ITEM_INTEGER, /* not negative */
  ITEM_BOOLEAN,
  ITEM_OTHER /* well formed, of no use here */
} ItemKind;

typedef struct
{
  ItemKind kind;
  guint64 number; /* the integer, or 1 and 0 for true and false */
} Item;

static void
skip (const char **p, const char *these)
{
  *p += strspn (*p, these);
}

/* [a-z*][a-z0-9_.*-]* ; its length, 0 for none. */
static gsize
key_length (const char *p)
{
  gsize length = 0;

  if (!g_ascii_islower (*p) && *p != '*')
    return 0;
  while (g_ascii_islower (p[length]) || g_ascii_isdigit (p[length])
         || (p[length] != '\0' && strchr ("_-.*", p[length])))
    length++;

  return length;
}

static gboolean
parse_number (const char **p, Item *out)
{
  gboolean negative = **p == '-';
  guint n_digits = 0, n_fraction = 0;
  guint64 value = 0;

  *p += negative ? 1 : 0;
  for (; g_ascii_isdigit (**p) && n_digits <= DIGITS_MAX; n_digits++, (*p)++)
    value = value * 10 + (guint64) (**p - '0');
  if (n_digits == 0 || n_digits > DIGITS_MAX)
    return FALSE;
  if (**p == '.')
    {
      for ((*p)++; g_ascii_isdigit (**p); (*p)++)
        n_fraction++;
      if (n_fraction == 0 || n_fraction > FRACTION_MAX || n_digits > DECIMAL_DIGITS_MAX)
        return FALSE;
    }
  *out = (Item) { negative || n_fraction > 0 ? ITEM_OTHER : ITEM_INTEGER, value };

  return TRUE;
}

static gboolean
parse_string (const char **p)
{
  for ((*p)++; **p != '"'; (*p)++)
    {
      if (**p == '\\')
        (*p)++;
      if (!g_ascii_isprint (**p))
        return FALSE;
    }
  (*p)++;

  return TRUE;
}

static gboolean
parse_bytes (const char **p)
{
  for ((*p)++; **p != ':'; (*p)++)
    {
      if (!g_ascii_isalnum (**p) && (**p == '\0' || strchr ("+/=", **p) == NULL))
        return FALSE;
    }
  (*p)++;

  return TRUE;
}

static gboolean
parse_bare_item (const char **p, Item *out)
{
  *out = (Item) { ITEM_OTHER, 0 };
  if (g_ascii_isdigit (**p) || **p == '-')
    return parse_number (p, out);
  if (**p == '"')
    return parse_string (p);
  if (**p == ':')
    return parse_bytes (p);
  if (**p == '?')
    {
      if ((*p)[1] != '0' && (*p)[1] != '1')
        return FALSE;
      *out = (Item) { ITEM_BOOLEAN, (guint64) ((*p)[1] - '0') };
      *p += 2;
      return TRUE;
    }
  if (!g_ascii_isalpha (**p) && **p != '*')
    return FALSE;
  while (g_ascii_isalnum (**p) || (**p != '\0' && strchr ("!#$%&'*+-.^_`|~:/", **p) != NULL))
    (*p)++;

  return TRUE;
}

static gboolean
parse_parameters (const char **p)
{
  while (**p == ';')
    {
      Item ignored;
      gsize length;

      (*p)++;
      skip (p, " ");
      length = key_length (*p);
      if (length == 0)
        return FALSE;
      *p += length;
      if (**p != '=')
        continue;
      (*p)++;
      if (!parse_bare_item (p, &ignored))
        return FALSE;
    }

  return TRUE;
}

static gboolean
parse_item (const char **p, Item *out)
{
  return parse_bare_item (p, out) && parse_parameters (p);
}

static gboolean
parse_inner_list (const char **p)
{
  Item ignored;

  (*p)++;
  for (;;)
    {
      skip (p, " ");
      if (**p == ')')
        break;
      if (!parse_item (p, &ignored) || (**p != ' ' && **p != ')'))
        return FALSE;
    }
  (*p)++;

  return parse_parameters (p);
}

static gboolean
parse_whole_item (const char *text, Item *out)
{
  const char *p = text;

  if (text == NULL || strlen (text) > TEXT_MAX)
    return FALSE;
  skip (&p, " ");
  if (!parse_item (&p, out))
    return FALSE;
  skip (&p, " ");

  return *p == '\0';
}

gboolean
bgc_structured_field_parse_integer (const char *text, guint64 *out)
{
  Item item;

  if (!parse_whole_item (text, &item) || item.kind != ITEM_INTEGER)
    return FALSE;
  *out = item.number;

  return TRUE;
}

gboolean
bgc_structured_field_parse_boolean (const char *text, gboolean *out)
{
  Item item;

  if (!parse_whole_item (text, &item) || item.kind != ITEM_BOOLEAN)
    return FALSE;
  *out = item.number == 1;

  return TRUE;
}

static gboolean
parse_member (const char **p, Item *out)
{
  *out = (Item) { ITEM_BOOLEAN, 1 };
  if (**p != '=')
    return parse_parameters (p);
  (*p)++;
  if (**p == '(')
    {
      out->kind = ITEM_OTHER;
      return parse_inner_list (p);
    }

  return parse_item (p, out);
}

/* Walks all of @text, keeping the last member called @key (nullable) in @found. */
static gboolean
walk (const char *text, const char *key, Item *found)
{
  const char *p = text;

  if (text == NULL || strlen (text) > TEXT_MAX)
    return FALSE;

  skip (&p, " ");
  while (*p != '\0')
    {
      const char *name = p;
      gsize length = key_length (p);
      Item item;

      p += length;
      if (length == 0 || !parse_member (&p, &item))
        return FALSE;
      if (key != NULL && strlen (key) == length && strncmp (name, key, length) == 0)
        *found = item;
      skip (&p, " \t");
      if (*p == '\0')
        break;
      if (*p++ != ',')
        return FALSE;
      skip (&p, " \t");
      if (*p == '\0')
        return FALSE;
    }

  return TRUE;
}

gboolean
bgc_structured_field_lookup_integer (const char *dictionary, const char *key, guint64 *out)
{
  Item found = { ITEM_OTHER, 0 };

  if (!walk (dictionary, key, &found) || found.kind != ITEM_INTEGER)
    return FALSE;
  *out = found.number;

  return TRUE;
}

gboolean
bgc_structured_field_is_dictionary (const char *dictionary)
{
  Item ignored;

  return walk (dictionary, NULL, &ignored);
}
