/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "base/bgc-event.h"

#include <string.h>

static void
test_ids (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < BGC_N_EVENTS; i++)
    {
      const char *id = bgc_event_message_id (i);

      g_assert_cmpuint (strlen (id), ==, 32);
      g_assert_cmpuint (strspn (id, "0123456789abcdef"), ==, 32);
      g_assert_true (g_hash_table_add (seen, (gpointer)id));
    }
}

/* Each is explained, and nothing else. */
static void
test_catalogue (void)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) entries = NULL;

  if (g_getenv ("TOP_SRCDIR") == NULL)
    {
      g_test_skip ("run by make");
      return;
    }
  path = g_build_filename (g_getenv ("TOP_SRCDIR"), "data", "bgcopyd.catalog", NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  entries = g_strsplit (text, "\n-- ", -1);
  g_assert_cmpuint (g_strv_length (entries), ==, BGC_N_EVENTS + 1);
  for (guint i = 0; i < BGC_N_EVENTS; i++)
    {
      g_assert_true (g_str_has_prefix (entries[i + 1], bgc_event_message_id (i)));
      g_assert_true (g_str_has_prefix (entries[i + 1] + 32, "\nSubject: "));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event/ids", test_ids);
  g_test_add_func ("/event/catalogue", test_catalogue);
  return g_test_run ();
}
