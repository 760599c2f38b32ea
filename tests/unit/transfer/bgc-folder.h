/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A temporary directory and what a test puts into it. */

#pragma once

#include <sys/stat.h>

#include <glib.h>

typedef struct {
  char *path; /* (owned) */
} BgcFolder;

BgcFolder *bgc_folder_new (void);
/* With everything in it. */
void bgc_folder_free (BgcFolder *self);
/* Owned by the caller. */
char *bgc_folder_path (BgcFolder *self, const char *name);
void bgc_folder_write (BgcFolder *self, const char *name, const char *text);
void bgc_folder_assert_text (BgcFolder *self, const char *name, const char *text);
void bgc_folder_assert_absent (BgcFolder *self, const char *name);
struct stat bgc_folder_stat (BgcFolder *self, const char *name);
/* As root, permissions do not bind: acts as nobody until bgc_folder_be_root(). Needs no end otherwise. */
void bgc_folder_be_nobody (BgcFolder *self);
void bgc_folder_be_root (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcFolder, bgc_folder_free)
