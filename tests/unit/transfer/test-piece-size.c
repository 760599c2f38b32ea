/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

#include "transfer/bgc-piece-size.h"

#define KIB 1024u
#define MIB (1024u * KIB)
#define FAST 1000 /* microseconds */
#define SLOW (11 * G_USEC_PER_SEC)

static void
test_growth (void)
{
  BgcPieceSize piece;

  bgc_piece_size_init (&piece, 0);
  g_assert_cmpuint (piece.bytes, ==, MIB);
  bgc_piece_size_grow (&piece, MIB, FAST);
  g_assert_cmpuint (piece.bytes, ==, 2 * MIB);
  bgc_piece_size_grow (&piece, 2 * MIB, SLOW);
  g_assert_cmpuint (piece.bytes, ==, 2 * MIB);
  /* The end of a file says nothing of what would have fitted. */
  bgc_piece_size_grow (&piece, MIB, FAST);
  g_assert_cmpuint (piece.bytes, ==, 2 * MIB);
  for (guint i = 0; i < 10; i++)
    bgc_piece_size_grow (&piece, piece.bytes, FAST);
  g_assert_cmpuint (piece.bytes, ==, 8 * MIB);
}

static void
test_remembered (void)
{
  BgcPieceSize piece;

  bgc_piece_size_init (&piece, 3 * MIB);
  g_assert_cmpuint (piece.bytes, ==, 3 * MIB);
  bgc_piece_size_init (&piece, 1);
  g_assert_cmpuint (piece.bytes, ==, 5 * KIB);
  bgc_piece_size_init (&piece, G_MAXUINT64);
  g_assert_cmpuint (piece.bytes, ==, 8 * MIB);
}

static void
test_refusal (void)
{
  BgcPieceSize piece;
  guint refusals = 0;

  bgc_piece_size_init (&piece, 2 * MIB);
  g_assert_true (bgc_piece_size_refuse (&piece, 2 * MIB));
  g_assert_cmpuint (piece.bytes, ==, MIB);
  bgc_piece_size_grow (&piece, MIB, FAST);
  g_assert_cmpuint (piece.bytes, ==, MIB);
  while (bgc_piece_size_refuse (&piece, piece.bytes))
    g_assert_cmpuint (++refusals, <, 20);
  g_assert_cmpuint (piece.bytes, ==, 5 * KIB);
}

static void
test_loss (void)
{
  BgcPieceSize piece;

  bgc_piece_size_init (&piece, 2 * MIB);
  bgc_piece_size_lose (&piece);
  g_assert_cmpuint (piece.bytes, ==, MIB);
  bgc_piece_size_grow (&piece, MIB, FAST);
  g_assert_cmpuint (piece.bytes, ==, 2 * MIB);
  for (guint i = 0; i < 20; i++)
    bgc_piece_size_lose (&piece);
  g_assert_cmpuint (piece.bytes, ==, 5 * KIB);
}

static void
test_limit (void)
{
  BgcPieceSize piece;

  bgc_piece_size_init (&piece, 0);
  bgc_piece_size_limit (&piece, 1000);
  g_assert_cmpuint (piece.bytes, ==, 1000);
  bgc_piece_size_grow (&piece, 1000, FAST);
  g_assert_cmpuint (piece.bytes, ==, 1000);
  bgc_piece_size_lose (&piece);
  g_assert_cmpuint (piece.bytes, ==, 1000);
  bgc_piece_size_limit (&piece, G_MAXUINT64);
  g_assert_cmpuint (piece.bytes, ==, 1000);
  bgc_piece_size_limit (&piece, 0);
  g_assert_cmpuint (piece.bytes, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/piece-size/growth", test_growth);
  g_test_add_func ("/piece-size/remembered", test_remembered);
  g_test_add_func ("/piece-size/refusal", test_refusal);
  g_test_add_func ("/piece-size/loss", test_loss);
  g_test_add_func ("/piece-size/limit", test_limit);
  return g_test_run ();
}
