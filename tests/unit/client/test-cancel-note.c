/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-cancel-note.h"

#include <locale.h>

#define DEADLINE G_GINT64_CONSTANT (1900000000000000) /* 2030-03-17T17:46:40Z */

static char *
text_of (gboolean pending, gint64 next, gint64 now)
{
  g_autoptr (BgcJobView) view = bgc_job_view_new (BGC_CLIENT_JOB_PREFIX "00000000000000000000000000000001");
  GVariantBuilder builder;
  g_autoptr (GVariant) properties = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "ServerCancelPending", g_variant_new_boolean (pending));
  g_variant_builder_add (&builder, "{sv}", "CancelDeadline", g_variant_new_int64 (DEADLINE));
  g_variant_builder_add (&builder, "{sv}", "NextAttempt", g_variant_new_int64 (next));
  properties = g_variant_ref_sink (g_variant_builder_end (&builder));
  bgc_job_view_update (view, properties);
  return bgc_cancel_note_text (view, now);
}

static void
test_text (void)
{
  static const struct
  {
    gboolean pending;
    gint64 next; /* microseconds from now */
    const char *text;
  } rows[] = {
    { FALSE, 0, NULL },
    { FALSE, 5 * G_USEC_PER_SEC, NULL },
    { TRUE, -5, "the server is told to drop the upload until 2030-03-17T17:46:40+00:00" },
    { TRUE, 0, "the server is told to drop the upload until 2030-03-17T17:46:40+00:00" },
    { TRUE, 1, "the server is told to drop the upload until 2030-03-17T17:46:40+00:00, next in 0:01" },
    { TRUE, 90 * G_USEC_PER_SEC,
      "the server is told to drop the upload until 2030-03-17T17:46:40+00:00, next in 1:30" },
  };
  const gint64 now = DEADLINE - 1000 * G_USEC_PER_SEC;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = text_of (rows[i].pending, now + rows[i].next, now);

      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

/* A service that knows nothing of uploads. */
static void
test_without_properties (void)
{
  g_autoptr (BgcJobView) view = bgc_job_view_new (BGC_CLIENT_JOB_PREFIX "00000000000000000000000000000001");

  g_assert_null (bgc_cancel_note_text (view, DEADLINE));
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/cancel-note/text", test_text);
  g_test_add_func ("/client/cancel-note/without-properties", test_without_properties);

  return g_test_run ();
}
