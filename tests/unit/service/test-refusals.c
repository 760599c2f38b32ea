/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "service/bgc-refusals.h"

#include "host/bgc-clock-fake.h"

static char *said; /* the last line */

static GLogWriterOutput
keep_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      if (!g_str_equal (fields[i].key, "MESSAGE"))
        continue;
      g_free (said);
      said = g_strdup (fields[i].value);
    }
  return G_LOG_WRITER_HANDLED;
}

static void
assert_said (const char *pattern)
{
  g_assert_nonnull (said);
  if (!g_pattern_match_simple (pattern, said))
    g_error ("\"%s\" is not like \"%s\"", said, pattern);
}

static void
test_once_in_a_while (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (1, 1);
  g_autoptr (BgcRefusals) refusals = bgc_refusals_new (BGC_CLOCK (clock));

  g_assert_true (bgc_refusals_note (refusals, 1001, BGC_REFUSAL_ANOTHERS_JOB, "Cancel"));
  assert_said ("Refused Cancel: user 1001 *another user*0 more*");
  for (guint i = 0; i < 1000; i++)
    g_assert_false (bgc_refusals_note (refusals, 1001, BGC_REFUSAL_ANOTHERS_JOB, "Get"));
  /* Neither another user nor another kind is drowned by that. */
  g_assert_true (bgc_refusals_note (refusals, 1001, BGC_REFUSAL_RIGHT, "TakeOwnership"));
  assert_said ("Refused TakeOwnership: user 1001 *right*");
  g_assert_true (bgc_refusals_note (refusals, 1002, BGC_REFUSAL_LIMIT, NULL));
  assert_said ("Refused: user 1002 *calls*");
  bgc_clock_fake_advance (clock, BGC_REFUSALS_INTERVAL);
  g_assert_true (bgc_refusals_note (refusals, 1001, BGC_REFUSAL_ANOTHERS_JOB, "Get"));
  assert_said ("*1000 more*");
}

static void
test_is_bounded (void)
{
  g_autoptr (BgcClockFake) clock = bgc_clock_fake_new (1, 1);
  g_autoptr (BgcRefusals) refusals = bgc_refusals_new (BGC_CLOCK (clock));

  for (guint uid = 0; uid < 3000; uid++)
    g_assert_true (bgc_refusals_note (refusals, uid, BGC_REFUSAL_LIMIT, "x"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/refusals/once-in-a-while", test_once_in_a_while);
  g_test_add_func ("/refusals/is-bounded", test_is_bounded);
  g_log_set_writer_func (keep_line, NULL, NULL);
  return g_test_run ();
}
