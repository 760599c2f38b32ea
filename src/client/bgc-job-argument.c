/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-argument.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/bgc-error.h"
#include "client/bgc-display.h"

#define ID_DIGITS   32u
#define UUID_LENGTH 36u

/* Where a UUID has its dashes. */
static gboolean
is_dash_position (gsize i)
{
  return i == 8 || i == 13 || i == 18 || i == 23;
}

BgcJobArgument
bgc_job_argument_parse (const char *text, char **hex)
{
  GString *digits = g_string_new (NULL);
  gsize length;

  *hex = NULL;
  if (g_str_has_prefix (text, BGC_CLIENT_JOB_PREFIX))
    text += strlen (BGC_CLIENT_JOB_PREFIX);
  length = strlen (text);
  for (gsize i = 0; i < length; i++)
    if (g_ascii_isxdigit (text[i]))
      g_string_append_c (digits, g_ascii_tolower (text[i]));
    else if (!(length == UUID_LENGTH && text[i] == '-' && is_dash_position (i)))
      break;

  if ((length != UUID_LENGTH && digits->len != length) || digits->len > ID_DIGITS
      || (length == UUID_LENGTH && digits->len != ID_DIGITS) || digits->len < BGC_JOB_ARGUMENT_PREFIX_MIN)
    {
      g_string_free (digits, TRUE);
      return BGC_JOB_ARGUMENT_INVALID;
    }
  *hex = g_string_free (digits, FALSE);
  return strlen (*hex) == ID_DIGITS ? BGC_JOB_ARGUMENT_WHOLE : BGC_JOB_ARGUMENT_PREFIX;
}

const char *
bgc_job_argument_id (const char *path)
{
  return g_str_has_prefix (path, BGC_CLIENT_JOB_PREFIX) ? path + strlen (BGC_CLIENT_JOB_PREFIX) : path;
}

/* Adds the jobs whose id begins with @hex to @found. */
static gboolean
find_prefix (BgcClient *client, const char *hex, gboolean all_users, GPtrArray *found, GError **error)
{
  BgcClientFilter filter = { all_users, NULL };
  guint offset = 0;

  for (;;)
    {
      g_auto (GStrv) page = bgc_client_list_page (client, &filter, offset, error);
      if (page == NULL)
        return FALSE;
      for (guint i = 0; page[i] != NULL; i++)
        if (g_str_has_prefix (bgc_job_argument_id (page[i]), hex)
            && !g_ptr_array_find_with_equal_func (found, page[i], g_str_equal, NULL))
          g_ptr_array_add (found, g_strdup (page[i]));
      if (page[0] == NULL)
        return TRUE;
      offset += g_strv_length (page);
    }
}

static char *
resolve_prefix (BgcClient *client, const char *text, const char *hex, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  if (!find_prefix (client, hex, FALSE, found, error))
    return NULL;
  /* An administrator means anybody's job; whoever is not one may not ask, and then there is none. */
  if (found->len == 0)
    find_prefix (client, hex, TRUE, found, NULL);
  if (found->len == 1)
    return g_strdup (g_ptr_array_index (found, 0));
  if (found->len == 0)
    g_set_error (error, BGC_ERROR, BGC_ERROR_NOT_FOUND, _("no job's id begins with %s"), hex);
  else
    g_set_error (
      error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
      ngettext ("%s fits %u job; give more digits", "%s fits %u jobs; give more digits", found->len), text,
      found->len);
  return NULL;
}

char *
bgc_job_argument_resolve (BgcClient *client, const char *text, GError **error)
{
  g_autofree char *hex = NULL;
  g_autofree char *shown = NULL;

  switch (bgc_job_argument_parse (text, &hex))
    {
    case BGC_JOB_ARGUMENT_WHOLE:
      return g_strconcat (BGC_CLIENT_JOB_PREFIX, hex, NULL);
    case BGC_JOB_ARGUMENT_PREFIX:
      return resolve_prefix (client, text, hex, error);
    case BGC_JOB_ARGUMENT_INVALID:
    default:
      shown = bgc_display_text (text);
      g_set_error (
        error, BGC_ERROR, BGC_ERROR_INVALID_ARGUMENT,
        _("“%s” is no job: 32 hexadecimal digits, at least the first %u of them, a UUID or an object path"),
        shown, BGC_JOB_ARGUMENT_PREFIX_MIN);
      return NULL;
    }
}
