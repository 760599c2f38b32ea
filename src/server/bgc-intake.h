/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A large body, read past the HTTP library: that hands it over in pieces of 8 KiB, each by a signal in
 * the main loop, which costs more than receiving and writing it. The connection is taken from the library
 * behind the head of the request, and given back behind the answer. */

#pragma once

#include "server/bgc-server-parts.h"

/* Bytes; a smaller body comes through the library. More than that can have read ahead. */
#define BGC_INTAKE_LEAST (256u * 1024)

typedef struct _BgcIntake BgcIntake;

/* Takes the connection of @message, whose head was read and which is paused; @length bytes follow. The
 * message emits nothing more. */
BgcIntake *bgc_intake_new (BgcServerParts *parts, BgcConnection *connection, SoupServerMessage *message,
                           guint64 length);
/* The connection ends, unless it was given back. */
void bgc_intake_free (BgcIntake *self);

/* At most @size bytes of what is there; 0: nothing for now, or never more. To be called in one thread at a
 * time, and not while it waits. */
gsize bgc_intake_read (BgcIntake *self, guint8 *bytes, gsize size);
/* Bytes still to come. */
guint64 bgc_intake_left (const BgcIntake *self);
/* The connection ended before. */
gboolean bgc_intake_is_broken (const BgcIntake *self);

/* Calls @ready (@data) once when a good deal of it is there, or its end. In the main loop, as all below. */
void bgc_intake_wait (BgcIntake *self, void (*ready) (gpointer data), gpointer data);
/* Ends the waiting if anything is there, however little. FALSE if not, or if it does not wait. */
gboolean bgc_intake_stop_waiting (BgcIntake *self);
/* Sends the answer, which has no body, and gives the connection back if it is to be kept. @headers are added
 * to. */
void bgc_intake_answer (BgcIntake *self, guint status, SoupMessageHeaders *headers);
