/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A part of an upload's source as a request's body. It reads large pieces, gives out whatever is asked
 * for, and breaks off, so that no server takes it for whole, if the source is not what it was when it
 * was opened. Blocks: for the upload's own thread. */

#pragma once

#include <gio/gio.h>

#include "transfer/bgc-local-file-source.h"
#include "transfer/bgc-throttle.h"

/* Bytes of one read. With 8 KiB, what libsoup asks for, the file system costs more than the network. */
#define BGC_SOURCE_STREAM_PIECE (512u * 1024u)

#define BGC_TYPE_SOURCE_STREAM (bgc_source_stream_get_type ())
G_DECLARE_FINAL_TYPE (BgcSourceStream, bgc_source_stream, BGC, SOURCE_STREAM, GInputStream)

/* @bytes were handed out, @left are to come. */
typedef void (*BgcSourceStreamFunc) (gsize bytes, guint64 left, gpointer data);

/* @length bytes from @first on, as fast as @throttle (nullable), which is borrowed, lets them go; @source is
 * borrowed and must stay open. */
BgcSourceStream *bgc_source_stream_new (const BgcLocalFileSource *source, guint64 first, guint64 length,
                                        BgcThrottle *throttle, BgcSourceStreamFunc moved, gpointer data);
/* Why it broke off, owned by the caller; NULL if it did not. */
BgcFailure *bgc_source_stream_take_failure (BgcSourceStream *self);
/* The failure that says so. Owned by the caller. */
BgcFailure *bgc_source_stream_changed (const BgcLocalFileSource *source);
