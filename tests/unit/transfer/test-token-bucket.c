/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-token-bucket.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

/* Takes whatever there is, @wanted at a time, sleeping as told and @late longer, from @now to @end. */
static guint64
drain (BgcTokenBucket *bucket, guint64 wanted, gint64 now, gint64 end, gint64 late)
{
  guint64 sum = 0;

  while (now < end)
    {
      gint64 when;
      guint64 taken = bgc_token_bucket_take (bucket, wanted, now, &when);

      g_assert_cmpuint (taken, <=, wanted);
      if (taken > 0)
        g_assert_cmpint (when, ==, now);
      else
        g_assert_cmpint (when, >, now);
      sum += taken;
      if (taken == 0)
        now = when + late;
    }
  return sum;
}

/* Whatever the rate and the size of reads, an hour brings what it should: nothing drifts. */
static void
test_exact (void)
{
  static const guint64 rates[] = { 1, 3, 7, 999, 1024, 1000000, 12345678, G_GUINT64_CONSTANT (10000000000) };
  static const guint64 wants[] = { 1, 100, 8192, 262144 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    for (guint k = 0; k < G_N_ELEMENTS (wants); k++)
      {
        /* So that none takes more than some 20,000 reads. */
        guint64 wanted = MAX (wants[k], rates[i] / 20000);
        gint64 seconds = (gint64)CLAMP (wanted * 20000 / rates[i], 1, 3600);
        BgcTokenBucket bucket;
        guint64 sum;

        bgc_token_bucket_init (&bucket, rates[i], 5 * SECOND);
        sum = drain (&bucket, wanted, 5 * SECOND, (5 + seconds) * SECOND, 0);
        g_assert_cmpuint (sum, <=, rates[i] * (guint64)seconds);
        sum += rates[i] / BGC_TOKEN_BUCKET_SLICES + wanted + 1;
        g_assert_cmpuint (sum, >=, rates[i] * (guint64)seconds);
      }
}

/* Who wakes late, by less than the depth, loses nothing. */
static void
test_late (void)
{
  BgcTokenBucket bucket;
  guint64 sum;

  bgc_token_bucket_init (&bucket, 1000000, 0);
  sum = drain (&bucket, 65536, 0, 60 * SECOND, 200000);
  g_assert_cmpuint (sum, <=, 60000000);
  g_assert_cmpuint (sum, >=, 60000000 - 300000);
}

/* Over no time does more move than the rate, and what the bucket holds. */
static void
test_burst (void)
{
  const guint64 rate = 1000000, held = rate * BGC_TOKEN_BUCKET_DEPTH / SECOND;
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, rate, 0);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, rate * 100, 3600 * SECOND, &when), ==, held);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1, 3600 * SECOND, &when), ==, 0);
  g_assert_cmpint (when, ==, 3600 * SECOND + 1);
  g_assert_cmpuint (drain (&bucket, 5000, 3610 * SECOND, 3620 * SECOND, 0), <=, held + 10 * rate);
}

/* Less than is worth a read is not given, unless that is all that is wanted. */
static void
test_slice (void)
{
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, 1000, 0);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1000, 49000, &when), ==, 0);
  g_assert_cmpint (when, ==, 50000);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 20, 49000, &when), ==, 20);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1000, 50000, &when), ==, 0);
  g_assert_cmpint (when, ==, 70000);
}

static void
test_give_back (void)
{
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, 1000, 0);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1000, 200000, &when), ==, 200);
  bgc_token_bucket_give_back (&bucket, 150);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1000, 200000, &when), ==, 150);
  /* Not more than it holds. */
  bgc_token_bucket_give_back (&bucket, 5000);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1000, 200000, &when), ==, 300);
}

/* Live, in both directions, and what was saved up at one rate is no burst at a lower one. */
static void
test_change (void)
{
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, 256000, 0);
  g_assert_cmpuint (drain (&bucket, 10000, 0, 10 * SECOND, 0), >=, 2500000);
  bgc_token_bucket_set_rate (&bucket, 1000000, 10 * SECOND);
  g_assert_cmpuint (drain (&bucket, 10000, 10 * SECOND, 20 * SECOND, 0), >=, 9900000);
  bgc_token_bucket_set_rate (&bucket, 1000, 60 * SECOND);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 10000, 60 * SECOND, &when), ==, 300);
}

/* Time before the limit saves up nothing, nor does time that goes backwards. */
static void
test_unlimited (void)
{
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, BGC_TOKEN_BUCKET_UNLIMITED, 0);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, G_MAXUINT64, 0, &when), ==, G_MAXUINT64);
  bgc_token_bucket_give_back (&bucket, 1000);
  bgc_token_bucket_set_rate (&bucket, 1000, 100 * SECOND);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 10, 100 * SECOND, &when), ==, 0);
  g_assert_cmpint (when, ==, 100 * SECOND + 10000);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 10, 99 * SECOND, &when), ==, 0);
  bgc_token_bucket_set_rate (&bucket, BGC_TOKEN_BUCKET_UNLIMITED, 99 * SECOND);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 77, 99 * SECOND, &when), ==, 77);
}

/* Numbers from outside break nothing. */
static void
test_extremes (void)
{
  BgcTokenBucket bucket;
  gint64 when;

  bgc_token_bucket_init (&bucket, 0, 0);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 5, SECOND / 2, &when), ==, 0);
  g_assert_cmpint (when, ==, SECOND);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 5, SECOND, &when), ==, 1);
  bgc_token_bucket_set_rate (&bucket, G_MAXUINT64 - 1, SECOND);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1 << 20, 2 * SECOND, &when), ==, 1 << 20);
  g_assert_cmpuint (bgc_token_bucket_take (&bucket, 1 << 20, G_MAXINT64 / 2, &when), ==, 1 << 20);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token-bucket/exact", test_exact);
  g_test_add_func ("/token-bucket/late", test_late);
  g_test_add_func ("/token-bucket/burst", test_burst);
  g_test_add_func ("/token-bucket/slice", test_slice);
  g_test_add_func ("/token-bucket/give-back", test_give_back);
  g_test_add_func ("/token-bucket/change", test_change);
  g_test_add_func ("/token-bucket/unlimited", test_unlimited);
  g_test_add_func ("/token-bucket/extremes", test_extremes);
  return g_test_run ();
}
