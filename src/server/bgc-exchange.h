/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* One BITS packet on its way through the server: checked, authenticated, its session opened and
 * locked, its body streamed to disk, answered. */

#pragma once

#include "protocol/bgc-bits-ack.h"
#include "protocol/bgc-bits-request.h"
#include "server/bgc-intake.h"
#include "server/bgc-server-parts.h"
#include "server/bgc-verdict.h"

typedef struct _BgcExchange BgcExchange;

typedef enum {
  BGC_BODY_AWAITED,    /* the session is not open yet; reading is paused */
  BGC_BODY_STREAMED,   /* goes to the session's data file */
  BGC_BODY_DISCARDED   /* read and dropped, so that the connection stays usable */
} BgcBodyUse;

/* What becomes of a Fragment's body; bgc-fragment.h has the one there is. */
typedef struct
{
  void (*open) (BgcExchange *exchange); /* with the session locked: what to do with it (work) */
  void (*take) (BgcExchange *exchange, GBytes *chunk);  /* a piece of it, in the main loop */
  /* The same for a body that is not the library's, in the main loop: goes on with the intake, which does not
   * wait. */
  void (*fetch) (BgcExchange *exchange);
  void (*end) (BgcExchange *exchange);                  /* all of it has been read, in the main loop */
  void (*abandon) (BgcExchange *exchange);              /* the connection broke, in the main loop */
} BgcExchangeBody;

/* The main loop owns all fields; while @busy those marked (work) belong to the thread that works. */
struct _BgcExchange
{
  grefcount references;
  BgcServerParts *parts;               /* (borrowed) outlives it */
  const BgcExchangeBody *body;         /* (borrowed) static */
  SoupServerMessage *message;          /* (owned) */
  BgcConnection *connection;           /* (owned) a reference */
  const BgcServerDirectory *directory; /* (borrowed) (nullable) NULL: no directory serves this path */
  char *url;                           /* (owned) path and query as sent */
  char *origin;                        /* (owned) (nullable) scheme and host as the client called them */
  char *original;                      /* (owned) absolute URL as the client sees it */
  char *authorization;                 /* (owned) (nullable) */
  BgcBitsRequest request;
  gboolean expects_continue;           /* the client waits for leave to send the body */
  gboolean paused;
  gboolean busy;                       /* a thread works on it */
  gboolean ended;                      /* the whole body has been read */
  gboolean answered;
  gboolean finished;                   /* the library is done with the message, well or not */
  gint64 give_up;                      /* monotonic, microseconds: until when the session's lock is tried */
  guint retry_id;                      /* GSource that tries it again, 0 = none */
  gboolean polling;                    /* a thread looks whether somebody waits for the session */
  gboolean admitted;                   /* reading goes on; for a Fragment the session is locked */
  gboolean to_notify;                  /* (work) the back end is to be called next */
  gboolean notifying;                  /* a thread calls the back end */
  BgcSessionWanted yields_to;          /* (work of the poll) whose waiting counts */
  gboolean wanted;                     /* (work of the poll) somebody waits */
  GCancellable *cancellable;           /* (owned) of the call of the back end */

  GMutex session_lock;                 /* over the pointer below where a poll may look at it */
  BgcSession *session;                 /* (owned) (nullable) (work) */
  char *user;                          /* (owned) (nullable) (work) */
  GError *error;                       /* (owned) (nullable) (work) the first thing that went wrong */
  BgcVerdict verdict;                  /* (work) */
  BgcBitsAck ack;                      /* (work) (owned content) */

  BgcBodyUse body_use;
  BgcIntake *intake;                   /* (owned) (nullable) of a large body; there is no library then */
  GByteArray *filling;                 /* (owned) (nullable) what the main loop collects */
  GByteArray *flushing;                /* (owned) (nullable) (work) what a thread writes */
  guint64 offset;                      /* (work) of the first byte of @flushing */
  gint64 deadline;                     /* of the connection, while a thread works for the intake */
  gboolean fetched;                    /* (work) the intake had something */
  guint64 discarded;                   /* bytes */
};

/* The headers of a BITS packet are here; reading pauses until the session is open. */
void bgc_exchange_begin (BgcServerParts *parts, SoupServerMessage *message, const BgcExchangeBody *body);
/* Its body has been read. FALSE if the message is no exchange. */
gboolean bgc_exchange_end_body (SoupServerMessage *message);
/* Looks whether somebody else waits for the session. Call it twice a second. */
void bgc_exchange_poll (BgcExchange *self);
/* Ends its connection; what arrived is kept. */
void bgc_exchange_abort (BgcExchange *self);

/* For bgc-fragment.c. */
BgcExchange *bgc_exchange_ref (BgcExchange *self);
void bgc_exchange_unref (BgcExchange *self);
void bgc_exchange_run (BgcExchange *self, BgcIoPool *pool, GFunc work, GFunc done);
void bgc_exchange_pause (BgcExchange *self);
void bgc_exchange_resume (BgcExchange *self);
/* Closes the session, which releases its lock. (work) */
void bgc_exchange_release (BgcExchange *self);
/* Keeps the first of several errors. Takes @error. (work) */
void bgc_exchange_fail (BgcExchange *self, GError *error);
void bgc_exchange_answer (BgcExchange *self);
/* The exchange of an intake is over, answered or not. */
void bgc_exchange_end_intake (BgcExchange *self);
