/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-credentials-fake.h"

#include "base/bgc-error.h"

typedef struct {
  gboolean done, found;
  guint32 uid;
  GError *error;
} Answer;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;

  answer->found = bgc_credentials_look_up_finish (BGC_CREDENTIALS (source), result, &answer->uid,
                                                  &answer->error);
  answer->done = TRUE;
}

static void
look_up (BgcCredentialsFake *fake, const char *sender, Answer *answer)
{
  *answer = (Answer) { 0 };
  bgc_credentials_look_up_async (BGC_CREDENTIALS (fake), sender, looked_up_cb, answer);
  while (!answer->done)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_as_told (void)
{
  g_autoptr (BgcCredentialsFake) fake = bgc_credentials_fake_new (5);
  Answer answer;

  bgc_credentials_fake_set (fake, ":1.2", G_MAXUINT32 - 1);
  bgc_credentials_fake_refuse (fake, ":1.3");
  look_up (fake, ":1.1", &answer);
  g_assert_true (answer.found);
  g_assert_cmpuint (answer.uid, ==, 5);
  look_up (fake, ":1.2", &answer);
  g_assert_true (answer.found);
  g_assert_cmpuint (answer.uid, ==, G_MAXUINT32 - 1);
  look_up (fake, ":1.3", &answer);
  g_assert_false (answer.found);
  g_assert_error (answer.error, BGC_ERROR, BGC_ERROR_ACCESS_DENIED);
  g_error_free (answer.error);
  g_assert_cmpuint (bgc_credentials_fake_count (fake), ==, 3);
}

static void
test_hold (void)
{
  g_autoptr (BgcCredentialsFake) fake = bgc_credentials_fake_new (5);
  Answer answer = { 0 };

  bgc_credentials_fake_hold (fake);
  bgc_credentials_look_up_async (BGC_CREDENTIALS (fake), ":1.1", looked_up_cb, &answer);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_false (answer.done);
  bgc_credentials_fake_release (fake);
  while (!answer.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (answer.found);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/credentials/as-told", test_as_told);
  g_test_add_func ("/credentials/hold", test_hold);
  return g_test_run ();
}
