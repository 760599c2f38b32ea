/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* The service as seen over the bus: calls, pages, and what it says unasked. Everything runs in the default
 * main context of one thread: a call iterates it until its answer is there, signals that come meanwhile
 * wait in a queue. Nothing here is called from a callback, so the commands read from top to bottom.
 *
 * Errors of the service come back in BGC_ERROR with the service's message; of the bus in G_DBUS_ERROR or
 * G_IO_ERROR. A call starts the service where the bus can do that; nothing else does, so that an
 * administrator who stops it is not fought. */

#pragma once

#include <gio/gio.h>

#include "base/bgc-limits.h"

#define BGC_CLIENT_BUS_NAME "org.example.BackgroundCopy"
#define BGC_CLIENT_ROOT_PATH "/org/example/BackgroundCopy"
#define BGC_CLIENT_JOB_PREFIX BGC_CLIENT_ROOT_PATH "/Job/"
#define BGC_CLIENT_MANAGER "org.example.BackgroundCopy.Manager"
#define BGC_CLIENT_JOB "org.example.BackgroundCopy.Job"

typedef struct _BgcClient BgcClient;

/* Something the service said, or that happened to it. */
typedef enum {
  BGC_CLIENT_EVENT_SIGNAL,
  BGC_CLIENT_EVENT_SERVICE_STARTED, /* a new process: subscribe and read again */
  BGC_CLIENT_EVENT_SERVICE_STOPPED,
  BGC_CLIENT_EVENT_BUS_CLOSED,      /* nothing more will ever come */
} BgcClientEventKind;

typedef struct {
  BgcClientEventKind kind;
  char *path;            /* (owned) (nullable) set with SIGNAL, likewise the rest */
  char *interface;       /* (owned) (nullable) */
  char *member;          /* (owned) (nullable) */
  GVariant *parameters;  /* (owned) (nullable) */
} BgcClientEvent;

void bgc_client_event_free (BgcClientEvent *self);

BgcClient *bgc_client_new (GBusType bus, GError **error);
void bgc_client_free (BgcClient *self);

/* Waits for the answer, at most a minute; ten for Submit, Cancel and Complete, which work on files.
 * @parameters (nullable) is sunk. @reply as a type string, "()" for nothing. */
GVariant *bgc_client_call (BgcClient *self, const char *path, const char *interface, const char *method,
                           GVariant *parameters, const char *reply, GError **error);
GVariant *bgc_client_call_manager (BgcClient *self, const char *method, GVariant *parameters,
                                   const char *reply, GError **error);
GVariant *bgc_client_call_job (BgcClient *self, const char *path, const char *method, GVariant *parameters,
                               const char *reply, GError **error);
/* All properties of a job, a{sv}. */
GVariant *bgc_client_read_job (BgcClient *self, const char *path, GError **error);
/* All properties of the service itself, a{sv}. */
GVariant *bgc_client_read_manager (BgcClient *self, GError **error);
/* The same as bgc_client_read_job() for many, side by side: as long as @paths, NULL where a job has gone
 * meanwhile. (transfer full) (element-type GVariant). */
GPtrArray *bgc_client_read_jobs (BgcClient *self, const char *const *paths, GError **error);
/* All files of a job, each an a{sv}. (transfer full) (element-type GVariant). */
GPtrArray *bgc_client_list_files (BgcClient *self, const char *path, GError **error);

/* Which jobs a list is about. */
typedef struct {
  gboolean all_users;
  const char *const *states; /* (borrowed) (nullable) NULL = all */
} BgcClientFilter;

/* Object paths of one page from @offset on; an empty page is the end. (transfer full) */
char **bgc_client_list_page (BgcClient *self, const BgcClientFilter *filter, guint offset, GError **error);

/* From now on the queue fills; before that there are no events. */
void bgc_client_listen (BgcClient *self);
/* Asks the service for the signals of all own jobs. */
gboolean bgc_client_subscribe (BgcClient *self, GError **error);
/* The oldest event, or NULL. (transfer full) */
BgcClientEvent *bgc_client_next_event (BgcClient *self);
/* Lets the main context run until something happened, a timer or a Unix signal included. */
void bgc_client_wait (BgcClient *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcClient, bgc_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BgcClientEvent, bgc_client_event_free)
