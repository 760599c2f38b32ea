/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-http-resume.h"

#define OLD         "Thu, 02 Jan 2020 00:00:00 GMT" /* 1577923200 */
#define OLDER       "Wed, 01 Jan 2020 00:00:00 GMT"
#define OLD_SECONDS 1577923200
#define HELD        100000
#define TOTAL       300000

static BgcHttpHeld
held_with (const char *etag, const char *last_modified, gint64 age)
{
  return (BgcHttpHeld){ .bytes = HELD,
                        .total = TOTAL,
                        .etag = etag,
                        .last_modified = last_modified,
                        .server_date = OLD_SECONDS + age };
}

static void
test_first (void)
{
  BgcHttpHeld held = held_with ("\"a\"", NULL, 0);

  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_CONDITIONAL);
  g_assert_cmpstr (bgc_http_resume_condition (&held, BGC_HTTP_ASK_CONDITIONAL), ==, "\"a\"");
  g_assert_null (bgc_http_resume_condition (&held, BGC_HTTP_ASK_RANGE));
  g_assert_cmpuint (bgc_http_resume_offset (&held, BGC_HTTP_ASK_CONDITIONAL), ==, HELD);
  g_assert_cmpuint (bgc_http_resume_offset (&held, BGC_HTTP_ASK_OVERLAP), ==, HELD - 65536);
  g_assert_cmpuint (bgc_http_resume_offset (&held, BGC_HTTP_ASK_WHOLE_FILE), ==, 0);
  held.bytes = 10;
  g_assert_cmpuint (bgc_http_resume_offset (&held, BGC_HTTP_ASK_OVERLAP), ==, 0);
  held.bytes = 0;
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_WHOLE_FILE);
  held = held_with ("\"a\"", OLD, 100);
  held.total = BGC_SIZE_UNKNOWN;
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_WHOLE_FILE);
  held.total = HELD - 1;
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_WHOLE_FILE);
}

static void
test_first_by_date (void)
{
  BgcHttpHeld held = held_with ("W/\"a\"", OLD, 60);

  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_CONDITIONAL);
  g_assert_cmpstr (bgc_http_resume_condition (&held, BGC_HTTP_ASK_CONDITIONAL), ==, OLD);
  held = held_with (NULL, OLD, 59);
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_OVERLAP);
  held = held_with (NULL, "once upon a time", 1000);
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_OVERLAP);
  held = held_with (NULL, OLD, 0);
  held.server_date = 0;
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_OVERLAP);
  held = held_with (NULL, NULL, 1000);
  g_assert_cmpint (bgc_http_resume_first (&held), ==, BGC_HTTP_ASK_OVERLAP);
}

/* One answer: C, R, O, W what was asked; expected the step, and with ASK what is asked next. */
typedef struct
{
  const char *held_etag;
  const char *held_date;
  BgcHttpAsk ask;
  guint status;
  const char *etag;
  const char *date;
  guint64 first; /* 206: of Content-Range; 416: its total; else the length of the body */
  guint64 total;
  BgcHttpStep step;
  BgcHttpAsk next;
  gboolean changed;
} Case;

#define ASK_C    BGC_HTTP_ASK_CONDITIONAL
#define ASK_R    BGC_HTTP_ASK_RANGE
#define ASK_O    BGC_HTTP_ASK_OVERLAP
#define ASK_W    BGC_HTTP_ASK_WHOLE_FILE
#define TAKE     BGC_HTTP_STEP_TAKE, 0
#define APPEND   BGC_HTTP_STEP_APPEND, 0
#define COMPARE  BGC_HTTP_STEP_COMPARE, 0
#define COMPLETE BGC_HTTP_STEP_COMPLETE, 0
#define REFUSE   BGC_HTTP_STEP_REFUSE, 0
#define AGAIN    BGC_HTTP_STEP_ASK

