/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Fetches small files, one after the other, on a thread of its own: asks, reads, writes, with no way
 * through the main loop in between. What turns out to be large, slow or strange is handed over as it
 * stands, and nothing was decided about it. Called on the main thread, but for what works. */

#pragma once

#include "model/bgc-file.h"
#include "transfer/bgc-http-line.h"
#include "transfer/bgc-io-pool.h"
#include "transfer/bgc-local-file-directory.h"
#include "transfer/bgc-throttle.h"

/* Larger ones are handed over: their progress is worth being seen, and this much memory is kept. */
#define BGC_COURIER_BYTES (256u * 1024u)
/* Couriers of a worker under way, for all its jobs: a few for each core, since they also wait. */
#define BGC_COURIER_THREADS 4u

typedef struct _BgcCourier BgcCourier;

/* A file that was stored: all bytes are in the file and checked; not yet durable. */
typedef struct {
  BgcFile *file;                    /* (owned) with the validators of the answer */
  BgcLocalFileDirectory *directory; /* (owned) */
  int fd;                           /* (owned) -1 = closed already */
  guint64 total;                    /* bytes */
  guint64 device;
  guint64 inode;
  GList link;                       /* for whoever has it; its data is the errand */
  gpointer data;                    /* (borrowed) likewise */
} BgcErrand;

/* Borrowed, outlives the couriers. */
typedef struct {
  BgcIoPool *threads;
  BgcLocalFileDirectoryCache *directories;
  BgcCourtesy *courtesy; /* (nullable) what their connections stay behind others by … */
  BgcPriority priority;  /* … and how far */
  BgcThrottle *throttle; /* (nullable) */
  BgcHttpLogin *login;   /* (nullable) what their requests show */
  /* On the courier's thread: a file of which nothing is held, transfer full; NULL = come back. */
  BgcFile *(*next) (gpointer data);
  /* On the main thread. @errand transfer full. */
  void (*stored) (BgcErrand *errand, gpointer data);
  /* Both transfer full. Without a message in @sent nothing was asked. */
  void (*handed) (BgcFile *file, BgcHttpSent *sent, gpointer data);
  /* It is back, the last call until it is sent again. */
  void (*back) (BgcCourier *courier, gpointer data);
  gpointer data;
} BgcCourierHost;

BgcCourier *bgc_courier_new (const BgcCourierHost *host, const char *user_agent);
/* Only while it is back. */
void bgc_courier_free (BgcCourier *self);
/* Only while it is back. */
void bgc_courier_send (BgcCourier *self);
/* Ends a request that was made before @since, monotonic microseconds, and is not answered. */
void bgc_courier_check_silence (BgcCourier *self, gint64 since);
/* It comes back soon, and writes to no further file. */
void bgc_courier_stop (BgcCourier *self);

void bgc_courier_drop (BgcErrand *errand);
