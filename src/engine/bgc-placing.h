/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Asking an owner's worker to rename temporary files into place, or to delete them, in portions. */

#pragma once

#include "engine/bgc-engine.h"

/* Files in one call: with the longest names it stays below the private bus's frame of 1 MiB, and what is
 * placed is stored after each. */
#define BGC_PLACING_PORTION 200u
/* Files renamed between two times that what is placed is stored: each is a commit of the file system and one
 * of the queue, and a crash finds what was renamed since by its inode. */
#define BGC_PLACING_RENAMES 1000u

/* @results: (element-type BgcPlacementResult, borrowed) one for each placement that was answered, or NULL
 * with @error where the worker did not answer. */
typedef void (*BgcPlacingFunc) (GPtrArray *results, const GError *error, gpointer data);
/* @undone: (element-type BgcPlacement, borrowed) what could not be deleted. */
typedef void (*BgcPlacingDeletedFunc) (GPtrArray *undone, gpointer data);

/* Renames @file to its local name, or deletes it. */
BgcPlacement *bgc_placing_of (const BgcFile *file, gboolean rename);
/* One call; @placements is reffed meanwhile. */
void bgc_placing_place (BgcEngine *engine, guint32 owner, GPtrArray *placements, BgcPlacingFunc function,
                        gpointer data);
/* As many calls as needed; calls @function at once where @placements (transfer full) is empty. */
void bgc_placing_delete (BgcEngine *engine, guint32 owner, GPtrArray *placements,
                         BgcPlacingDeletedFunc function, gpointer data);
/* Lines about the first of @undone and the number of the others. */
void bgc_placing_log (BgcEntry *entry, const char *what, GPtrArray *undone);
/* A leftover for each of @undone, into @change. */
void bgc_placing_leave (BgcEngine *engine, BgcChange *change, guint32 owner, GPtrArray *undone);
