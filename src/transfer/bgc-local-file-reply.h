/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Reads the reply of an upload while it still has its temporary name. Blocks: for I/O threads. */

#pragma once

#include "model/bgc-failure.h"

typedef struct {
  const char *directory; /* (borrowed) of the temporary file */
  const char *temporary; /* (borrowed) its name in there */
  guint64 device;        /* what it must be, or else it is not ours */
  guint64 inode;
  guint64 size;
} BgcLocalFileReply;

/* At most @length bytes from @offset on, none at the end or behind it. NULL with @failure, both owned by
 * the caller: LocalFileChanged if another file stands there. */
GBytes *bgc_local_file_reply_read (const BgcLocalFileReply *self, guint64 offset, gsize length,
                                   BgcFailure **failure);