static const Case cases[] = {
  /* 200 */
  { "\"a\"", OLD, ASK_W, 200, "\"b\"", OLD, 5, 0, TAKE, FALSE },
  { "\"a\"", OLD, ASK_C, 200, "\"a\"", OLD, TOTAL, 0, AGAIN, ASK_R, FALSE },
  { "\"a\"", OLD, ASK_C, 200, "\"a\"", OLD, TOTAL + 1, 0, TAKE, TRUE },
  { "\"a\"", OLD, ASK_C, 200, "\"a\"", OLDER, TOTAL, 0, TAKE, TRUE },
  { "\"a\"", OLD, ASK_C, 200, "\"b\"", OLD, TOTAL, 0, AGAIN, ASK_O, FALSE },
  { "\"a\"", NULL, ASK_C, 200, "\"b\"", NULL, TOTAL, 0, TAKE, TRUE },
  { "\"a\"", NULL, ASK_C, 200, NULL, NULL, TOTAL, 0, AGAIN, ASK_O, FALSE },
  { NULL, OLD, ASK_C, 200, NULL, OLD, TOTAL, 0, AGAIN, ASK_R, FALSE },
  { "\"a\"", OLD, ASK_R, 200, "\"a\"", OLD, TOTAL, 0, TAKE, FALSE },
  { "\"a\"", OLD, ASK_O, 203, "\"a\"", OLD, TOTAL, 0, TAKE, FALSE },
  { "\"a\"", OLD, ASK_C, 200, "\"a\"", OLD, BGC_SIZE_UNKNOWN, 0, TAKE, TRUE },
  /* 206 */
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLD, HELD, TOTAL, APPEND, FALSE },
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", NULL, HELD, TOTAL, APPEND, FALSE },
  { "\"a\"", OLD, ASK_C, 206, NULL, OLD, HELD, TOTAL, APPEND, FALSE },
  { "\"a\"", NULL, ASK_C, 206, NULL, NULL, HELD, TOTAL, AGAIN, ASK_O, FALSE },
  { "\"a\"", OLD, ASK_C, 206, "\"b\"", OLD, HELD, TOTAL, AGAIN, ASK_O, FALSE },
  { "\"a\"", OLD, ASK_C, 206, "\"b\"", OLDER, HELD, TOTAL, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLDER, HELD, TOTAL, AGAIN, ASK_W, TRUE },
  { "\"a\"", NULL, ASK_C, 206, "\"b\"", NULL, HELD, TOTAL, AGAIN, ASK_W, TRUE },
  { "W/\"a\"", NULL, ASK_R, 206, "W/\"a\"", NULL, HELD, TOTAL, AGAIN, ASK_O, FALSE },
  { "\"a\"", NULL, ASK_R, 206, "W/\"a\"", NULL, HELD, TOTAL, AGAIN, ASK_O, FALSE },
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLD, HELD + 1, TOTAL, AGAIN, ASK_W, FALSE },
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLD, HELD, TOTAL + 1, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLD, HELD, BGC_SIZE_UNKNOWN, AGAIN, ASK_W, FALSE },
  { NULL, NULL, ASK_O, 206, NULL, NULL, HELD - 65536, TOTAL, COMPARE, FALSE },
  { NULL, NULL, ASK_O, 206, NULL, NULL, HELD, TOTAL, AGAIN, ASK_W, FALSE },
  { "\"a\"", OLD, ASK_O, 206, "\"b\"", OLD, HELD - 65536, TOTAL, COMPARE, FALSE },
  { "\"a\"", NULL, ASK_O, 206, "\"b\"", NULL, HELD - 65536, TOTAL, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_W, 206, "\"a\"", OLD, 0, TOTAL, REFUSE, FALSE },
  /* 416: first is the number behind the slash */
  { "\"a\"", OLD, ASK_C, 416, "\"a\"", OLD, TOTAL, 0, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_C, 416, "\"a\"", OLD, HELD, 0, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_W, 416, "\"a\"", OLD, HELD, 0, REFUSE, FALSE },
  /* others */
  { "\"a\"", OLD, ASK_C, 412, NULL, NULL, 0, 0, AGAIN, ASK_W, TRUE },
  { "\"a\"", OLD, ASK_W, 412, NULL, NULL, 0, 0, REFUSE, FALSE },
  { "\"a\"", OLD, ASK_C, 304, NULL, NULL, 0, 0, REFUSE, FALSE },
};

static BgcHttpAnswer
answer_of (const Case *test)
{
  BgcHttpAnswer answer = { .status = test->status, .etag = test->etag, .last_modified = test->date };

  answer.length = test->status == 206 ? BGC_SIZE_UNKNOWN : test->first;
  answer.has_range = test->status == 206 || test->status == 416;
  answer.range.first = test->first;
  answer.range.last = TOTAL - 1;
  answer.range.total = test->total;
  if (test->status == 416)
    answer.range = (BgcHttpRange){ .unsatisfied = TRUE, .total = test->first };
  return answer;
}

static void
test_judge (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      BgcHttpHeld held = held_with (cases[i].held_etag, cases[i].held_date, 1000);
      BgcHttpAnswer answer = answer_of (&cases[i]);
      BgcHttpVerdict verdict = bgc_http_resume_judge (&held, cases[i].ask, &answer);

      g_test_message ("case %u", i);
      g_assert_cmpint (verdict.step, ==, cases[i].step);
      if (verdict.step == BGC_HTTP_STEP_ASK)
        g_assert_cmpint (verdict.ask, ==, cases[i].next);
      g_assert_cmpint (verdict.changed, ==, cases[i].changed);
    }
}

static void
test_bad_parts (void)
{
  const Case good = { "\"a\"", OLD, ASK_C, 206, "\"a\"", OLD, HELD, TOTAL, APPEND, FALSE };
  BgcHttpHeld held = held_with ("\"a\"", OLD, 1000);
  BgcHttpAnswer answer = answer_of (&good);

  answer.length = TOTAL - HELD;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_APPEND);
  answer.length = TOTAL - HELD - 1;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_ASK);
  answer = answer_of (&good);
  answer.has_range = FALSE;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_ASK);
  answer = answer_of (&good);
  answer.range.unsatisfied = TRUE;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_ASK);
}

static void
test_complete (void)
{
  BgcHttpHeld held = held_with ("\"a\"", OLD, 1000);
  BgcHttpAnswer answer = { .status = 416, .etag = "\"a\"", .has_range = TRUE };

  answer.range = (BgcHttpRange){ .unsatisfied = TRUE, .total = HELD };
  held.total = HELD;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_COMPLETE);
  held.total = BGC_SIZE_UNKNOWN;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_COMPLETE);
  answer.etag = NULL;
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_ASK);
  answer.etag = "\"b\"";
  g_assert_cmpint (bgc_http_resume_judge (&held, ASK_C, &answer).step, ==, BGC_HTTP_STEP_ASK);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-resume/first", test_first);
  g_test_add_func ("/http-resume/first-by-date", test_first_by_date);
  g_test_add_func ("/http-resume/judge", test_judge);
  g_test_add_func ("/http-resume/bad-parts", test_bad_parts);
  g_test_add_func ("/http-resume/complete", test_complete);
  return g_test_run ();
}
