/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A worker played by the test on the other end of a socket pair: polite by default, and whatever else
 * it is told to be; and a launcher that hands out such workers. */

#pragma once

#include "host/bgc-clock-fake.h"
#include "model/bgc-job.h"
#include "workers/bgc-launcher.h"
#include "workers/bgc-worker-link.h"

typedef struct
{
  GSocketConnection *socket; /* (owned) the worker's end */
  GDBusConnection *bus;      /* (owned) (nullable) once authenticated */
  /* (owned) "Method arguments", in the order they came, each followed by what its records have of text */
  GPtrArray *calls;
  GPtrArray *held;           /* (owned) invocations not answered while mute */
  GUnixFDList *descriptors;  /* (owned) (nullable) of the last call that had some */
  gboolean mute;             /* answers nothing */
  gboolean mute_but_ping;
  guint at_most;        /* verdicts in an answer to Check, 0 = all */
  const char *verdicts; /* (nullable) the answer to Check as text, instead of "allowed" */
  const char *results;  /* (nullable) the answer to Place as text, instead of "done" */
  const char *source;   /* (nullable) the answer to CheckSource as text, instead of 5 bytes */
  const char *cancelled; /* (nullable) the answer to CancelSession as text, instead of "settled" */
  guint64 portion;      /* bytes in an answer to ReadReply, 0 = 256 KiB */
  const char *wrong;    /* (nullable) every answer but Ping's, as text */
  guint object;         /* registration on bus */
  gboolean connecting;  /* authentication is under way */
  gboolean freed;       /* and it frees the worker when it ends */
} HandWorker;

/* @daemon_end is the caller's. @speaks FALSE: never authenticates; write to its socket by hand. */
HandWorker *
hand_worker_new (GSocketConnection **daemon_end, gboolean speaks);
void
hand_worker_free (HandWorker *self);
/* Emits a signal with @arguments (floating). */
void
hand_worker_signal (HandWorker *self, const char *name, GVariant *arguments);
/* Emits Reports of one job; @files as text of a(uyttttssxua{sv}). */
void
hand_worker_report (HandWorker *self, const BgcJobId *id, guint64 received, const char *files);
/* Likewise with an upload's session, as text of a{sv}. */
void
hand_worker_report_session (HandWorker *self, const BgcJobId *id, guint64 received, const char *files,
                            const char *session);
/* Bytes past GDBus, as they are. */
void
hand_worker_write (HandWorker *self, const void *bytes, gsize length);
void
hand_worker_hang_up (HandWorker *self);
void
hand_worker_answer_held (HandWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HandWorker, hand_worker_free)

#define HAND_TYPE_LAUNCHER (hand_launcher_get_type ())
G_DECLARE_FINAL_TYPE (HandLauncher, hand_launcher, HAND, LAUNCHER, GObject)

struct _HandLauncher
{
  GObject parent;
  HandWorker *worker; /* (owned) (nullable) the newest */
  guint starts;
  guint stops;
  gboolean silent;    /* workers do not authenticate */
  gboolean mute;      /* workers are */
  BgcErrorCode fails; /* BGC_N_ERRORS = starts succeed */
};

HandLauncher *
hand_launcher_new (void);

/* Warnings about what the tests do on purpose would end them. For the whole program. */
void hand_drop_warnings (void);

/* Runs the default main context until @condition, at most 5 s of real time. */
#define hand_wait_until(condition)                                                                           \
  G_STMT_START                                                                                               \
  {                                                                                                          \
    gint64 hand_end = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;                                          \
    guint hand_timer = g_timeout_add (100, hand_tick, NULL);                                                 \
    while (!(condition) && g_get_monotonic_time () < hand_end)                                               \
      g_main_context_iteration (NULL, TRUE);                                                                 \
    g_source_remove (hand_timer);                                                                            \
    g_assert_true (condition);                                                                               \
  }                                                                                                          \
  G_STMT_END

gboolean
hand_tick (gpointer data);
/* Runs what is ready, and what that makes ready, so that nothing waits in an idle any more. */
void
hand_settle (void);
/* A link to @worker that has authenticated. */
typedef struct
{
  gboolean ready;
  gboolean broken;
  gboolean crashed;
  char *why;          /* (owned) (nullable) */
  GPtrArray *reports; /* (owned) element-type GVariant */
} HandLink;

BgcWorkerLink *
hand_link_new (HandLink *seen, HandWorker **worker, BgcClock *clock);
void
hand_link_clear (HandLink *seen);

/* A suspended upload of /tmp/source to https://example.org/drop by BITS, 100 bytes; with @reply one whose
 * reply is to go to /tmp/reply. */
BgcJob *
hand_upload_new (guint8 number, gboolean reply);
/* A suspended download job of @files files named https://example.org/N for /tmp/N. */
BgcJob *
hand_job_new (guint8 number, guint files);
