/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-text.h"

#include <string.h>

#define ESCAPE_LENGTH 4u /* \xNN */

/* Bytes of the character at @text that may be shown as it is, 0 if it may not. */
static gsize
shown_length (const char *text)
{
  gunichar character = g_utf8_get_char_validated (text, -1);

  if (character == (gunichar) -1 || character == (gunichar) -2 || g_unichar_iscntrl (character))
    return 0;

  return (gsize) g_unichar_to_utf8 (character, NULL);
}

/* Bytes of the character at @text that must be escaped together: a control character may be two
 * bytes long, what is no character is taken byte by byte. */
static gsize
hidden_length (const char *text)
{
  gunichar character = g_utf8_get_char_validated (text, -1);

  if (character == (gunichar) -1 || character == (gunichar) -2)
    return 1;

  return (gsize) g_unichar_to_utf8 (character, NULL);
}

static void
append_escaped (GString *out, const char *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (out, "\\x%02X", (guint) (guchar) bytes[i]);
}

char *
bgc_text_escape (const char *bytes, gsize max_bytes)
{
  GString *out = g_string_new (NULL);

  while (bytes != NULL && *bytes != '\0')
    {
      gsize shown = shown_length (bytes);
      gsize taken = shown > 0 ? shown : hidden_length (bytes);
      gsize cost = shown > 0 ? shown : taken * ESCAPE_LENGTH;

      if (out->len + cost > max_bytes)
        break;
      if (shown > 0)
        g_string_append_len (out, bytes, (gssize) shown);
      else
        append_escaped (out, bytes, taken);
      bytes += taken;
    }

  return g_string_free (out, FALSE);
}

gboolean
bgc_text_is_label (const char *text, gsize max_characters)
{
  gsize n_characters = 0;

  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar character = g_utf8_get_char (p);

      if (++n_characters > max_characters)
        return FALSE;
      if (g_unichar_iscntrl (character) && character != '\t' && character != '\n')
        return FALSE;
    }

  return TRUE;
}

void
bgc_text_wipe (char *text)
{
  if (text == NULL)
    return;

  explicit_bzero (text, strlen (text));
  g_free (text);
}

void
bgc_text_wipe_all (char **texts)
{
  for (char **text = texts; text != NULL && *text != NULL; text++)
    bgc_text_wipe (*text);

  g_free (texts);
}
