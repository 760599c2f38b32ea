/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "client/bgc-job-argument.h"

#define ID "0123456789abcdef0123456789abcdef"

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    BgcJobArgument kind;
    const char *hex;
  } cases[] = {
    { ID, BGC_JOB_ARGUMENT_WHOLE, ID },
    { "0123456789ABCDEF0123456789ABCDEF", BGC_JOB_ARGUMENT_WHOLE, ID },
    { "01234567-89ab-cdef-0123-456789abcdef", BGC_JOB_ARGUMENT_WHOLE, ID },
    { BGC_CLIENT_JOB_PREFIX ID, BGC_JOB_ARGUMENT_WHOLE, ID },
    { "0123", BGC_JOB_ARGUMENT_PREFIX, "0123" },
    { "0123456789ABCDEF0123456789ABCDE", BGC_JOB_ARGUMENT_PREFIX, "0123456789abcdef0123456789abcde" },
    { "012", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "xyzw", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "0123x", BGC_JOB_ARGUMENT_INVALID, NULL },
    { ID "0", BGC_JOB_ARGUMENT_INVALID, NULL },
    { ID "0000", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "0123456-789ab-cdef-0123-456789abcdef", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "01234567-89ab-cdef-0123-456789abcdeg", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "012345670-89ab-cdef-0123-456789abcde", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "01234567-89ab", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "/org/example/BackgroundCopy", BGC_JOB_ARGUMENT_INVALID, NULL },
    { BGC_CLIENT_JOB_PREFIX, BGC_JOB_ARGUMENT_INVALID, NULL },
    { "0123 ", BGC_JOB_ARGUMENT_INVALID, NULL },
    { "\xff\xff\xff\xff", BGC_JOB_ARGUMENT_INVALID, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *hex = NULL;
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (bgc_job_argument_parse (cases[i].text, &hex), ==, cases[i].kind);
      g_assert_cmpstr (hex, ==, cases[i].hex);
    }
}

static void
test_id (void)
{
  g_assert_cmpstr (bgc_job_argument_id (BGC_CLIENT_JOB_PREFIX ID), ==, ID);
  g_assert_cmpstr (bgc_job_argument_id ("/else"), ==, "/else");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/job-argument/parse", test_parse);
  g_test_add_func ("/job-argument/id", test_id);
  return g_test_run ();
}
