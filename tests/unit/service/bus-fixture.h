/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A private bus with the service on it, over a queue, workers and a clock that the test holds in hand, and
 * clients of several users. Everything runs in the default main context. */

#pragma once

#include "engine/bgc-manager.h"
#include "host/bgc-clock-fake.h"
#include "host/bgc-network-fake.h"
#include "service/bgc-authority-fake.h"
#include "service/bgc-credentials-fake.h"
#include "service/bgc-service.h"
#include "store/bgc-store-fake.h"
#include "workers/bgc-workers-fake.h"

#define BUS_FIXTURE_ROOT "/org/example/BackgroundCopy"
#define BUS_FIXTURE_MANAGER "org.example.BackgroundCopy.Manager"
#define BUS_FIXTURE_JOB "org.example.BackgroundCopy.Job"
#define BUS_FIXTURE_PROPERTIES "org.freedesktop.DBus.Properties"
#define BUS_FIXTURE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define BUS_FIXTURE_ALICE 1000u
#define BUS_FIXTURE_BOB 1001u

typedef struct {
  GTestDBus *bus;
  GDBusConnection *server;
  GDBusConnection *alice; /* uid BUS_FIXTURE_ALICE */
  GDBusConnection *bob;   /* uid BUS_FIXTURE_BOB */
  GDBusConnection *root;  /* uid 0 */
  BgcStoreFake *store;
  BgcWorkersFake *workers;
  BgcClockFake *clock;
  BgcNetworkFake *network;
  BgcCredentialsFake *credentials;
  BgcAuthorityFake *authority;
  gboolean interactive;   /* calls say that their user may be asked to authenticate */
  BgcLimits limits;       /* change, then bgc_manager_set_limits() */
  GRand *random;
  BgcManager *manager;
  BgcService *service;
  GPtrArray *signals;     /* (element-type utf8) "user member parameters", as clients heard them */
} BusFixture;

void bus_fixture_set_up (BusFixture *self, gconstpointer data);
void bus_fixture_tear_down (BusFixture *self, gconstpointer data);

/* One more client; closed and freed by the caller. */
GDBusConnection *bus_fixture_connect (BusFixture *self, guint32 uid);
/* Records what @connection hears, as @user. */
void bus_fixture_record (BusFixture *self, GDBusConnection *connection, const char *user);

/* Calls, lets everything run until the answer is there. @parameters as g_variant_parse takes it, NULL =
 * (). */
GVariant *bus_fixture_try (BusFixture *self, GDBusConnection *client, const char *path,
                           const char *interface, const char *member, const char *parameters, GError **error);
/* The same, and the answer is no error; printed, the caller owns it. */
char *bus_fixture_call (BusFixture *self, GDBusConnection *client, const char *path, const char *interface,
                        const char *member, const char *parameters);
/* The answer is the error @name; without a dot it is one of ours. */
void bus_fixture_fails (BusFixture *self, GDBusConnection *client, const char *path, const char *interface,
                        const char *member, const char *parameters, const char *name);
/* A property of a job, printed. */
char *bus_fixture_get (BusFixture *self, GDBusConnection *client, const char *path, const char *property);
/* Everything that was sent has arrived. */
void bus_fixture_settle (BusFixture *self);
/* Runs the main context until *@done. */
/* One turn of the main loop, with what the service does at once. */
void bus_fixture_step (BusFixture *self, gboolean may_block);
void bus_fixture_wait (BusFixture *self, const gboolean *done);

/* Alice's new job with one file, and its path; and its job, which is live. */
char *bus_fixture_make_job (BusFixture *self, const char *name);
const BgcJob *bus_fixture_job (BusFixture *self, const char *path);
/* Lets the scheduler begin with the job, and the worker finish it. */
void bus_fixture_transfer (BusFixture *self, const char *path);
/* How many recorded signals begin with @prefix. */
guint bus_fixture_heard (BusFixture *self, const char *prefix);
